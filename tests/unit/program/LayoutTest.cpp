//===- LayoutTest.cpp - Does each token and feature have one place?
//-----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/program/Layout.h"

#include <gtest/gtest.h>

#include <set>

using namespace waferflow;

namespace {

std::string tokenError(int64_t tokens, int64_t seq) {
  auto error = checkTokens(tokens, seq);
  return error ? error->str() : "";
}

TEST(Tokens, AreWholeSequences) {
  EXPECT_EQ(tokenError(131072, 2048), "");
  EXPECT_EQ(tokenError(131073, 2048),
            "tokens: expected a positive multiple of the sequence length 2048, "
            "got 131073");
  EXPECT_EQ(tokenError(0, 2048), "tokens: expected a positive multiple of the "
                                 "sequence length 2048, got 0");
  EXPECT_EQ(tokenError(-2048, 2048),
            "tokens: expected a positive multiple of the sequence length 2048, "
            "got -2048");
  EXPECT_EQ(tokenError(2048, 0),
            "seq: expected at least 1 token a sequence, got 0");
}

TEST(Tokens, LieAsInTheWorkedExample) {
  TokenLayout l = layTokens(131072, 2048, 1, 755, 1170);
  EXPECT_EQ(l.sequencesPerGroup, 64);
  EXPECT_EQ(l.rowsPerSequence, 18);
  EXPECT_EQ(l.sequencesPerRow, 1);
  EXPECT_EQ(l.tokensPerCore, 114);
  EXPECT_EQ(l.rowsUsed, 1152);
  EXPECT_EQ(1170 - l.rowsUsed, 18);
  EXPECT_EQ(l.groupColumns, 755);
}

TEST(Tokens, GroupsShareColumnsAndLeaveTheRemainderIdle) {
  TokenLayout l = layTokens(131072, 2048, 3, 755, 1170);
  EXPECT_EQ(l.sequencesPerGroup, 22); // 64 in three groups
  EXPECT_EQ(l.rowsPerSequence, 53);
  EXPECT_EQ(l.tokensPerCore, 39);
  EXPECT_EQ(l.rowsUsed, 1166);
  EXPECT_EQ(l.groupColumns, 251); // 2 columns idle
}

TEST(Tokens, OneRowHoldsWholeSequencesWhenThereAreMoreThanRows) {
  TokenLayout l = layTokens(25 * 4, 4, 1, 12, 10);
  EXPECT_EQ(l.sequencesPerGroup, 25);
  EXPECT_EQ(l.sequencesPerRow, 3);
  EXPECT_EQ(l.rowsPerSequence, 1);
  EXPECT_EQ(l.tokensPerCore, 12);
  EXPECT_EQ(l.rowsUsed, 9);
}

TEST(Tokens, ASequenceTakesNoMoreRowsThanItHasTokens) {
  TokenLayout l = layTokens(16, 16, 1, 755, 1170);
  EXPECT_EQ(l.rowsPerSequence, 16);
  EXPECT_EQ(l.tokensPerCore, 1);
  EXPECT_EQ(l.rowsUsed, 16);
}

TEST(Tokens, EveryTokenFitsWhateverTheSizes) {
  for (int64_t height : {1, 3, 10, 17})
    for (int64_t groups : {1, 2, 5})
      for (int64_t seq : {1, 4, 7, 30})
        for (int64_t sequences : {1, 2, 9, 40, 101}) {
          TokenLayout l = layTokens(sequences * seq, seq, groups, 12, height);
          // Row r of a sequence holds tokens r, r + rows, ...: all of them.
          EXPECT_GE(l.tokensPerCore * l.rowsPerSequence,
                    seq * l.sequencesPerRow);
          EXPECT_LE(l.rowsUsed, height);
          int64_t places = l.rowsUsed / l.rowsPerSequence * l.sequencesPerRow;
          EXPECT_GE(places * groups, sequences);
        }
}

/// Each (column, slot) once, slots dense from 0, columns all used.
void expectDense(const FeatureOrder &order) {
  std::vector<std::set<int32_t>> slots(order.columns);
  for (int64_t i = 0; i < order.features(); ++i) {
    ASSERT_GE(order.column[i], 0);
    ASSERT_LT(order.column[i], order.columns);
    EXPECT_TRUE(slots[order.column[i]].insert(order.slot[i]).second) << i;
  }
  for (const std::set<int32_t> &column : slots) {
    ASSERT_FALSE(column.empty());
    EXPECT_EQ(*column.begin(), 0);
    EXPECT_EQ(*column.rbegin(), static_cast<int32_t>(column.size()) - 1);
  }
}

TEST(Blocked, ResidualOf4096On755ColumnsTakes683) {
  FeatureOrder order = blockedOrder("residual", 4096, 755);
  EXPECT_EQ(order.name, "residual");
  EXPECT_EQ(order.features(), 4096);
  EXPECT_EQ(order.featuresPerColumn(), 6);
  EXPECT_EQ(order.columns, 683);
  EXPECT_EQ(order.column[4095], 682);
  EXPECT_EQ(order.slot[4095], 3);
  expectDense(order);
}

TEST(Blocked, IsDenseWhateverTheSizes) {
  for (int64_t columns : {1, 2, 7, 12})
    for (int64_t features : {1, 2, 11, 12, 13, 64, 172}) {
      FeatureOrder order = blockedOrder("x", features, columns);
      EXPECT_LE(order.columns, columns);
      expectDense(order);
    }
}

TEST(Heads, Of32By128On755ColumnsOwn22ColumnsEach) {
  FeatureOrder order = headOrder("q", 32, 128, 755);
  EXPECT_EQ(order.columns, 704);
  EXPECT_EQ(order.featuresPerColumn(), 6);
  EXPECT_EQ(order.column[127], 21);
  EXPECT_EQ(order.column[128], 22); // the second head starts a column
  expectDense(order);
}

TEST(Heads, WholeHeadsShareAColumnWhenColumnsAreFew) {
  FeatureOrder order = headOrder("q", 9, 64, 4);
  EXPECT_EQ(order.columns, 3); // 3 heads a column
  EXPECT_EQ(order.featuresPerColumn(), 192);
  EXPECT_EQ(order.column[3 * 64 - 1], 0);
  EXPECT_EQ(order.column[3 * 64], 1);
  expectDense(order);
}

TEST(Heads, KeepRopePairsInNeighbouringSlotsOfAColumn) {
  for (int64_t columns : {1, 3, 4, 5, 9, 12, 755})
    for (int64_t heads : {1, 2, 4, 9})
      for (int64_t dim : {2, 6, 16, 64}) {
        FeatureOrder order = headOrder("q", heads, dim, columns);
        EXPECT_LE(order.columns, columns);
        expectDense(order);
        for (int64_t head = 0; head < heads; ++head)
          for (int64_t i = 0; i < dim / 2; ++i) {
            int64_t a = head * dim + i, b = a + dim / 2;
            EXPECT_EQ(order.column[a], order.column[b]);
            EXPECT_EQ(order.slot[a] + 1, order.slot[b]);
          }
      }
}

TEST(Heads, OfOneColumnOrMoreNeverShareAColumn) {
  FeatureOrder order = headOrder("q", 4, 10, 11); // 2 columns a head, 3 pairs
  EXPECT_EQ(order.columns, 8);
  for (int64_t i = 0; i < 40; ++i)
    EXPECT_EQ(order.column[i] / 2, i / 10);
  expectDense(order);
}

TEST(Heads, OfOddSizeKeepTheLastDimAlone) {
  for (int64_t columns : {1, 2, 3, 12})
    for (int64_t dim : {1, 3, 7})
      expectDense(headOrder("q", 3, dim, columns));
}

} // namespace
