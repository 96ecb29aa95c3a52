//===- ChunkedReduce.h - What reductions of a vocabulary do -----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// By what their bodies compute (ElementGraph), whatever ops they have for it.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_CHUNKEDREDUCE_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_CHUNKEDREDUCE_H

#include "compiler/elements/ElementGraph.h"
#include "compiler/lower-to-fabric/StepLowering.h"

namespace waferflow::fabric {

/// How the reductions of pieces give that of the whole: `combine`, none where
/// the kernel does more than to reduce features to one value.
mlir::LogicalResult findCombination(StepLowering &lowering,
                                    flow::ReduceOp reduce,
                                    std::optional<Combine> &combine);

/// A map that gives logits - max, one `max` a token.
struct Shifted {
  mlir::Value logits, max;
};
mlir::FailureOr<std::optional<Shifted>> asShifted(StepLowering &lowering,
                                                  flow::MapOp map);

/// Whether `reduce` is the sum over features of exp(shifted).
mlir::FailureOr<bool> isSumOfExp(StepLowering &lowering, flow::ReduceOp reduce,
                                 mlir::Value shifted);

/// Whether `reduce` is, at the feature that other inputs name, shifted -
/// log(sum), one `sum` a token.
mlir::FailureOr<bool> isLogProbability(StepLowering &lowering,
                                       flow::ReduceOp reduce,
                                       mlir::Value shifted, mlir::Value sum);

} // namespace waferflow::fabric

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_CHUNKEDREDUCE_H
