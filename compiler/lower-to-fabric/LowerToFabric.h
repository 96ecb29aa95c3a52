//===- LowerToFabric.h - From placed kernels to fabric programs -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_LOWERTOFABRIC_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_LOWERTOFABRIC_H

#include "compiler/lower-to-fabric/StepLowering.h"

namespace waferflow::fabric {

/// Replaces the placed step of `module` by the host's writes and reads and by
/// one or several programs a kernel, in the order of execution. Errors name
/// the kernel and what it lacks.
mlir::LogicalResult lowerToFabric(mlir::ModuleOp module,
                                  bool sramRemarks = false);

// One file a kernel: appends programs that compute `kernel` from where its
// inputs are held to where its results are (StepLowering::hold).
mlir::LogicalResult lowerSpmm(StepLowering &lowering, flow::SpmmOp spmm);
mlir::LogicalResult lowerSddmm(StepLowering &lowering, flow::SddmmOp sddmm);
mlir::LogicalResult lowerMap(StepLowering &lowering, flow::MapOp map);
mlir::LogicalResult lowerReduce(StepLowering &lowering, flow::ReduceOp reduce);
mlir::LogicalResult lowerAttention(StepLowering &lowering,
                                   flow::AttentionOp attention);
mlir::LogicalResult lowerGather(StepLowering &lowering, flow::GatherOp gather);
mlir::LogicalResult lowerRelayout(StepLowering &lowering,
                                  flow::RelayoutOp relayout);

} // namespace waferflow::fabric

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_LOWERTOFABRIC_H
