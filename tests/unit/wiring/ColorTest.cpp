//===- ColorTest.cpp - Do channels that meet get different colors? --------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/problems/colors/ColorProblem.h"

#include <gmock/gmock.h>

#include <random>

using namespace waferflow;
using testing::HasSubstr;

namespace {

/// A ring of five channels: each meets the next. Three colors are needed.
ColorProblem ring() {
  return {
      3, {"a", "b", "c", "d", "e"}, {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 0}}};
}

TEST(ColorProblem, SaysWhatIsWrongWithIt) {
  EXPECT_FALSE(ring().check());
  ColorProblem none = ring();
  none.colors = 0;
  EXPECT_THAT(none.check()->str(), HasSubstr("at least 1 color, got 0"));
  ColorProblem far = ring();
  far.interferences.push_back({0, 5});
  EXPECT_THAT(far.check()->str(), HasSubstr("channels 0 to 4, got (0, 5)"));
  ColorProblem self = ring();
  self.interferences.push_back({2, 2});
  EXPECT_THAT(self.check()->str(), HasSubstr("channel c interferes with"));
}

TEST(ColorProblem, GoodAndBadSolutionsMadeByHand) {
  EXPECT_FALSE(verify(ring(), {{0, 1, 0, 1, 2}}));
  EXPECT_THAT(verify(ring(), {{0, 1, 0, 1, 0}})->str(),
              HasSubstr("channel e: meets channel a in a router, and both have "
                        "color 0"));
  EXPECT_THAT(verify(ring(), {{0, 1, 0, 1, 3}})->str(),
              HasSubstr("channel e: expected a color below 3, got 3"));
  EXPECT_THAT(verify(ring(), {{0, 1}})->str(), HasSubstr("5 channels, got 2"));
}

TEST(ColorProblem, TooFewColorsAreAnErrorWithBothNumbers) {
  ColorProblem problem = ring();
  problem.colors = 2;
  ColorSolution solution;
  auto error = assignColors(problem, solution);
  ASSERT_TRUE(error);
  EXPECT_THAT(error->str(), HasSubstr("need 3 colors; the machine has 2"));
}

TEST(ColorProblem, TheBetterOfTwoOrdersIsTaken) {
  // a_i meets b_j for all i != j; in the order a0 b0 a1 b1 ... greedy is worst.
  ColorProblem crown{8, {}, {}};
  for (int32_t i = 0; i < 4; ++i)
    for (const char *side : {"a", "b"})
      crown.channels.push_back(side + std::to_string(i));
  for (int32_t i = 0; i < 4; ++i)
    for (int32_t j = 0; j < 4; ++j)
      if (i != j)
        crown.interferences.push_back({2 * i, 2 * j + 1});
  EXPECT_EQ(colorInOrder(crown).used(), 4);
  ColorSolution solution;
  ASSERT_FALSE(assignColors(crown, solution));
  EXPECT_EQ(solution.used(), std::min(colorInOrder(crown).used(),
                                      colorSmallestLast(crown).used()));
}

TEST(ColorProblem, RandomGraphsAreColoredRightAndTheSameEachTime) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    ColorProblem problem{30, {}, {}};
    int32_t count = 2 + static_cast<int32_t>(random() % 24);
    for (int32_t i = 0; i < count; ++i)
      problem.channels.push_back(std::to_string(i));
    for (int32_t i = 0; i < count; ++i)
      for (int32_t j = 0; j < i; ++j)
        if (random() % 3 == 0)
          problem.interferences.push_back({j, i});
    ColorSolution first, second;
    ASSERT_FALSE(assignColors(problem, first));
    ASSERT_FALSE(assignColors(problem, second));
    EXPECT_EQ(first.color, second.color);
    EXPECT_FALSE(verify(problem, first));
    EXPECT_LE(first.used(), colorInOrder(problem).used());
  }
}

} // namespace
