//===- Magnitude.cpp - The largest weights of a matrix --------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/masks/Magnitude.h"

#include "models/masks/Bits.h"
#include "models/masks/Text.h"

#include <cmath>
#include <vector>

using namespace waferflow;

namespace {

constexpr int kDigitBits = 16;

/// Where the kept end: keys above `key` are kept, and the first `keptTies` of
/// those equal to it.
struct Cut {
  uint32_t key = 0;
  int64_t keptTies = 0;
};

template <typename Visit>
void forEachKey(const TensorView &weights, const Visit &visit) {
  std::vector<uint32_t> keys(weights.shape[1]);
  for (int64_t r = 0; r < weights.shape[0]; ++r) {
    readMagnitudeKeys(weights, r, keys.data());
    for (uint32_t key : keys)
      visit(key);
  }
}

/// One digit of a radix select: the bucket from the top that holds the
/// `kept`-th largest; `kept` becomes its rank within the bucket.
uint32_t select(const std::vector<int64_t> &histogram, int64_t &kept) {
  uint32_t digit = static_cast<uint32_t>(histogram.size()) - 1;
  while (histogram[digit] < kept)
    kept -= histogram[digit--];
  return digit;
}

/// Expects 1 <= kept <= elements. Two passes over the values for f32, one for
/// the 16-bit types, whose keys are a single digit.
Cut findCut(const TensorView &weights, int64_t kept) {
  bool wide = weights.dtype == DType::F32;
  int shift = wide ? kDigitBits : 0;
  std::vector<int64_t> histogram(size_t(1) << kDigitBits);
  forEachKey(weights, [&](uint32_t key) { ++histogram[key >> shift]; });
  uint32_t high = select(histogram, kept);
  if (!wide)
    return {high, kept};
  histogram.assign(histogram.size(), 0);
  forEachKey(weights, [&](uint32_t key) {
    if (key >> kDigitBits == high)
      ++histogram[key & 0xffff];
  });
  uint32_t low = select(histogram, kept);
  return {high << kDigitBits | low, kept};
}

} // namespace

Result<std::unique_ptr<MaskSource>>
waferflow::magnitudeMask(const TensorView &weights, double sparsity) {
  int64_t rows = weights.shape[0], columns = weights.shape[1];
  int64_t elements = rows * columns;
  int64_t kept = elements - std::llround(sparsity * double(elements));
  Cut cut = kept ? findCut(weights, kept) : Cut{UINT32_MAX, 0};

  int64_t wordsPerRow = (columns + 63) / 64;
  std::vector<uint64_t> words(rows * wordsPerRow);
  std::vector<uint32_t> keys(columns);
  uint32_t nan = firstNanKey(weights.dtype);
  for (int64_t r = 0; r < rows; ++r) {
    readMagnitudeKeys(weights, r, keys.data());
    uint64_t *row = words.data() + r * wordsPerRow;
    for (int64_t c = 0; c < columns; ++c) {
      if (keys[c] >= nan)
        return Error{weights.where(), "expected numbers, got NaN in row " +
                                          std::to_string(r) + ", column " +
                                          std::to_string(c)};
      bool tie = keys[c] == cut.key && cut.keptTies > 0;
      cut.keptTies -= tie;
      row[c / 64] |= uint64_t(tie || keys[c] > cut.key) << (c % 64);
    }
  }
  return bitsMask(rows, columns, std::move(words),
                  "magnitude " + fraction(sparsity) + " of " +
                      weights.shortFile());
}
