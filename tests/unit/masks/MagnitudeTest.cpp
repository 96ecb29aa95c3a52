//===- MagnitudeTest.cpp - Does magnitude pruning keep the largest, and how
// many? -===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/masks/Magnitude.h"
#include "models/masks/Random.h"
#include "tests/unit/masks/Helpers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace waferflow;
using namespace waferflow::testing;

namespace {

/// The definition: elements in order of falling magnitude, lower index first;
/// the first of them are kept.
std::vector<bool> reference(const TensorView &view, double sparsity) {
  int64_t columns = view.shape[1], count = view.elements();
  std::vector<float> values(count);
  for (int64_t r = 0; r < view.shape[0]; ++r)
    readRow(view, r, &values[r * columns]);
  std::vector<int64_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    float x = std::fabs(values[a]), y = std::fabs(values[b]);
    return x != y ? x > y : a < b;
  });
  std::vector<bool> kept(count);
  for (int64_t i = 0; i < count - std::llround(sparsity * double(count)); ++i)
    kept[order[i]] = true;
  return kept;
}

void expectReference(const TensorView &view) {
  for (double sparsity : {0.0, 0.1, 0.5, 0.7, 0.9, 0.9999}) {
    auto mask = magnitudeMask(view, sparsity);
    ASSERT_TRUE(bool(mask));
    bool clean = true;
    EXPECT_EQ(elements(**mask, &clean), reference(view, sparsity))
        << dtypeName(view.dtype) << " " << sparsity;
    EXPECT_TRUE(clean);
  }
}

} // namespace

TEST(Magnitude, EqualsSortingInF32) {
  std::vector<float> values(37 * 70);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = float(int64_t(mix64(i) % 200001) - 100000) * 1e-6f;
  expectReference(matrix(DType::F32, 37, 70, values));
}

TEST(Magnitude, EqualsSortingWithFewValues) {
  // 16 values of either sign, as 4-bit weights have them: nearly all are ties.
  std::vector<float> values(64 * 65);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = float(int64_t(mix64(i) % 16) - 8) * 0.01f;
  expectReference(matrix(DType::F32, 64, 65, values));
}

TEST(Magnitude, EqualsSortingIn16Bits) {
  std::vector<uint16_t> values(50 * 50);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] =
        uint16_t(mix64(i) & 0xbbff); // finite, subnormal and -0 among them
  values[7] = 0x8000;
  values[8] = 0;
  expectReference(matrix(DType::F16, 50, 50, values));
  expectReference(matrix(DType::BF16, 50, 50, values));
}

TEST(Magnitude, TiesGoToTheLowerIndex) {
  auto mask = magnitudeMask(
      matrix<float>(DType::F32, 2, 4, {1, -1, 1, 2, -1, 1, 0.5f, -1}), 0.5);
  EXPECT_EQ(elements(**mask), (std::vector<bool>{1, 1, 1, 1, 0, 0, 0, 0}));
}

TEST(Magnitude, CountIsExactWhereAllAreEqual) {
  auto view = matrix<float>(DType::F32, 3, 3, std::vector<float>(9, 0.0f));
  for (double sparsity : {0.0, 0.25, 0.5, 0.7, 0.99}) {
    std::vector<bool> all = elements(**magnitudeMask(view, sparsity));
    EXPECT_EQ(std::count(all.begin(), all.end(), false),
              std::llround(9 * sparsity));
  }
}

TEST(Magnitude, RefusesNaN) {
  auto f32 =
      magnitudeMask(matrix<float>(DType::F32, 2, 2, {1, 2, NAN, 3}), 0.5);
  ASSERT_FALSE(bool(f32));
  EXPECT_EQ(f32.str(),
            "model.safetensors: tensor w: expected numbers, got NaN in "
            "row 1, column 0");
  EXPECT_FALSE(
      bool(magnitudeMask(matrix<uint16_t>(DType::F16, 1, 1, {0xfc01}), 0)));
  EXPECT_FALSE(
      bool(magnitudeMask(matrix<uint16_t>(DType::BF16, 1, 1, {0x7fc0}), 0)));
  EXPECT_TRUE(
      bool(magnitudeMask(matrix<uint16_t>(DType::F16, 1, 1, {0xfc00}), 0)));
  EXPECT_TRUE(
      bool(magnitudeMask(matrix<uint16_t>(DType::BF16, 1, 1, {0x7f80}), 0)));
}

TEST(Magnitude, SaysWhereItComesFrom) {
  auto mask = magnitudeMask(matrix<float>(DType::F32, 1, 2, {1, 2}), 0.5);
  EXPECT_EQ((*mask)->describe(), "magnitude 0.5 of model.safetensors");
}
