//===- Counts.cpp - What attention executes -------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/attention/Counts.h"

#include <algorithm>

namespace waferflow::fabric::attention {

Counts countsOf(const TokenLayout &tokens, const HeadPlaces &places,
                bool causal, bool backward, bool firstPass) {
  int64_t ring = tokens.rowsPerSequence;
  auto onRow = [&](int64_t row) { return (tokens.seq - 1 - row) / ring + 1; };
  // Of one sequence: keys that a row's queries see, and pairs of both.
  int64_t keys = 0, pairs = 0;
  for (int64_t row = 0; row < ring; ++row)
    for (int64_t from = 0; from < ring; ++from) {
      int64_t shift = causal && from > row;
      int64_t queries = onRow(row);
      int64_t seen =
          causal ? std::min(onRow(from), queries - shift) : onRow(from);
      keys += seen;
      for (int64_t j = 0; j < seen; ++j)
        pairs += causal ? queries - j - shift : queries;
    }
  int64_t sequences = tokens.tokens / tokens.seq;
  Counts counts;
  for (int64_t c = 0; c < places.columns; ++c) {
    int64_t heads = places.heads[c] * sequences, dims = places.dims[c];
    // Scores and values; backward both scores and dq, then dk, dv.
    int64_t scores = 1, others = 1;
    if (backward) {
      scores = firstPass ? 3 : 2;
      others = firstPass ? 2 : 1;
    }
    int64_t products = scores * (dims - 1) + others * dims;
    counts.axpys += heads * keys * products;
    counts.axpyElements += heads * pairs * products;
    counts.firstProducts += heads * pairs * scores;
    if (!backward)
      continue;
    counts.dots += heads * keys * 2 * dims;
    counts.dotElements += heads * pairs * 2 * dims;
    counts.rowProducts += heads * tokens.seq * dims;
  }
  return counts;
}

} // namespace waferflow::fabric::attention
