//===- Zeros.cpp - Masks found in a checkpoint ----------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/masks/Zeros.h"

#include <algorithm>
#include <cstring>
#include <vector>

using namespace waferflow;

namespace {

class ZerosMask : public MaskSource {
public:
  explicit ZerosMask(TensorView weights) : weights(std::move(weights)) {}

  int64_t rows() const override { return weights.shape[0]; }
  int64_t columns() const override { return weights.shape[1]; }
  std::string describe() const override {
    return "zeros of " + weights.shortFile();
  }

  void row(int64_t r, uint64_t *words) const override {
    std::vector<uint32_t> keys(columns());
    readMagnitudeKeys(weights, r, keys.data());
    std::fill_n(words, wordsPerRow(), 0);
    for (int64_t c = 0; c < columns(); ++c)
      words[c / 64] |= uint64_t(keys[c] != 0) << (c % 64);
  }

private:
  TensorView weights;
};

class StoredMask : public MaskSource {
public:
  explicit StoredMask(BitMaskTensor weights) : weights(std::move(weights)) {}

  int64_t rows() const override { return weights.rows; }
  int64_t columns() const override { return weights.columns; }
  std::string describe() const override {
    return "zeros of " + weights.compressed.shortFile();
  }

  void row(int64_t r, uint64_t *words) const override {
    // Bit c % 8 of byte c / 8: the words of a little-endian machine.
    words[wordsPerRow() - 1] = 0;
    std::memcpy(words, weights.maskRow(r), (columns() + 7) / 8);
  }

private:
  BitMaskTensor weights;
};

} // namespace

std::unique_ptr<MaskSource> waferflow::storedMask(BitMaskTensor weights) {
  return std::make_unique<StoredMask>(std::move(weights));
}

std::unique_ptr<MaskSource> waferflow::zerosMask(TensorView weights) {
  return std::make_unique<ZerosMask>(std::move(weights));
}
