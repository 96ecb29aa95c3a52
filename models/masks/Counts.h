//===- Counts.h - Nonzeros for every row and column of cores ----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_MODELS_MASKS_COUNTS_H
#define WAFERFLOW_MODELS_MASKS_COUNTS_H

#include "models/masks/MaskSource.h"
#include "simulator/program/Result.h"

#include <vector>

namespace waferflow {

/// n[row * groups + group]: nonzeros of a streamed row among the features that
/// a group (a column of cores) holds.
template <typename T> struct CountsOf {
  int64_t rows = 0, groups = 0;
  std::vector<T> n;

  const T *row(int64_t r) const { return n.data() + r * groups; }
};
using NonzeroCounts = CountsOf<uint16_t>;
using NarrowCounts =
    CountsOf<uint8_t>; ///< half the memory; groups of at most 255

/// Which group each feature belongs to: FeatureOrder's `column` and `columns`,
/// or any other numbers in [0, groups).
struct FeatureGroups {
  std::vector<int32_t> of; ///< by feature
  int64_t groups = 0;

  int64_t largest() const; ///< features in the fullest group
};

/// Both directions of one weight. What was not asked for is empty.
template <typename T> struct BothCounts {
  CountsOf<T> forward;    ///< [output feature][group of the input features]
  CountsOf<T> transposed; ///< [input feature][group of the output features]
  int64_t nonzeros = 0;
};

/// Counts in one scan of the mask. `input` or `output` null: that direction is
/// left out (`input` groups the reduced features of the forward direction).
/// Byte-identical for every `threads` >= 1. The cost does not depend on the
/// density, hardly on the order of the features; about 64 elements are handled
/// an instruction. Errors: a map whose size is not the mask's, a group out of
/// range, a group with more features than T can count.
/// Instantiated for uint8_t and uint16_t.
template <typename T>
Result<BothCounts<T>>
countGroups(const MaskSource &mask, const FeatureGroups *input,
            const FeatureGroups *output, unsigned threads);

/// Nonzeros of the whole mask.
int64_t countNonzeros(const MaskSource &mask, unsigned threads);

/// Nonzeros of each column (input feature) and of each row (output feature).
struct NonzeroSums {
  std::vector<int32_t> columns, rows;
};
NonzeroSums countSides(const MaskSource &mask, unsigned threads);

} // namespace waferflow

#endif // WAFERFLOW_MODELS_MASKS_COUNTS_H
