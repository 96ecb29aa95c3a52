//===- FabricDialect.cpp - Registration of the fabric dialect -------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/fabric/Fabric.h"

#include "mlir/Bytecode/BytecodeImplementation.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace waferflow::fabric;

#include "dialects/fabric/FabricDialect.cpp.inc"

namespace {

/// Bytecode holds an attribute as its text unless the dialect encodes it. The
/// text of a selection may have a set with `>=`, which MLIR's parser takes for
/// a closing bracket; a module's text has an alias there, bytecode has none.
class FabricBytecode : public BytecodeDialectInterface {
public:
  explicit FabricBytecode(Dialect *dialect)
      : BytecodeDialectInterface(dialect) {}

  Attribute readAttribute(DialectBytecodeReader &reader) const override {
    int64_t x0, x1, y0, y1;
    IntegerSetAttr where;
    if (failed(reader.readSignedVarInt(x0)) ||
        failed(reader.readSignedVarInt(x1)) ||
        failed(reader.readSignedVarInt(y0)) ||
        failed(reader.readSignedVarInt(y1)) ||
        failed(reader.readOptionalAttribute(where)))
      return {};
    return SelectAttr::getChecked([&] { return reader.emitError(); },
                                  getContext(), x0, x1, y0, y1, where);
  }

  /// Selections; everything else goes as text.
  LogicalResult writeAttribute(Attribute attribute,
                               DialectBytecodeWriter &writer) const override {
    auto select = dyn_cast<SelectAttr>(attribute);
    if (!select)
      return failure();
    for (int64_t bound : {select.getXBegin(), select.getXEnd(),
                          select.getYBegin(), select.getYEnd()})
      writer.writeSignedVarInt(bound);
    writer.writeOptionalAttribute(select.getWhere());
    return success();
  }
};

} // namespace

void FabricDialect::initialize() {
  addInterfaces<FabricBytecode>();
  registerAttributes();
  registerTypes();
  addOperations<
#define GET_OP_LIST
#include "dialects/fabric/FabricProgramOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/fabric/FabricTaskOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/fabric/FabricVectorOps.cpp.inc"
      >();
}
