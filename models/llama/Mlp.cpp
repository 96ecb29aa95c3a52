//===- Mlp.cpp - The MLP: gated, or of two matrices -----------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/llama/Blocks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
using namespace mlir;
using namespace waferflow;
using namespace waferflow::llama;

Value llama::mlpForward(TensorBuilder &t, const Dims &dims, Value x,
                        const MlpWeights &weights, MlpKept &kept) {
  SmallVector<int64_t> wide = {dims.batch, dims.seq, dims.config.mlpSize};
  Value first = weights.gate ? weights.gate : weights.up;
  kept.gate = t.expand(t.linear(x, first), wide);
  kept.activated = activationForward(t, dims.config.activation, kept);
  Value product = kept.activated;
  if (weights.gate) {
    kept.up = t.expand(t.linear(x, weights.up), wide);
    product = t.mul(product, kept.up);
  } else {
    kept.activated = Value(); // the backward part does not need it
  }
  kept.product = t.collapse(product, {dims.tokens(), dims.config.mlpSize});
  return t.expand(t.linear(kept.product, weights.down),
                  {dims.batch, dims.seq, dims.hidden()});
}

/// dW of `weight`, and its share of dX as [B, S, H].
static Value linearBackward(TensorBuilder &t, const Dims &dims, Value gradient,
                            Value x, Value weight, Value &weightGradient) {
  gradient = t.collapse(gradient, {dims.tokens(), dims.config.mlpSize});
  weightGradient = t.matmul(t.transpose(gradient, {1, 0}), x);
  return t.expand(t.matmul(gradient, weight),
                  {dims.batch, dims.seq, dims.hidden()});
}

Value llama::mlpBackward(TensorBuilder &t, const Dims &dims, Value gradient,
                         Value x, const MlpWeights &weights, MlpKept &kept,
                         MlpWeights &gradients) {
  gradients.down = t.matmul(t.transpose(gradient, {1, 0}), kept.product);
  Value product = t.expand(t.matmul(gradient, weights.down),
                           {dims.batch, dims.seq, dims.config.mlpSize});
  Activation kind = dims.config.activation;
  if (!weights.gate)
    return linearBackward(t, dims, activationBackward(t, kind, product, kept),
                          x, weights.up, gradients.up);

  Value fromUp = linearBackward(t, dims, t.mul(product, kept.activated), x,
                                weights.up, gradients.up);
  Value activated = t.mul(product, kept.up);
  Value fromGate =
      linearBackward(t, dims, activationBackward(t, kind, activated, kept), x,
                     weights.gate, gradients.gate);
  return t.add(fromUp, fromGate);
}
