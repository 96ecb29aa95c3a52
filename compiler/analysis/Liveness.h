//===- Liveness.h - What is resident while a kernel runs --------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_ANALYSIS_LIVENESS_H
#define WAFERFLOW_COMPILER_ANALYSIS_LIVENESS_H

#include "compiler/analysis/StepShape.h"

namespace waferflow::flow {

/// One live point a kernel of `shape`: activations by class and scalars a
/// token. A map of which each feature of a result needs that feature of its
/// inputs alone writes over inputs of the same class that it is the last to
/// read; every other kernel needs room for all its inputs and outputs at once.
/// Gradients and other results of the step leave as they are made.
std::vector<LivePoint> findLivePoints(mlir::func::FuncOp step,
                                      const StepShape &shape);

} // namespace waferflow::flow

#endif // WAFERFLOW_COMPILER_ANALYSIS_LIVENESS_H
