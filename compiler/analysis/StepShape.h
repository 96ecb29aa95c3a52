//===- StepShape.h - A step as the mapping problem sees it ------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_ANALYSIS_STEPSHAPE_H
#define WAFERFLOW_COMPILER_ANALYSIS_STEPSHAPE_H

#include "compiler/analysis/BodyBuffers.h"
#include "compiler/problems/mapping/MappingProblem.h"
#include "dialects/flow/Flow.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace waferflow::flow {

/// Kernels of a function, the feature classes of their activations and what is
/// live while each runs.
struct StepShape {
  std::vector<FlowKernel> kernels; ///< in order of execution
  std::vector<FeatureClass> classes;
  std::vector<KernelShape> shapes;              ///< one a kernel
  std::vector<LivePoint> live;                  ///< one a kernel
  std::vector<WeightCounts> counts;             ///< of weights with flow.counts
  mlir::DenseMap<mlir::Value, int32_t> classOf; ///< activations only
  mlir::DenseMap<mlir::Operation *, BodyBuffers> buffers; ///< maps, reductions

  /// -1 for a scalar a token and for what is no activation.
  int32_t classIndex(mlir::Value value) const {
    auto it = classOf.find(value);
    return it == classOf.end() ? -1 : it->second;
  }
};

/// Reads a step of labelled kernels with `tokens` tokens in sequences of `seq`.
/// Activations that maps and reductions touch together share a class; a class
/// that an attention touches has a head order; one that only head kernels touch
/// is chunked. What a relayout brings to another order has a class of its own.
/// A class without heads whose every tensor stays in its layer may have an
/// order a layer (rotary tables of heads lie on the columns once, for all
/// layers). Emits an error where a kernel does not fit.
mlir::FailureOr<StepShape> readStepShape(mlir::func::FuncOp step,
                                         int64_t tokens, int64_t seq);

} // namespace waferflow::flow

#endif // WAFERFLOW_COMPILER_ANALYSIS_STEPSHAPE_H
