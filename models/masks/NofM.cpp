//===- NofM.cpp - N of M along the input features -------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/masks/NofM.h"

#include "models/masks/Random.h"

#include <algorithm>
#include <vector>

using namespace waferflow;

namespace {

std::string pattern(int64_t n, int64_t m) {
  return std::to_string(n) + ":" + std::to_string(m);
}

void setBits(uint64_t *words, int64_t first, uint64_t bits) {
  words[first / 64] |= bits << (first % 64);
  if (first % 64 && bits >> (64 - first % 64))
    words[first / 64 + 1] |= bits >> (64 - first % 64);
}

class NOfMMask : public MaskSource {
public:
  NOfMMask(TensorView weights, int64_t n, int64_t m)
      : weights(std::move(weights)), n(n), m(m) {}

  int64_t rows() const override { return weights.shape[0]; }
  int64_t columns() const override { return weights.shape[1]; }
  std::string describe() const override {
    return pattern(n, m) + " of " + weights.shortFile();
  }

  void row(int64_t r, uint64_t *words) const override {
    std::vector<uint32_t> keys(columns());
    readMagnitudeKeys(weights, r, keys.data());
    std::fill_n(words, wordsPerRow(), 0);
    for (int64_t first = 0; first < columns(); first += m)
      setBits(words, first,
              largest(&keys[first], std::min(m, columns() - first)));
  }

private:
  /// An element is kept where fewer than n come before it in the order of
  /// falling magnitude, lower index first.
  uint64_t largest(const uint32_t *keys, int64_t count) const {
    uint64_t kept = 0;
    for (int64_t i = 0; i < count; ++i) {
      int64_t before = 0;
      for (int64_t j = 0; j < count; ++j)
        before += keys[j] > keys[i] || (keys[j] == keys[i] && j < i);
      kept |= uint64_t(before < n) << i;
    }
    return kept;
  }

  TensorView weights;
  int64_t n, m;
};

class RandomNOfMMask : public MaskSource {
public:
  RandomNOfMMask(int64_t rows, int64_t columns, int64_t n, int64_t m,
                 uint64_t seed, const std::string &weightName)
      : nRows(rows), nColumns(columns), n(n), m(m), seed(seed),
        key(nameKey(weightName)) {
    if (m <= kTableM)
      for (uint64_t bits = 0; bits < uint64_t(1) << m; ++bits)
        if (__builtin_popcountll(bits) == n)
          choices.push_back(static_cast<uint16_t>(bits));
  }

  int64_t rows() const override { return nRows; }
  int64_t columns() const override { return nColumns; }

  std::string describe() const override {
    return pattern(n, m) + ", seed " + std::to_string(seed) + " (synthetic)";
  }

  void row(int64_t r, uint64_t *words) const override {
    RowRandom random(seed, key, r);
    std::fill_n(words, wordsPerRow(), 0);
    for (int64_t first = 0, group = 0; first < nColumns; first += m, ++group) {
      int64_t count = std::min(m, nColumns - first);
      bool whole = count == m && !choices.empty();
      setBits(words, first,
              whole ? choose(random, group) : sample(random, group, count));
    }
  }

private:
  static constexpr int64_t kTableM = 12; ///< at most 924 choices

  uint64_t choose(const RowRandom &random, uint64_t group) const {
    // 64 random bits scaled to the number of choices: uniform to 2^-50.
    return choices[(unsigned __int128)random(group * kMaxM) * choices.size() >>
                   64];
  }

  /// Selection sampling (Knuth, algorithm S): each position is taken with the
  /// probability of what is left to take over what is left to see.
  uint64_t sample(const RowRandom &random, uint64_t group,
                  int64_t count) const {
    uint64_t kept = 0;
    int64_t left = std::min(n, count);
    for (int64_t i = 0; i < count && left; ++i) {
      uint64_t draw =
          (unsigned __int128)random(group * kMaxM + i) * (count - i) >> 64;
      if (draw < uint64_t(left)) {
        kept |= uint64_t(1) << i;
        --left;
      }
    }
    return kept;
  }

  int64_t nRows, nColumns, n, m;
  uint64_t seed, key;
  std::vector<uint16_t> choices; ///< every way to set n of m bits, if few
};

} // namespace

std::unique_ptr<MaskSource> waferflow::nOfMMask(TensorView weights, int64_t n,
                                                int64_t m) {
  return std::make_unique<NOfMMask>(std::move(weights), n, m);
}

std::unique_ptr<MaskSource>
waferflow::randomNOfMMask(int64_t rows, int64_t columns, int64_t n, int64_t m,
                          uint64_t seed, const std::string &weightName) {
  return std::make_unique<RandomNOfMMask>(rows, columns, n, m, seed,
                                          weightName);
}
