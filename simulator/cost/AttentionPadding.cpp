//===- AttentionPadding.cpp -----------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/AttentionPadding.h"

#include <algorithm>
#include <cmath>

namespace waferflow {

namespace {

/// Parts of a cycle in which instructions are counted instead.
constexpr int64_t kParts = 1024;

/// With `tokens` in each row.
AttentionCycles ofFullRows(AttentionShape shape, int64_t tokens, bool backward,
                           const AttentionCosts &costs) {
  if (tokens == 0)
    return {};
  shape.seq = tokens * shape.rows;
  shape.keyBlock = std::min(shape.keyBlock, tokens);
  return criticalColumn(shape, backward, costs);
}

} // namespace

double evenShare(const AttentionShape &shape, int64_t features,
                 const TokenLayout &tokens, const Machine &machine) {
  // Rows that S tokens fill as far as its rows are filled, of all sequences;
  // columns that the features fill as far as the fullest one.
  double sequences = static_cast<double>(tokens.tokens) /
                     static_cast<double>(tokens.seq * tokens.groups);
  double rows = sequences * static_cast<double>(shape.rows) /
                static_cast<double>(shape.sequencesPerRow);
  double columns = static_cast<double>(features * tokens.groups) /
                   static_cast<double>(std::max<int64_t>(1, shape.mostDims()));
  return rows * columns / static_cast<double>(machine.width * machine.height);
}

AttentionCycles unpaddedColumn(const AttentionShape &shape, bool backward,
                               const AttentionCosts &costs, int64_t spread,
                               double share) {
  AttentionShape even = shape;
  even.whole = false;
  AttentionCosts fine = costs.inParts(kParts);
  int64_t least = shape.seq / shape.rows;
  double above =
      static_cast<double>(shape.seq) / static_cast<double>(shape.rows) -
      static_cast<double>(least);
  AttentionCycles low = ofFullRows(even, least, backward, fine), high = low;
  if (above > 0)
    high = ofFullRows(even, least + 1, backward, fine);
  auto between = [&](int64_t from, int64_t to, int64_t more = 0) {
    double cycles = static_cast<double>(from) +
                    above * static_cast<double>(to - from) +
                    static_cast<double>(more * kParts);
    return std::llround(cycles * share / kParts);
  };
  AttentionCycles cycles;
  cycles.matmul = between(low.matmul, high.matmul);
  cycles.exchange = between(low.exchange, high.exchange, spread);
  cycles.softmax = between(low.softmax, high.softmax);
  return cycles;
}

} // namespace waferflow
