//===- Fabric.h - The fabric dialect ----------------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_DIALECTS_FABRIC_FABRIC_H
#define WAFERFLOW_DIALECTS_FABRIC_FABRIC_H

#include "dialects/flow/Flow.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/RegionKindInterface.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/fabric/FabricDialect.h.inc"
#include "dialects/fabric/FabricEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/fabric/FabricAttrs.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/fabric/FabricTypes.h.inc"

namespace waferflow::fabric {

namespace detail {
/// Operand types and constant extents of a vector instruction, and its limits.
mlir::LogicalResult verifyVector(mlir::Operation *op);
/// The tasks that completion of a vector instruction changes.
mlir::LogicalResult verifyVectorTasks(mlir::Operation *op,
                                      mlir::SymbolTableCollection &table);
/// The op is in a fabric.task, however deep.
mlir::LogicalResult verifyInTask(mlir::Operation *op);
} // namespace detail

template <typename Op>
class InTask : public mlir::OpTrait::TraitBase<Op, InTask> {
public:
  static mlir::LogicalResult verifyTrait(mlir::Operation *op) {
    return detail::verifyInTask(op);
  }
};

} // namespace waferflow::fabric

#include "dialects/fabric/FabricInterfaces.h.inc"

#define GET_OP_CLASSES
#include "dialects/fabric/FabricProgramOps.h.inc"

#define GET_OP_CLASSES
#include "dialects/fabric/FabricTaskOps.h.inc"

#define GET_OP_CLASSES
#include "dialects/fabric/FabricVectorOps.h.inc"

namespace waferflow::fabric {
/// The elements of a data-structure descriptor: an index attribute or a value;
/// nothing for a value that no fabric op made.
mlir::OpFoldResult extentOf(mlir::Value dsd);

/// Whether an instruction reduces its sources to one element.
bool isReduction(VectorInstruction instruction);
} // namespace waferflow::fabric

#endif // WAFERFLOW_DIALECTS_FABRIC_FABRIC_H
