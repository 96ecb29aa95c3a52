//===- CountsTest.cpp - Are nonzeros counted right, whatever the groups and
// threads? -===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/masks/Counts.h"
#include "models/masks/BitPlanes.h"
#include "models/masks/Bits.h"
#include "models/masks/Random.h"
#include "models/masks/Uniform.h"
#include "tests/unit/masks/Helpers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

using namespace waferflow;
using namespace waferflow::testing;

namespace {

FeatureGroups randomGroups(int64_t features, int64_t groups, uint64_t seed) {
  FeatureGroups map;
  map.groups = groups;
  for (int64_t f = 0; f < features; ++f)
    map.of.push_back(int32_t(mix64(seed * 1000003 + f) % groups));
  return map;
}

template <typename T>
void expectCounts(const MaskSource &mask, const FeatureGroups &input,
                  const FeatureGroups &output, unsigned threads) {
  std::vector<bool> all = elements(mask);
  std::vector<T> forward(mask.rows() * input.groups);
  std::vector<T> transposed(mask.columns() * output.groups);
  int64_t nonzeros = 0;
  for (int64_t r = 0; r < mask.rows(); ++r)
    for (int64_t c = 0; c < mask.columns(); ++c) {
      bool bit = all[r * mask.columns() + c];
      nonzeros += bit;
      forward[r * input.groups + input.of[c]] += bit;
      transposed[c * output.groups + output.of[r]] += bit;
    }
  auto both = countGroups<T>(mask, &input, &output, threads);
  ASSERT_TRUE(bool(both)) << both.str();
  EXPECT_EQ(both->forward.n, forward);
  EXPECT_EQ(both->transposed.n, transposed);
  EXPECT_EQ(both->nonzeros, nonzeros);
  auto onlyForward = countGroups<T>(mask, &input, nullptr, threads);
  EXPECT_EQ(onlyForward->forward.n, forward);
  EXPECT_TRUE(onlyForward->transposed.n.empty());
  EXPECT_EQ(onlyForward->nonzeros, nonzeros);
  auto onlyTransposed = countGroups<T>(mask, nullptr, &output, threads);
  EXPECT_EQ(onlyTransposed->transposed.n, transposed);
  EXPECT_TRUE(onlyTransposed->forward.n.empty());
}

} // namespace

TEST(Counts, EqualElementByElement) {
  struct Case {
    int64_t rows, columns, inputGroups, outputGroups;
  };
  // Sizes around the block sizes of 8, 64 and 512; one feature a group, all
  // features in one group, and more groups than features (empty ones).
  for (Case c :
       {Case{1, 1, 1, 1}, Case{63, 65, 7, 9}, Case{64, 64, 8, 8},
        Case{65, 63, 63, 65}, Case{130, 200, 200, 3}, Case{520, 100, 1, 131},
        Case{600, 77, 90, 700}, Case{172, 64, 13, 12}}) {
    auto mask = uniformMask(c.rows, c.columns, 0.4, 1, "w");
    auto input = randomGroups(c.columns, c.inputGroups, 1);
    auto output = randomGroups(c.rows, c.outputGroups, 2);
    for (unsigned threads : {1u, 2u, 5u}) {
      SCOPED_TRACE(std::to_string(c.rows) + "x" + std::to_string(c.columns));
      expectCounts<uint16_t>(*mask, input, output, threads);
      if (input.largest() < 256 && output.largest() < 256)
        expectCounts<uint8_t>(*mask, input, output, threads);
    }
  }
}

TEST(Counts, FullGroupsReachTheLimitsOfTheirTypes) {
  // All ones: a group of 255 fills a byte, one of 3000 needs twelve planes.
  auto ones = uniformMask(255, 3000, 0, 1, "w");
  expectCounts<uint8_t>(*ones, randomGroups(3000, 40, 1),
                        randomGroups(255, 1, 1), 2);
  expectCounts<uint16_t>(*ones, randomGroups(3000, 1, 1),
                         randomGroups(255, 2, 1), 2);
  auto empty = bitsMask(70, 70, std::vector<uint64_t>(140), "nothing");
  expectCounts<uint16_t>(*empty, randomGroups(70, 3, 1), randomGroups(70, 3, 1),
                         1);
}

TEST(Counts, RefusesMapsThatDoNotFit) {
  auto mask = uniformMask(300, 300, 0.5, 1, "w");
  FeatureGroups good = randomGroups(300, 30, 1), one = randomGroups(300, 1, 1);
  FeatureGroups few = randomGroups(299, 30, 1), outside = good;
  outside.of[17] = 30;
  auto message = [&](const FeatureGroups &input, const FeatureGroups &output) {
    auto counts = countGroups<uint8_t>(*mask, &input, &output, 1);
    return counts.str();
  };
  EXPECT_EQ(message(good, good), "");
  EXPECT_EQ(message(few, good),
            "groups of the input features: expected 300 features, got 299");
  EXPECT_EQ(message(good, outside),
            "groups of the output features: expected a group in "
            "[0, 30) for feature 17, got 30");
  EXPECT_EQ(message(one, good),
            "groups of the input features: expected at most 255 "
            "features in a group, got 300");
}

TEST(Counts, WholeAndBothSides) {
  auto mask = uniformMask(1100, 130, 0.3, 1, "w");
  std::vector<bool> all = elements(*mask);
  std::vector<int32_t> columns(130), rows(1100);
  for (size_t i = 0; i < all.size(); ++i) {
    columns[i % 130] += all[i];
    rows[i / 130] += all[i];
  }
  for (unsigned threads : {1u, 3u}) {
    EXPECT_EQ(countNonzeros(*mask, threads),
              std::count(all.begin(), all.end(), true));
    EXPECT_EQ(countSides(*mask, threads).columns, columns);
    EXPECT_EQ(countSides(*mask, threads).rows, rows);
  }
}

TEST(Counts, EveryRowIsAskedForOnce) {
  // A 70B model's rows are made on the fly: twice would double the time.
  struct Counting : MaskSource {
    mutable std::atomic<int> calls{0};
    int64_t rows() const override { return 700; }
    int64_t columns() const override { return 100; }
    std::string describe() const override { return "counting"; }
    void row(int64_t, uint64_t *words) const override {
      ++calls;
      words[0] = words[1] = 1;
    }
  } mask;
  auto input = randomGroups(100, 9, 1), output = randomGroups(700, 70, 1);
  ASSERT_TRUE(bool(countGroups<uint16_t>(mask, &input, &output, 2)));
  EXPECT_EQ(mask.calls, 700);
}

TEST(Counts, TransposeIsATranspose) {
  uint64_t words[64];
  for (int i = 0; i < 64; ++i)
    words[i] = mix64(i);
  transpose64(words);
  for (int i = 0; i < 64; ++i)
    for (int j = 0; j < 64; ++j)
      ASSERT_EQ(words[j] >> i & 1, mix64(i) >> j & 1);
}
