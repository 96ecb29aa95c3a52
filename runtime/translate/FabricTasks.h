//===- FabricTasks.h - From a task's region to instructions - C++ -*
//-------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_TRANSLATE_FABRICTASKS_H
#define WAFERFLOW_RUNTIME_TRANSLATE_FABRICTASKS_H

#include "dialects/fabric/Fabric.h"
#include "simulator/program/Fabric.h"

namespace waferflow {

cycle::CoreInteger toCoreInteger(fabric::PerCoreAttr attr);
cycle::CoreInteger toCoreInteger(mlir::AffineExpr expr);
cycle::DataType toDataType(mlir::Type type);

/// What a task's code refers to by index, in the order of the CoreProgram.
struct CodeTables {
  llvm::SmallDenseMap<mlir::Operation *, int32_t> buffers, inputs, outputs;
  /// Buffers that are registers.
  llvm::SmallDenseMap<mlir::Operation *, int32_t> registers;
  llvm::StringMap<int32_t> tasks;
};

/// Fills `result` from `task`: arguments become fields, values become registers
/// of `core` unless each core knows them beforehand.
mlir::LogicalResult translateTask(fabric::TaskOp task, const CodeTables &tables,
                                  const Machine &machine,
                                  cycle::CoreProgram &core,
                                  cycle::Task &result);

/// Whether a task may hold the op of this name.
bool translatesTaskOp(llvm::StringRef name);

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_TRANSLATE_FABRICTASKS_H
