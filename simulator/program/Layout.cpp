//===- Layout.cpp - How tokens and features lie on the wafer
//------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/program/Layout.h"

#include <algorithm>
#include <cassert>

namespace waferflow {

static int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

bool operator==(const TokenLayout &a, const TokenLayout &b) {
  return a.tokens == b.tokens && a.seq == b.seq && a.groups == b.groups &&
         a.sequencesPerGroup == b.sequencesPerGroup &&
         a.rowsPerSequence == b.rowsPerSequence &&
         a.sequencesPerRow == b.sequencesPerRow &&
         a.tokensPerCore == b.tokensPerCore && a.rowsUsed == b.rowsUsed &&
         a.groupColumns == b.groupColumns;
}

std::optional<Error> checkTokens(int64_t tokens, int64_t seq) {
  if (seq < 1)
    return Error{"seq", "expected at least 1 token a sequence, got " +
                            std::to_string(seq)};
  if (tokens < 1 || tokens % seq != 0)
    return Error{"tokens",
                 "expected a positive multiple of the sequence length " +
                     std::to_string(seq) + ", got " + std::to_string(tokens)};
  return std::nullopt;
}

TokenLayout layTokens(int64_t tokens, int64_t seq, int64_t groups,
                      int64_t width, int64_t height) {
  assert(!checkTokens(tokens, seq) && groups >= 1 && groups <= width &&
         height >= 1);
  TokenLayout layout;
  layout.tokens = tokens;
  layout.seq = seq;
  layout.groups = groups;
  layout.groupColumns = width / groups;
  int64_t n = layout.sequencesPerGroup = ceilDiv(tokens / seq, groups);
  if (n > height) {
    layout.sequencesPerRow = ceilDiv(n, height);
    layout.rowsPerSequence = 1;
    layout.rowsUsed = ceilDiv(n, layout.sequencesPerRow);
  } else {
    // More rows than tokens would leave rows empty in the midst of others.
    layout.rowsPerSequence = std::min(height / n, seq);
    layout.rowsUsed = n * layout.rowsPerSequence;
  }
  layout.tokensPerCore =
      layout.sequencesPerRow * ceilDiv(seq, layout.rowsPerSequence);
  return layout;
}

int64_t FeatureOrder::featuresPerColumn() const {
  std::vector<int64_t> count(columns);
  int64_t most = 0;
  for (int32_t x : column)
    most = std::max(most, ++count[x]);
  return most;
}

FeatureOrder blockedOrder(std::string name, int64_t features, int64_t columns) {
  assert(features >= 1 && columns >= 1);
  int64_t f = ceilDiv(features, columns);
  FeatureOrder order;
  order.name = std::move(name);
  order.columns = ceilDiv(features, f);
  order.column.resize(features);
  order.slot.resize(features);
  for (int64_t i = 0; i < features; ++i) {
    order.column[i] = static_cast<int32_t>(i / f);
    order.slot[i] = static_cast<int32_t>(i % f);
  }
  return order;
}

FeatureOrder headOrder(std::string name, int64_t heads, int64_t headDim,
                       int64_t columns) {
  assert(heads >= 1 && headDim >= 1 && columns >= 1);
  // A pair is dims i and i + half; of an odd headDim the last dim is alone.
  int64_t half = headDim / 2;
  int64_t pairs = ceilDiv(headDim, 2);
  int64_t headsPerColumn = 1, pairsPerColumn = pairs;
  if (columns >= heads)
    pairsPerColumn = ceilDiv(pairs, std::min(columns / heads, pairs));
  else
    headsPerColumn = ceilDiv(heads, columns);
  int64_t columnsPerHead = ceilDiv(pairs, pairsPerColumn);

  FeatureOrder order;
  order.name = std::move(name);
  order.columns = ceilDiv(heads, headsPerColumn) * columnsPerHead;
  order.column.resize(heads * headDim);
  order.slot.resize(heads * headDim);
  for (int64_t head = 0; head < heads; ++head)
    for (int64_t dim = 0; dim < headDim; ++dim) {
      bool alone = dim == 2 * half;
      int64_t pair = alone ? half : dim < half ? dim : dim - half;
      bool second = !alone && dim >= half;
      int64_t feature = head * headDim + dim;
      order.column[feature] = static_cast<int32_t>(
          head / headsPerColumn * columnsPerHead + pair / pairsPerColumn);
      order.slot[feature] =
          static_cast<int32_t>(head % headsPerColumn * headDim +
                               2 * (pair % pairsPerColumn) + second);
    }
  return order;
}

} // namespace waferflow
