//===- Bits.cpp - Masks held as bits --------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/masks/Bits.h"

#include <algorithm>
#include <cassert>

using namespace waferflow;

namespace {

class BitsMask : public MaskSource {
public:
  BitsMask(int64_t rows, int64_t columns, std::vector<uint64_t> bits,
           std::string what)
      : nRows(rows), nColumns(columns), bits(std::move(bits)),
        what(std::move(what)) {
    int64_t count = wordsPerRow();
    assert(static_cast<int64_t>(this->bits.size()) == rows * count);
    for (int64_t r = 0; count && r < rows; ++r)
      this->bits[(r + 1) * count - 1] &= lastWord();
  }

  int64_t rows() const override { return nRows; }
  int64_t columns() const override { return nColumns; }
  std::string describe() const override { return what; }

  void row(int64_t r, uint64_t *words) const override {
    std::copy_n(bits.begin() + r * wordsPerRow(), wordsPerRow(), words);
  }

private:
  int64_t nRows, nColumns;
  std::vector<uint64_t> bits;
  std::string what;
};

} // namespace

std::unique_ptr<MaskSource> waferflow::bitsMask(int64_t rows, int64_t columns,
                                                std::vector<uint64_t> words,
                                                std::string what) {
  return std::make_unique<BitsMask>(rows, columns, std::move(words),
                                    std::move(what));
}

std::unique_ptr<MaskSource> waferflow::heldMask(const MaskSource &source) {
  int64_t count = source.wordsPerRow();
  std::vector<uint64_t> words(source.rows() * count);
  for (int64_t r = 0; r < source.rows(); ++r)
    source.row(r, words.data() + r * count);
  return bitsMask(source.rows(), source.columns(), std::move(words),
                  source.describe());
}
