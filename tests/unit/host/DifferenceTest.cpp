//===- DifferenceTest.cpp - When do two computations agree? ---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/engine/Difference.h"

#include <gtest/gtest.h>

using namespace waferflow;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
const float kNan = std::nanf("1"), kOtherNan = -std::nanf("2");

TEST(Difference, EqualOverflowsAndAnyTwoNansAgree) {
  EXPECT_EQ(difference(kInfinity, kInfinity), 0);
  EXPECT_EQ(difference(-kInfinity, -kInfinity), 0);
  EXPECT_EQ(difference(kNan, kOtherNan), 0);
  EXPECT_EQ(difference(0.0f, -0.0f), 0);
  EXPECT_EQ(difference(1.5f, 1.25f), 0.25);
  EXPECT_EQ(difference(-3e38f, 3e38f), 2 * static_cast<double>(3e38f));
}

TEST(Difference, OneOverflowOrOneNanIsAsFarAsCanBe) {
  for (auto [a, b] : {std::pair(kInfinity, 1.0f),
                      {kInfinity, -kInfinity},
                      {kNan, 1.0f},
                      {kNan, kInfinity}}) {
    EXPECT_EQ(difference(a, b), std::numeric_limits<double>::infinity());
    EXPECT_EQ(difference(b, a), std::numeric_limits<double>::infinity());
    EXPECT_FALSE(within(difference(a, b), 1e-5, 1e38));
  }
}

TEST(Difference, ASizeThatIsNoNumberBoundsNothing) {
  EXPECT_TRUE(within(0, 1e-5, kNan));
  EXPECT_FALSE(within(1e-30, 1e-5, kNan));
  EXPECT_TRUE(within(0, 1e-5, kInfinity));
  EXPECT_TRUE(within(1, 1e-5, kInfinity));
  EXPECT_TRUE(within(1e-5, 1e-5, 1));
  EXPECT_FALSE(within(1.1e-5, 1e-5, 1));
}

} // namespace
