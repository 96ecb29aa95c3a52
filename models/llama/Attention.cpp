//===- Attention.cpp - Grouped-query causal attention ---------------------===//
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

/// [T, heads D] -> [B, heads, S, D].
static Value splitHeads(TensorBuilder &t, const Dims &dims, Value x,
                        int64_t heads) {
  Value split = t.expand(x, {dims.batch, dims.seq, heads, dims.config.headDim});
  return t.transpose(split, {0, 2, 1, 3});
}

/// [B, heads, S, D] -> [T, heads D].
static Value mergeHeads(TensorBuilder &t, const Dims &dims, Value x) {
  Value tokens = t.transpose(x, {0, 2, 1, 3});
  return t.collapse(tokens, {dims.tokens(), t.shapeOf(x)[1] * t.shapeOf(x)[3]});
}

/// [B, A, x, y] -> [B A, x, y].
static Value flatten(TensorBuilder &t, Value x) {
  auto shape = t.shapeOf(x);
  return t.collapse(x, {shape[0] * shape[1], shape[2], shape[3]});
}

static Value unflatten(TensorBuilder &t, const Dims &dims, Value x) {
  auto shape = t.shapeOf(x);
  return t.expand(x, {dims.batch, shape[0] / dims.batch, shape[1], shape[2]});
}

static double scoreScale(const Dims &dims) {
  return 1 / std::sqrt(static_cast<double>(dims.config.headDim));
}

/// Sums over the query heads that share a key-value head: [B, K, groups, S, D]
/// -> [B, K, S, D].
static Value sumGroups(TensorBuilder &t, const Dims &dims, Value grouped) {
  return t.collapse(t.sum(grouped, {2}), {dims.batch, dims.config.kvHeads,
                                          dims.seq, dims.config.headDim});
}

Value llama::attentionForward(TensorBuilder &t, const Dims &dims, Value x,
                              const AttentionWeights &weights,
                              const RopeTables &tables, Value mask,
                              AttentionKept &kept) {
  const LlamaConfig &config = dims.config;
  Value query = splitHeads(t, dims, t.linear(x, weights.query), config.heads);
  Value key = splitHeads(t, dims, t.linear(x, weights.key), config.kvHeads);
  Value value = splitHeads(t, dims, t.linear(x, weights.value), config.kvHeads);
  query = ropeForward(t, query, tables);
  key = ropeForward(t, key, tables);

  int64_t flatHeads = dims.batch * config.heads;
  if (dims.groups() > 1) {
    key = t.collapse(t.repeat(key, 2, dims.groups()), t.shapeOf(query));
    value = t.collapse(t.repeat(value, 2, dims.groups()),
                       {flatHeads, dims.seq, config.headDim});
  } else {
    value = flatten(t, value);
  }
  kept.query = flatten(t, query);
  kept.keyTransposed = flatten(t, t.transpose(key, {0, 1, 3, 2}));
  kept.value = value;

  Value scores =
      unflatten(t, dims, t.batchMatmul(kept.query, kept.keyTransposed));
  scores = t.add(t.scale(scores, scoreScale(dims)), mask);
  Value exponential = t.unary<math::ExpOp>(t.sub(scores, t.maximum(scores)));
  kept.probabilities = t.div(exponential, t.sum(exponential, {3}));

  Value mixed = t.batchMatmul(flatten(t, kept.probabilities), kept.value);
  kept.merged = mergeHeads(t, dims, unflatten(t, dims, mixed));
  return t.expand(t.linear(kept.merged, weights.output),
                  {dims.batch, dims.seq, dims.hidden()});
}

Value llama::attentionBackward(TensorBuilder &t, const Dims &dims,
                               Value gradient, Value x,
                               const AttentionWeights &weights,
                               const RopeTables &tables, AttentionKept &kept,
                               AttentionWeights &gradients) {
  const LlamaConfig &config = dims.config;
  SmallVector<int64_t> hiddenShape = {dims.batch, dims.seq, dims.hidden()};
  SmallVector<int64_t> grouped = {dims.batch, config.kvHeads, dims.groups(),
                                  dims.seq, config.headDim};

  gradients.output = t.matmul(t.transpose(gradient, {1, 0}), kept.merged);
  Value mixed = flatten(
      t, splitHeads(t, dims, t.matmul(gradient, weights.output), config.heads));

  // dV = P^T dO, dP = dO V^T, dS = P (dP - sum(P dP)), dQ = dS K, dK^T = Q^T dS
  Value probabilities = flatten(t, kept.probabilities);
  Value value = t.batchMatmul(t.transpose(probabilities, {0, 2, 1}), mixed);
  Value weighted =
      t.mul(unflatten(t, dims,
                      t.batchMatmul(mixed, t.transpose(kept.value, {0, 2, 1}))),
            kept.probabilities);
  Value scores =
      t.sub(weighted, t.mul(kept.probabilities, t.sum(weighted, {3})));
  scores = flatten(t, t.scale(scores, scoreScale(dims)));
  Value keyTransposed =
      t.batchMatmul(t.transpose(kept.query, {0, 2, 1}), scores);
  Value query = unflatten(
      t, dims,
      t.batchMatmul(scores, t.transpose(kept.keyTransposed, {0, 2, 1})));
  Value key = t.transpose(unflatten(t, dims, keyTransposed), {0, 1, 3, 2});

  if (dims.groups() > 1) {
    value = sumGroups(t, dims, t.expand(value, grouped));
    key = sumGroups(t, dims, t.expand(key, grouped));
  } else {
    value = unflatten(t, dims, value);
  }
  key = mergeHeads(t, dims, ropeBackward(t, key, tables));
  query = mergeHeads(t, dims, ropeBackward(t, query, tables));
  value = mergeHeads(t, dims, value);

  gradients.value = t.matmul(t.transpose(value, {1, 0}), x);
  Value fromValue = t.expand(t.matmul(value, weights.value), hiddenShape);
  gradients.key = t.matmul(t.transpose(key, {1, 0}), x);
  Value fromKey = t.expand(t.matmul(key, weights.key), hiddenShape);
  gradients.query = t.matmul(t.transpose(query, {1, 0}), x);
  Value fromQuery = t.expand(t.matmul(query, weights.query), hiddenShape);
  return t.add(t.add(fromValue, fromKey), fromQuery);
}
