//===- NumbersTest.cpp - Do 16-bit floats round as they should? -----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/Numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

using namespace waferflow::cycle;

TEST(Numbers, EveryHalfReadsBack) {
  for (uint32_t h = 0; h < 65536; ++h) {
    float value = fromF16(static_cast<uint16_t>(h));
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(fromF16(toF16(value))));
    } else {
      ASSERT_EQ(toF16(value), h);
    }
    float wide = fromBF16(static_cast<uint16_t>(h));
    if (!std::isnan(wide)) {
      ASSERT_EQ(toBF16(wide), h);
    }
  }
}

/// Between two halves the nearer one wins, in the middle the even one.
TEST(Numbers, RoundsToNearestEven) {
  for (uint16_t h = 0; h < 0x7bff; ++h) {
    float low = fromF16(h), high = fromF16(h + 1);
    float middle = low + (high - low) / 2;
    ASSERT_EQ(toF16(middle), h % 2 ? h + 1 : h);
    ASSERT_EQ(toF16(std::nextafter(middle, 0.0f)), h);
    ASSERT_EQ(toF16(std::nextafter(middle, 1e9f)), h + 1);
  }
  EXPECT_EQ(toF16(65519.0f), 0x7bff);
  EXPECT_EQ(toF16(65520.0f), 0x7c00);
  EXPECT_EQ(toBF16(1.00390625f), 0x3f80); // 1 + 2^-8, a tie
}

/// The processor's conversions and ours give the same bits, also subnormal.
TEST(Numbers, AxpyIsTheScalarReference) {
  std::mt19937 random(1);
  for (int64_t count : {1, 3, 4, 7, 64, 1001}) {
    std::vector<uint16_t> x(count), y(count);
    for (int64_t i = 0; i < count; ++i) {
      x[i] = static_cast<uint16_t>(random() & 0xbfff);
      y[i] = static_cast<uint16_t>(random() & 0xbfff);
    }
    float a = fromF16(static_cast<uint16_t>(random() & 0xbfff));
    std::vector<uint16_t> want(count);
    for (int64_t i = 0; i < count; ++i) {
      float product = a * fromF16(x[i]);
      want[i] = toF16(product + fromF16(y[i]));
    }
    axpyF16(a, reinterpret_cast<uint8_t *>(x.data()),
            reinterpret_cast<uint8_t *>(y.data()), count);
    EXPECT_EQ(y, want);
  }
}
