//===- Layout.h - How tokens and features lie on the wafer ------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_PROGRAM_LAYOUT_H
#define WAFERFLOW_SIMULATOR_PROGRAM_LAYOUT_H

#include "simulator/program/Types.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace waferflow {

/// Tokens over y, in `groups` token groups side by side in x. A sequence starts
/// on a row boundary and never spans groups. Tokens of a sequence are dealt
/// `t mod rowsPerSequence`, ascending.
struct TokenLayout {
  int64_t tokens = 0;            ///< of the step; a multiple of seq
  int64_t seq = 0;               ///< tokens of a sequence
  int64_t groups = 1;            ///< Gt
  int64_t sequencesPerGroup = 0; ///< n = ceil(sequences / Gt)
  int64_t rowsPerSequence = 0;   ///< floor(H / n), from 1 to seq
  int64_t sequencesPerRow = 1;   ///< ceil(n / H) whole sequences when n > H
  int64_t tokensPerCore = 0;     ///< Tl = sequencesPerRow * ceil(seq / rows)
  int64_t rowsUsed = 0;          ///< rows of cores that hold tokens
  int64_t groupColumns = 0;      ///< floor(W / Gt) columns of one group
};

bool operator==(const TokenLayout &a, const TokenLayout &b);

/// What is wrong with so many tokens in sequences of `seq`: both are positive,
/// and a sequence is never cut.
std::optional<Error> checkTokens(int64_t tokens, int64_t seq);

/// Lays `tokens` tokens in sequences of `seq` on `height` rows and `width`
/// columns in `groups` token groups. Expects 1 <= groups <= width and tokens a
/// positive multiple of seq (checked by `checkTokens`).
TokenLayout layTokens(int64_t tokens, int64_t seq, int64_t groups,
                      int64_t width, int64_t height);

/// feature -> (column of a token group, slot in that column). The order of one
/// activation tensor's features. Columns are those of one token group. Where
/// only a part of the features is held at once, the others have -1; programs
/// of fidelity tile have orders of the part alone.
struct FeatureOrder {
  std::string name;
  int64_t columns = 0;         ///< columns that hold features
  std::vector<int32_t> column; ///< by feature, in [0, columns)
  std::vector<int32_t> slot;   ///< by feature, dense from 0 in each column

  int64_t features() const { return static_cast<int64_t>(column.size()); }
  /// The largest number of features in one column (f).
  int64_t featuresPerColumn() const;
};

/// f = ceil(features / columns) neighbouring features a column; only the
/// columns that then hold some count. Expects features and columns >= 1.
FeatureOrder blockedOrder(std::string name, int64_t features, int64_t columns);

/// Heads own whole columns where there are more columns than heads
/// (floor(columns / heads) each), else columns hold whole heads. RoPE pairs
/// (i, i + headDim/2) share a column, in neighbouring slots. Expects heads,
/// headDim and columns >= 1. Padding is whole pairs: 32 heads of 128 on 755
/// columns are 22 columns a head (23 would not lower the 3 pairs a column).
FeatureOrder headOrder(std::string name, int64_t heads, int64_t headDim,
                       int64_t columns);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_PROGRAM_LAYOUT_H
