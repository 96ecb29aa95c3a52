//===- Norm.cpp - RMSNorm, forward and backward ---------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/llama/Blocks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace waferflow;
using namespace waferflow::llama;

Value llama::normForward(TensorBuilder &t, const Dims &dims, Value x,
                         Value weight, NormKept &kept) {
  double hidden = dims.hidden();
  Value mean = t.sum(t.mul(x, x), {2});
  Value width = t.scalar(hidden);
  mean = t.map(t.shapeOf(mean), t.f32(), mean, [&](ValueRange in) -> Value {
    return arith::DivFOp::create(t.b, t.loc, in[0], width);
  });
  // PyTorch holds epsilon as a double and rounds it where it is used.
  Value epsilon = arith::ConstantOp::create(
      t.b, t.loc, t.b.getF64FloatAttr(dims.config.rmsNormEpsilon));
  Value sum =
      t.map(t.shapeOf(mean), t.f32(), mean, [&](ValueRange in) -> Value {
        Value rounded = arith::TruncFOp::create(t.b, t.loc, t.f32(), epsilon);
        return arith::AddFOp::create(t.b, t.loc, in[0], rounded);
      });
  kept.scale = t.unary<math::RsqrtOp>(sum);
  kept.normalized = t.mul(x, kept.scale);
  return t.mul(weight, kept.normalized);
}

// With s = (mean(x^2) + eps)^-1/2 and g = dy * w:
//   dx = g s + sum(g x) * (-1/2 s^3) * 2 x / H,   dw = sum over tokens(dy x s).
Value llama::normBackward(TensorBuilder &t, const Dims &dims, Value gradient,
                          Value x, Value weight, NormKept &kept, Value residual,
                          Value &weightGradient) {
  Value scaled = t.mul(gradient, weight);
  weightGradient = t.collapse(t.sum(t.mul(gradient, kept.normalized), {0, 1}),
                              {dims.hidden()});

  Value dot = t.sum(t.mul(scaled, x), {2});
  Value direct = t.mul(scaled, kept.scale);
  if (residual)
    direct = t.add(residual, direct);

  Value cubed = t.mul(t.mul(kept.scale, kept.scale), kept.scale);
  Value factor = t.mul(t.scale(dot, -0.5), cubed);
  Value spread =
      t.repeat(t.collapse(factor, {dims.batch, dims.seq}), 2, dims.hidden());
  Value width = t.scalar(dims.hidden());
  Value mean =
      t.map(t.shapeOf(x), t.f32(), spread, [&](ValueRange in) -> Value {
        return arith::DivFOp::create(t.b, t.loc, in[0], width);
      });
  return t.add(direct, t.mul(mean, t.scale(x, 2)));
}
