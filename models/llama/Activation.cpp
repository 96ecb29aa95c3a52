//===- Activation.cpp - silu, gelu and relu, forward and backward ---------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/llama/Blocks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;
using namespace waferflow;
using namespace waferflow::llama;

// gelu(x) = x / 2 (1 + tanh(k (x + c x^3)))
static const double geluSlope = std::sqrt(2 / M_PI);
static constexpr double geluCubic = 0.044715;

static Value siluForward(TensorBuilder &t, MlpKept &kept) {
  Value one = t.scalar(1);
  kept.inner = t.map(
      t.shapeOf(kept.gate), t.f32(), kept.gate, [&](ValueRange in) -> Value {
        Value negative = arith::NegFOp::create(t.b, t.loc, in[0]);
        Value exponential = math::ExpOp::create(t.b, t.loc, negative);
        Value sum = arith::AddFOp::create(t.b, t.loc, exponential, one);
        return arith::DivFOp::create(t.b, t.loc, one, sum);
      });
  return t.mul(kept.gate, kept.inner);
}

// dy s (1 + x (1 - s)), step by step as PyTorch decomposes it.
static Value siluBackward(TensorBuilder &t, Value gradient, MlpKept &kept) {
  Value one = t.scalar(1);
  Value rest = t.sub(t.splat(1, t.shapeOf(kept.inner)), kept.inner);
  Value product = t.mul(kept.gate, rest);
  Value sum =
      t.map(t.shapeOf(product), t.f32(), product, [&](ValueRange in) -> Value {
        return arith::AddFOp::create(t.b, t.loc, in[0], one);
      });
  return t.mul(gradient, t.mul(kept.inner, sum));
}

static Value geluForward(TensorBuilder &t, MlpKept &kept) {
  Value one = t.scalar(1), half = t.scalar(0.5);
  Value slope = t.scalar(geluSlope), cubic = t.scalar(geluCubic);
  auto shape = t.shapeOf(kept.gate);
  auto mul = [&](Value x, Value y) -> Value {
    return arith::MulFOp::create(t.b, t.loc, x, y);
  };
  auto add = [&](Value x, Value y) -> Value {
    return arith::AddFOp::create(t.b, t.loc, x, y);
  };
  kept.inner = t.map(shape, t.f32(), kept.gate, [&](ValueRange in) -> Value {
    Value cube = mul(mul(in[0], in[0]), in[0]);
    Value angle = mul(slope, add(in[0], mul(cubic, cube)));
    return math::TanhOp::create(t.b, t.loc, angle);
  });
  return t.map(shape, t.f32(), {kept.gate, kept.inner},
               [&](ValueRange in) -> Value {
                 return mul(mul(half, in[0]), add(one, in[1]));
               });
}

static Value geluBackward(TensorBuilder &t, Value gradient, MlpKept &kept) {
  Value one = t.scalar(1), half = t.scalar(0.5);
  Value slope = t.scalar(geluSlope), cubic = t.scalar(3 * geluCubic);
  auto mul = [&](Value x, Value y) -> Value {
    return arith::MulFOp::create(t.b, t.loc, x, y);
  };
  auto add = [&](Value x, Value y) -> Value {
    return arith::AddFOp::create(t.b, t.loc, x, y);
  };
  return t.map(t.shapeOf(gradient), t.f32(), {gradient, kept.gate, kept.inner},
               [&](ValueRange in) -> Value {
                 Value x = in[1], tanh = in[2];
                 Value outer = mul(half, add(one, tanh));
                 Value bend =
                     arith::SubFOp::create(t.b, t.loc, one, mul(tanh, tanh));
                 Value inner = mul(slope, add(one, mul(cubic, mul(x, x))));
                 Value along = mul(mul(half, x), mul(bend, inner));
                 return mul(in[0], add(outer, along));
               });
}

static Value reluForward(TensorBuilder &t, MlpKept &kept) {
  Value zero = t.scalar(0);
  kept.inner = t.map(
      t.shapeOf(kept.gate), t.f32(), kept.gate, [&](ValueRange in) -> Value {
        return arith::MaximumFOp::create(t.b, t.loc, in[0], zero);
      });
  return kept.inner;
}

static Value reluBackward(TensorBuilder &t, Value gradient, MlpKept &kept) {
  Value zero = t.scalar(0);
  return t.map(t.shapeOf(gradient), t.f32(), {gradient, kept.inner},
               [&](ValueRange in) -> Value {
                 Value passes = arith::CmpFOp::create(
                     t.b, t.loc, arith::CmpFPredicate::OGT, in[1], zero);
                 return arith::SelectOp::create(t.b, t.loc, passes, in[0],
                                                zero);
               });
}

Value llama::activationForward(TensorBuilder &t, Activation kind,
                               MlpKept &kept) {
  switch (kind) {
  case Activation::silu:
    return siluForward(t, kept);
  case Activation::gelu:
    return geluForward(t, kept);
  case Activation::relu:
    return reluForward(t, kept);
  }
  llvm_unreachable("all activations are above");
}

Value llama::activationBackward(TensorBuilder &t, Activation kind,
                                Value gradient, MlpKept &kept) {
  switch (kind) {
  case Activation::silu:
    return siluBackward(t, gradient, kept);
  case Activation::gelu:
    return geluBackward(t, gradient, kept);
  case Activation::relu:
    return reluBackward(t, gradient, kept);
  }
  llvm_unreachable("all activations are above");
}
