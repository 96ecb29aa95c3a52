//===- Loss.cpp - Cross-entropy of shifted labels -------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/llama/Blocks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace waferflow;
using namespace waferflow::llama;

/// A label that takes no part in the loss.
static constexpr int64_t ignoredLabel = -100;

/// labels[:, 1:], and -100 at the end of each sequence: [B, S] -> [T].
static Value shiftLabels(TensorBuilder &t, const Dims &dims, Value labels) {
  Value ignored = t.integer(ignoredLabel);
  auto padded = RankedTensorType::get({dims.batch, dims.seq + 1}, t.i64());
  SmallVector<OpFoldResult> low(2, t.b.getIndexAttr(0));
  SmallVector<OpFoldResult> high = {t.b.getIndexAttr(0), t.b.getIndexAttr(1)};
  Value all =
      tensor::PadOp::create(t.b, t.loc, padded, labels, low, high, ignored);
  return t.collapse(t.slice(all, 1, 1, dims.seq), {dims.tokens()});
}

/// How many of `kept` are true, as f32.
static Value countKept(TensorBuilder &t, Value kept) {
  AffineMap maps[] = {t.b.getMultiDimIdentityMap(1),
                      AffineMap::get(1, 0, t.b.getContext())};
  Value zero = t.filled(t.integer(0), {});
  Value count =
      linalg::GenericOp::create(
          t.b, t.loc, zero.getType(), kept, zero, maps,
          utils::IteratorType::reduction,
          [&](OpBuilder &nested, Location loc, ValueRange in) {
            Value one = arith::ExtUIOp::create(nested, loc, t.i64(), in[0]);
            Value sum = arith::AddIOp::create(nested, loc, one, in[1]);
            linalg::YieldOp::create(nested, loc, sum);
          })
          .getResult(0);
  return t.map({}, t.f32(), count, [&](ValueRange in) -> Value {
    return arith::SIToFPOp::create(t.b, t.loc, t.f32(), in[0]);
  });
}

static Value select(TensorBuilder &t, Value condition, Value yes, Value no) {
  auto element = cast<RankedTensorType>(no.getType()).getElementType();
  return t.map(t.shapeOf(condition), element, {condition, yes, no},
               [&](ValueRange in) -> Value {
                 return arith::SelectOp::create(t.b, t.loc, in[0], in[1],
                                                in[2]);
               });
}

/// log(softmax(logits)) over the vocabulary.
static Value logSoftmax(TensorBuilder &t, Value logits) {
  Value shifted = t.sub(logits, t.maximum(logits));
  Value sum = t.sum(t.unary<math::ExpOp>(shifted), {1});
  return t.sub(shifted, t.unary<math::LogOp>(sum));
}

Value llama::lossForward(TensorBuilder &t, const Dims &dims, Value logits,
                         Value labels, LossKept &kept) {
  kept.labels = shiftLabels(t, dims, labels);
  kept.logProbabilities = logSoftmax(t, logits);
  Value ignored = t.integer(ignoredLabel);
  kept.kept = t.map({dims.tokens()}, t.b.getI1Type(), kept.labels,
                    [&](ValueRange in) -> Value {
                      return arith::CmpIOp::create(
                          t.b, t.loc, arith::CmpIPredicate::ne, in[0], ignored);
                    });
  auto word = RankedTensorType::get({}, t.i64());
  Value first = arith::ConstantOp::create(
      t.b, t.loc, DenseElementsAttr::get(word, int64_t(0)));
  Value safe =
      t.expand(select(t, kept.kept, kept.labels, first), {dims.tokens(), 1});
  Value picked =
      t.gather({dims.tokens(), 1}, safe, kept.logProbabilities, 1, 0);
  Value negative = t.unary<arith::NegFOp>(t.collapse(picked, {dims.tokens()}));
  Value losses = select(t, kept.kept, negative, t.splat(0, {}));

  kept.count = countKept(t, kept.kept);
  return t.div(t.sumAll(losses), kept.count);
}

// dlogits = g - softmax * sum(g), with g = -scale / count at each label kept.
Value llama::lossBackward(TensorBuilder &t, const Dims &dims, LossKept &kept) {
  SmallVector<int64_t> shape = {dims.tokens(), dims.config.vocabularySize};
  Value words = t.expand(t.indices(shape[1]), {1, shape[1]});
  Value labels = t.expand(kept.labels, {shape[0], 1});
  Value equal = t.map(shape, t.b.getI1Type(), {words, labels},
                      [&](ValueRange in) -> Value {
                        return arith::CmpIOp::create(
                            t.b, t.loc, arith::CmpIPredicate::eq, in[0], in[1]);
                      });
  Value counted = t.expand(kept.kept, {shape[0], 1});
  Value here = t.map(shape, t.b.getI1Type(), {equal, counted},
                     [&](ValueRange in) -> Value {
                       return arith::AndIOp::create(t.b, t.loc, in[0], in[1]);
                     });
  Value share = t.div(t.splat(dims.lossScale, {}), kept.count);
  Value gradient =
      select(t, here, t.unary<arith::NegFOp>(share), t.splat(0, {}));
  Value softmax = t.unary<math::ExpOp>(kept.logProbabilities);
  return t.sub(gradient, t.mul(softmax, t.sum(gradient, {1})));
}
