//===- Uniform.cpp - Independent random masks -----------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/masks/Uniform.h"

#include "models/masks/Random.h"
#include "models/masks/Text.h"

#include <cmath>

using namespace waferflow;

namespace {

/// 64 elements at a time, each the comparison of a 32-bit random number with
/// density * 2^32, bit by bit from the top: bit k of all 64 numbers is one
/// random word, and the comparison is over when the first unequal bit of each
/// is found, after 7.3 words on average instead of 32, and after one for a
/// half.
uint64_t draw64(const RowRandom &random, uint64_t word, uint32_t threshold) {
  uint64_t less = 0, undecided = ~uint64_t(0);
  uint64_t counter = word * 32;
  for (uint32_t bits = threshold; bits && undecided; bits <<= 1) {
    uint64_t x = random(counter++);
    uint64_t one =
        uint64_t(0) - (bits >> 31); // all ones where threshold's bit is set
    less |= undecided & ~x & one;
    undecided &= ~(x ^ one);
  }
  return less;
}

class UniformMask : public MaskSource {
public:
  UniformMask(int64_t rows, int64_t columns, double sparsity, uint64_t seed,
              const std::string &weightName)
      : nRows(rows), nColumns(columns), sparsity(sparsity), seed(seed),
        key(nameKey(weightName)), threshold(static_cast<uint64_t>(
                                      std::llround((1 - sparsity) * 0x1p32))) {}

  int64_t rows() const override { return nRows; }
  int64_t columns() const override { return nColumns; }

  void row(int64_t r, uint64_t *words) const override {
    RowRandom random(seed, key, r);
    int64_t count = wordsPerRow();
    for (int64_t w = 0; w < count; ++w)
      words[w] = threshold >> 32
                     ? ~uint64_t(0)
                     : draw64(random, w, static_cast<uint32_t>(threshold));
    if (count)
      words[count - 1] &= lastWord();
  }

  std::string describe() const override {
    return "uniform " + fraction(sparsity) + ", seed " + std::to_string(seed) +
           " (synthetic)";
  }

private:
  int64_t nRows, nColumns;
  double sparsity;
  uint64_t seed, key;
  uint64_t threshold; ///< density * 2^32, up to 2^32 itself
};

} // namespace

std::unique_ptr<MaskSource>
waferflow::uniformMask(int64_t rows, int64_t columns, double sparsity,
                       uint64_t seed, const std::string &weightName) {
  return std::make_unique<UniformMask>(rows, columns, sparsity, seed,
                                       weightName);
}
