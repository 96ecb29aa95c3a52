//===- Recompute.h - Recomputation as kernels of their own ------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_RECOMPUTE_RECOMPUTE_H
#define WAFERFLOW_COMPILER_RECOMPUTE_RECOMPUTE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace waferflow::flow {

/// Lets the backward kernels of `step` take nothing from the forward pass but
/// every `keepEvery`-th block input, the last block's output and, in the head,
/// scalars a token. Everything else they use is recomputed by clones of the
/// forward kernels (phase = recompute) placed right before their first use.
/// Maps are cloned for each use, and fused where the user is a map or reduce.
/// Expects kernels labelled with layer, phase and section. A step without
/// backward kernels is left alone.
void materializeRecomputation(mlir::func::FuncOp step, int64_t keepEvery);

} // namespace waferflow::flow

#endif // WAFERFLOW_COMPILER_RECOMPUTE_RECOMPUTE_H
