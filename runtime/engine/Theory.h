//===- Theory.h - The published accounting, counted from a graph -*- C++
//-*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_ENGINE_THEORY_H
#define WAFERFLOW_RUNTIME_ENGINE_THEORY_H

#include "mlir/IR/BuiltinOps.h"

namespace waferflow {

/// Multiply-adds of a step: forward, dX and dW of all linears, attention
/// without any recomputation (2 matmuls forward, 4 backward), the head.
/// Embeddings are look-ups.
struct MultiplyAdds {
  double linears = 0;        ///< on pruned weights, as if dense
  double denseGradients = 0; ///< the part of `linears` that is dW taken dense
  double attention = 0;
  double head = 0; ///< products with weights that are never pruned

  /// Speedup of the step when a fraction `sparsity` of the pruned weights is
  /// zero (Cerebras' accounting; the 2.5x of a 75 % sparse GPT-3 XL).
  double speedup(double sparsity) const;
};

/// Counts the kernels of a flow module before mapping. `causal`: S/2 keys a
/// query, else all S.
mlir::FailureOr<MultiplyAdds> countMultiplyAdds(mlir::ModuleOp module,
                                                bool causal);

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_ENGINE_THEORY_H
