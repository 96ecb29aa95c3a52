//===- KernelCost.h - What a kernel computes, counted -----------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_ANALYSIS_KERNELCOST_H
#define WAFERFLOW_COMPILER_ANALYSIS_KERNELCOST_H

#include "dialects/flow/Flow.h"
#include "simulator/program/Kernels.h"

#include <map>

namespace waferflow::flow {

/// Executions over a whole step: all tokens, no padding, a dense weight.
struct KernelCost {
  /// Of spmm and sddmm with every position, of attention the pairs that run:
  /// S (S + 1) / 2 a head and sequence where causal, else S^2.
  int64_t multiplyAdds = 0;
  /// Scalar operations of map, reduce and attention bodies: for each op of a
  /// body the iterations of the loops that change its operands. Only what is
  /// not zero.
  std::map<ScalarOp, int64_t> scalarOps;
};

/// Counts a kernel. What makes nothing from tensors (fills, position numbers,
/// masks), views and index arithmetic cost nothing; concatenation, padding and
/// insertion copy the elements that they move. A division by a constant is a
/// product, any other a reciprocal and a product. A gather copies (backward:
/// adds) one row a token. A relayout computes nothing. Emits an error at an op
/// that has no cost.
mlir::FailureOr<KernelCost> costOf(FlowKernel kernel);

/// Calls `visit(op, volume)` for every scalar instruction of a kernel's body,
/// or of a gather: what `scalarOps` sums up. An op that takes several
/// instructions is visited once for each. Errors as `costOf`.
mlir::LogicalResult
forEachScalarOp(FlowKernel kernel,
                llvm::function_ref<void(ScalarOp, int64_t)> visit);

} // namespace waferflow::flow

#endif // WAFERFLOW_COMPILER_ANALYSIS_KERNELCOST_H
