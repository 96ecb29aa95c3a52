//===- UniformTest.cpp - Are uniform masks what their parameters say? -----===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/masks/Uniform.h"
#include "models/masks/Random.h"
#include "tests/unit/masks/Helpers.h"

#include <gtest/gtest.h>

#include <algorithm>

#include <cmath>

using namespace waferflow;
using namespace waferflow::testing;

namespace {

/// One element at a time: the 32-bit number of element c is bit c % 64 of 32
/// random words, most significant first.
bool slowElement(uint64_t seed, const std::string &name, int64_t r, int64_t c,
                 double sparsity) {
  RowRandom random(seed, nameKey(name), r);
  uint64_t number = 0;
  for (int k = 0; k < 32; ++k)
    number = number << 1 | (random(c / 64 * 32 + k) >> (c % 64) & 1);
  return number < uint64_t(std::llround((1 - sparsity) * 0x1p32));
}

} // namespace

TEST(Uniform, EqualsElementwiseComparison) {
  for (double sparsity : {0.0, 0.1, 0.5, 0.7, 0.75, 0.9, 0.999, 1 - 0x1p-32}) {
    auto mask = uniformMask(7, 200, sparsity, 42, "q_proj");
    bool clean = true;
    std::vector<bool> all = elements(*mask, &clean);
    EXPECT_TRUE(clean);
    for (int64_t i = 0; i < 7 * 200; ++i)
      ASSERT_EQ(all[i], slowElement(42, "q_proj", i / 200, i % 200, sparsity))
          << "sparsity " << sparsity << ", element " << i;
  }
}

TEST(Uniform, SeedMeansTheSameForEver) {
  uint64_t words[2];
  uniformMask(3, 128, 0.7, 1, "model.layers.0.self_attn.q_proj.weight")
      ->row(2, words);
  EXPECT_EQ(words[0], 16285025050015442821u);
  EXPECT_EQ(words[1], 295992932891787926u);
}

TEST(Uniform, RowsInAnyOrder) {
  auto mask = uniformMask(5, 100, 0.6, 9, "w");
  std::vector<uint64_t> first(2), again(2);
  mask->row(4, first.data());
  mask->row(0, again.data());
  mask->row(4, again.data());
  EXPECT_EQ(first, again);
}

TEST(Uniform, DensityOfAMillionElements) {
  for (double sparsity : {0.3, 0.5, 0.7, 0.9}) {
    std::vector<bool> all =
        elements(*uniformMask(1000, 1000, sparsity, 3, "w"));
    double nonzeros = double(std::count(all.begin(), all.end(), true));
    double sigma = std::sqrt(1e6 * sparsity * (1 - sparsity));
    EXPECT_NEAR(nonzeros, 1e6 * (1 - sparsity), 4 * sigma) << sparsity;
  }
}

TEST(Uniform, NoStructureInRowsOrColumns) {
  // Chi-squared over the counts of 512 rows and of 512 columns: mean 512,
  // standard deviation 32 for each.
  constexpr int64_t n = 512;
  std::vector<bool> all = elements(*uniformMask(n, n, 0.7, 5, "w"));
  std::vector<double> rows(n), columns(n);
  for (int64_t i = 0; i < n * n; ++i) {
    rows[i / n] += all[i];
    columns[i % n] += all[i];
  }
  double chiRows = 0, chiColumns = 0;
  for (int64_t i = 0; i < n; ++i) {
    chiRows += std::pow(rows[i] - n * 0.3, 2) / (n * 0.3 * 0.7);
    chiColumns += std::pow(columns[i] - n * 0.3, 2) / (n * 0.3 * 0.7);
  }
  EXPECT_NEAR(chiRows, 512, 4 * 32);
  EXPECT_NEAR(chiColumns, 512, 4 * 32);
}

TEST(Uniform, SeedsNamesAndRowsAreIndependent) {
  auto differ = [](const MaskSource &a, const MaskSource &b) {
    std::vector<bool> x = elements(a), y = elements(b);
    int64_t count = 0;
    for (size_t i = 0; i < x.size(); ++i)
      count += x[i] != y[i];
    return count;
  };
  auto base = uniformMask(100, 100, 0.5, 1, "layers.0.q");
  EXPECT_NEAR(differ(*base, *uniformMask(100, 100, 0.5, 2, "layers.0.q")), 5000,
              200);
  EXPECT_NEAR(differ(*base, *uniformMask(100, 100, 0.5, 1, "layers.1.q")), 5000,
              200);
  uint64_t previous = 0, word = 0;
  for (int64_t r = 0; r < 100; ++r, previous = word) {
    uint64_t words[2];
    base->row(r, words);
    word = words[0];
    EXPECT_NE(word, previous);
  }
}

TEST(Uniform, SaysThatItIsSynthetic) {
  EXPECT_EQ(uniformMask(1, 1, 0.7, 1, "w")->describe(),
            "uniform 0.7, seed 1 (synthetic)");
}
