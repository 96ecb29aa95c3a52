//===- NofMTest.cpp - Do N:M masks hold N of every M? ---------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/masks/NofM.h"
#include "models/masks/Random.h"
#include "tests/unit/masks/Helpers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

using namespace waferflow;
using namespace waferflow::testing;

TEST(NofM, KeepsTheLargestOfEachGroup) {
  auto mask =
      nOfMMask(matrix<float>(DType::F32, 1, 10,
                             {1, -3, 2, 0, /**/ 1, 1, -1, 1, /**/ 0, 5}),
               2, 4);
  EXPECT_EQ(elements(*mask), (std::vector<bool>{0, 1, 1, 0, 1, 1, 0, 0, 1, 1}));
  EXPECT_EQ(mask->describe(), "2:4 of model.safetensors");
}

TEST(NofM, ExactlyNofEveryM) {
  // Groups of 5, 24 and 64 cross the words in every way.
  for (auto [n, m] :
       {std::pair{2, 4}, {1, 2}, {3, 5}, {4, 8}, {7, 24}, {63, 64}, {3, 3}}) {
    std::vector<float> values(9 * 203);
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = float(mix64(i) % 7);
    auto fromValues = nOfMMask(matrix(DType::F32, 9, 203, values), n, m);
    auto random = randomNOfMMask(9, 203, n, m, 1, "w");
    for (const MaskSource *mask : {fromValues.get(), random.get()}) {
      bool clean = true;
      std::vector<bool> all = elements(*mask, &clean);
      EXPECT_TRUE(clean);
      for (int64_t r = 0; r < 9; ++r)
        for (int64_t first = 0; first < 203; first += m) {
          int64_t count = std::min<int64_t>(m, 203 - first), nonzeros = 0;
          for (int64_t c = first; c < first + count; ++c)
            nonzeros += all[r * 203 + c];
          ASSERT_EQ(nonzeros, std::min<int64_t>(n, count))
              << mask->describe() << " row " << r << " from " << first;
        }
    }
  }
}

TEST(NofM, AllChoicesEquallyLikely) {
  // 2:4 from the table, 2:14 by sampling: 6 and 91 choices, 4 sigma.
  for (auto [m, choices] : {std::pair{4, 6}, {14, 91}}) {
    int64_t groups = 1000, rows = 60;
    std::vector<bool> all =
        elements(*randomNOfMMask(rows, groups * m, 2, m, 1, "w"));
    std::map<uint64_t, int64_t> seen;
    for (int64_t g = 0; g < groups * rows; ++g) {
      uint64_t bits = 0;
      for (int64_t i = 0; i < m; ++i)
        bits |= uint64_t(all[g * m + i]) << i;
      ++seen[bits];
    }
    EXPECT_EQ(int64_t(seen.size()), choices);
    double mean = double(groups * rows) / choices;
    for (auto [bits, count] : seen)
      EXPECT_NEAR(double(count), mean, 4 * std::sqrt(mean)) << m << " " << bits;
  }
}

TEST(NofM, SaysThatItIsSynthetic) {
  EXPECT_EQ(randomNOfMMask(1, 4, 2, 4, 7, "w")->describe(),
            "2:4, seed 7 (synthetic)");
}
