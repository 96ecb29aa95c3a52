//===- GroupingTest.cpp - Who streams which rows, who holds what? ---------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/Grouping.h"

#include <algorithm>
#include <gtest/gtest.h>

using namespace waferflow;

namespace {

TEST(Grouping, OneGroupKeepsTheOrders) {
  FeatureOrder in = blockedOrder("in", 10, 4), out = blockedOrder("out", 7, 4);
  OutputGrouping g = groupOutputs(in, out, 1, GroupForm::Contiguous, 5);
  EXPECT_EQ(g.members, 4);
  EXPECT_EQ(g.memberOf, in.column);
  EXPECT_EQ(g.mostFeatures(), 3);
  EXPECT_EQ(g.rows[0], (std::vector<int32_t>{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(g.owners[0], out.column);
}

TEST(Grouping, RowsStreamInTheOrderOfTheirOwners) {
  FeatureOrder out;
  out.columns = 3;
  out.column = {2, 0, 1, 0};
  out.slot = {0, 1, 0, 0};
  FeatureOrder in = blockedOrder("in", 6, 3);
  OutputGrouping g = groupOutputs(in, out, 1, GroupForm::Contiguous, 3);
  EXPECT_EQ(g.rows[0], (std::vector<int32_t>{3, 1, 2, 0}));
  EXPECT_EQ(g.owners[0], (std::vector<int32_t>{0, 0, 1, 2}));
}

class Groups : public ::testing::TestWithParam<
                   std::tuple<GroupForm, int64_t, int64_t, int64_t>> {};

/// Sizes that don't divide: every row once, every group all features, evenly.
TEST_P(Groups, ShareRowsAndRepeatFeatures) {
  auto [form, groups, inColumns, outColumns] = GetParam();
  int64_t width = 11;
  FeatureOrder in = blockedOrder("in", 50, inColumns),
               out = blockedOrder("out", 37, outColumns);
  OutputGrouping g = groupOutputs(in, out, groups, form, width);
  EXPECT_LE(g.members * groups, width);
  EXPECT_EQ(g.distance, form == GroupForm::Interleaved ? groups : 1);
  std::vector<int> streamed(37);
  for (int64_t group = 0; group < groups; ++group) {
    EXPECT_EQ(g.rows[group].size(), g.owners[group].size());
    EXPECT_TRUE(std::is_sorted(g.owners[group].begin(), g.owners[group].end()));
    for (size_t i = 0; i < g.rows[group].size(); ++i) {
      ++streamed[g.rows[group][i]];
      EXPECT_LT(g.owners[group][i], g.members);
    }
  }
  EXPECT_EQ(streamed, std::vector<int>(37, 1));
  int64_t held = 0;
  for (int64_t features : g.features)
    held += features;
  EXPECT_EQ(held, 50);
  EXPECT_EQ(g.mostFeatures(), (50 + g.members - 1) / g.members);
}

INSTANTIATE_TEST_SUITE_P(
    Uneven, Groups,
    ::testing::Combine(::testing::Values(GroupForm::Contiguous,
                                         GroupForm::Interleaved),
                       ::testing::Values(2, 3, 5), ::testing::Values(9, 11),
                       ::testing::Values(7, 10)));

} // namespace
