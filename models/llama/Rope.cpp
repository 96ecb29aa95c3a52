//===- Rope.cpp - RoPE, its tables, and the causal mask -------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/llama/Blocks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace waferflow;
using namespace waferflow::llama;

/// theta^(-2 i / D), rounded as PyTorch does: everything in f32.
static Value inverseFrequencies(TensorBuilder &t, const LlamaConfig &config) {
  SmallVector<float> values;
  for (int64_t i = 0; i < config.headDim; i += 2) {
    float exponent = static_cast<float>(i) / static_cast<float>(config.headDim);
    float base = static_cast<float>(config.ropeTheta);
    values.push_back(1.0f / std::pow(base, exponent));
  }
  auto type =
      RankedTensorType::get({static_cast<int64_t>(values.size())}, t.f32());
  return arith::ConstantOp::create(
      t.b, t.loc, DenseElementsAttr::get(type, ArrayRef<float>(values)));
}

RopeTables llama::ropeTables(TensorBuilder &t, const Dims &dims) {
  Value position = t.expand(t.indices(dims.seq), {1, dims.seq, 1});
  Value real = t.map(
      t.shapeOf(position), t.f32(), position, [&](ValueRange in) -> Value {
        return arith::SIToFPOp::create(t.b, t.loc, t.f32(), in[0]);
      });
  Value half = t.mul(real, inverseFrequencies(t, dims.config));
  Value angle = t.concat(half, half, 2);
  return {t.unary<math::CosOp>(angle), t.unary<math::SinOp>(angle)};
}

Value llama::causalMask(TensorBuilder &t, const Dims &dims) {
  Value position = t.indices(dims.seq);
  Value query = t.expand(position, {1, 1, dims.seq, 1});
  Value key = t.expand(position, {1, 1, 1, dims.seq});
  Value zero = t.scalar(0);
  Value lowest = t.scalar(std::numeric_limits<float>::lowest());
  return t.map({1, 1, dims.seq, dims.seq}, t.f32(), {key, query},
               [&](ValueRange in) -> Value {
                 Value sees = arith::CmpIOp::create(
                     t.b, t.loc, arith::CmpIPredicate::sle, in[0], in[1]);
                 return arith::SelectOp::create(t.b, t.loc, sees, zero, lowest);
               });
}

/// [1, S, D] -> [1, 1, S, D], to broadcast over heads.
static Value overHeads(TensorBuilder &t, Value table) {
  auto shape = t.shapeOf(table);
  return t.expand(table, {1, 1, shape[1], shape[2]});
}

// x cos + rotateHalf(x) sin, rotateHalf(a | b) = (-b | a).
Value llama::ropeForward(TensorBuilder &t, Value x, const RopeTables &tables) {
  int64_t half = t.shapeOf(x)[3] / 2;
  Value kept = t.mul(x, overHeads(t, tables.cosine));
  Value low = t.slice(x, 3, 0, half);
  Value high = t.slice(x, 3, half, half);
  Value rotated = t.concat(t.unary<arith::NegFOp>(high), low, 3);
  return t.add(kept, t.mul(rotated, overHeads(t, tables.sine)));
}

// The transposed rotation, as autograd writes it: two slices put into zeros.
Value llama::ropeBackward(TensorBuilder &t, Value gradient,
                          const RopeTables &tables) {
  int64_t half = t.shapeOf(gradient)[3] / 2;
  Value turned = t.mul(gradient, overHeads(t, tables.sine));
  Value low = t.slice(turned, 3, 0, half);
  Value high = t.slice(turned, 3, half, half);
  Value zeros = t.splat(0, t.shapeOf(gradient));
  Value toHigh = t.insert(t.unary<arith::NegFOp>(low), zeros, 3, half);
  Value toLow = t.insert(high, zeros, 3, 0);
  Value rotated = t.add(toHigh, toLow);
  return t.add(rotated, t.mul(gradient, overHeads(t, tables.cosine)));
}
