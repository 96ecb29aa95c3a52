//===- Syntax.h - Enums and integers as bare words - C++ -*
//----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_DIALECTS_FABRIC_SYNTAX_H
#define WAFERFLOW_DIALECTS_FABRIC_SYNTAX_H

#include "dialects/fabric/Fabric.h"

#include "mlir/IR/DialectImplementation.h"

// The declarative formats of ops name these by `custom<...>`, and find them in
// the namespace of the file that includes the generated code.

namespace waferflow::fabric {

template <typename EnumAttrT>
mlir::ParseResult parseBareEnum(mlir::OpAsmParser &parser, EnumAttrT &attr) {
  using Enum = decltype(std::declval<EnumAttrT>().getValue());
  auto value = mlir::FieldParser<Enum>::parse(parser);
  if (failed(value))
    return mlir::failure();
  attr = EnumAttrT::get(parser.getContext(), *value);
  return mlir::success();
}

template <typename EnumAttrT>
void printBareEnum(mlir::OpAsmPrinter &printer, mlir::Operation *,
                   EnumAttrT attr) {
  printer << stringifyEnum(attr.getValue());
}

inline mlir::ParseResult parseBareInt(mlir::OpAsmParser &parser,
                                      mlir::IntegerAttr &attr) {
  int64_t value = 0;
  if (parser.parseInteger(value))
    return mlir::failure();
  attr = parser.getBuilder().getI64IntegerAttr(value);
  return mlir::success();
}

inline void printBareInt(mlir::OpAsmPrinter &printer, mlir::Operation *,
                         mlir::IntegerAttr attr) {
  printer << attr.getInt();
}

} // namespace waferflow::fabric

#endif // WAFERFLOW_DIALECTS_FABRIC_SYNTAX_H
