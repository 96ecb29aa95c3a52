//===- OrdersTest.cpp - Are features put where they may be? ---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/problems/mapping/Orders.h"

#include <gtest/gtest.h>

#include <numeric>

using namespace waferflow;

namespace {

std::vector<FeatureClass> classes() {
  return {{"whole", 12},     {"uneven", 65},           {"heads", 64, 4, 16},
          {"odd", 35, 5, 7}, {"shared", 32, 2, 16, 2}, {"wide", 11008}};
}

/// Loads without a pattern that an order could follow.
FeatureLoads loadsOf(int64_t features, uint32_t seed) {
  FeatureLoads loads;
  for (int64_t i = 0; i < features; ++i) {
    seed = seed * 1664525u + 1013904223u;
    loads.push_back(static_cast<int32_t>(seed >> 24));
  }
  return loads;
}

FeatureOrder lay(const FeatureClass &cls, OrderKind kind, int64_t columns,
                 const std::vector<const FeatureLoads *> &loads) {
  return kind == OrderKind::Blocked   ? cls.order(columns)
         : kind == OrderKind::Striped ? stripedOrder(cls, columns)
                                      : dealtOrder(cls, columns, loads);
}

TEST(Orders, EveryKindIsAnOrderOfItsClass) {
  for (const FeatureClass &cls : classes()) {
    FeatureLoads a = loadsOf(cls.features, 1), b = loadsOf(cls.features, 2);
    for (int64_t columns : {1, 2, 3, 5, 11, 12, 40, 755})
      for (OrderKind kind : kOrderKinds)
        for (const auto &loads : {std::vector<const FeatureLoads *>{},
                                  std::vector<const FeatureLoads *>{&a},
                                  std::vector<const FeatureLoads *>{&a, &b}}) {
          FeatureOrder order = lay(cls, kind, columns, loads);
          auto bad = checkOrder(cls, columns, order);
          EXPECT_FALSE(bad) << cls.name << " " << orderKindName(kind) << " on "
                            << columns << ": " << bad->what;
          EXPECT_EQ(order.featuresPerColumn(),
                    cls.order(columns).featuresPerColumn());
        }
  }
}

TEST(Orders, PairsStayTogetherAndHeadsKeepTheirColumns) {
  FeatureClass heads{"heads", 64, 4, 16};
  FeatureLoads loads = loadsOf(64, 7);
  FeatureOrder blocked = heads.order(12); // 3 columns a head, 3 pairs each
  for (OrderKind kind : {OrderKind::Striped, OrderKind::Dealt}) {
    FeatureOrder order = lay(heads, kind, 12, {&loads});
    EXPECT_NE(order.column, blocked.column);
    for (int64_t head = 0; head < 4; ++head)
      for (int64_t dim = 0; dim < 8; ++dim) {
        int64_t i = head * 16 + dim;
        EXPECT_EQ(order.column[i] / 3, head);
        EXPECT_EQ(order.column[i], order.column[i + 8]);
        EXPECT_EQ(order.slot[i] + 1, order.slot[i + 8]);
      }
  }
}

TEST(Orders, StripedIsColumnModColumns) {
  FeatureOrder order = stripedOrder({"f", 8}, 3);
  EXPECT_EQ(order.column, (std::vector<int32_t>{0, 1, 2, 0, 1, 2, 0, 1}));
  EXPECT_EQ(order.slot, (std::vector<int32_t>{0, 0, 0, 1, 1, 1, 2, 2}));
}

// By hand: 9 and 1, 8 and 2, 7 and 3 make 10 each; neighbours make 17, 10, 3.
TEST(Orders, DealtEvensOutASkew) {
  FeatureClass cls{"f", 6};
  FeatureLoads loads = {9, 8, 7, 3, 2, 1};
  EXPECT_DOUBLE_EQ(columnImbalance(cls.order(3), loads), 1.7);
  EXPECT_DOUBLE_EQ(columnImbalance(stripedOrder(cls, 3), loads), 1.2);
  EXPECT_DOUBLE_EQ(columnImbalance(dealtOrder(cls, 3, {&loads}), loads), 1);
}

TEST(Orders, DealtIsNoWorseThanBlockedWhereNeighboursAreAlike) {
  for (const FeatureClass &cls : classes()) {
    FeatureLoads loads(cls.features);
    for (int64_t i = 0; i < cls.features; ++i)
      loads[i] = static_cast<int32_t>(10 + 90 * i / cls.features);
    for (int64_t columns : {3, 12, 40, 755}) {
      double blocked = columnImbalance(cls.order(columns), loads);
      double dealt = columnImbalance(dealtOrder(cls, columns, {&loads}), loads);
      EXPECT_LE(dealt, blocked) << cls.name << " on " << columns;
    }
  }
}

// Two kernels whose sum is even in any order of pairs (1 + 9, 9 + 1): only
// looking at each of them parts the heavy features.
TEST(Orders, DealtEvensOutEveryKernelNotOnlyTheirSum) {
  FeatureClass cls{"f", 8};
  FeatureLoads a = {9, 9, 9, 9, 1, 1, 1, 1}, b = {1, 1, 1, 1, 9, 9, 9, 9};
  FeatureOrder order = dealtOrder(cls, 4, {&a, &b});
  EXPECT_DOUBLE_EQ(columnImbalance(order, a), 1);
  EXPECT_DOUBLE_EQ(columnImbalance(order, b), 1);
  EXPECT_DOUBLE_EQ(columnImbalance(cls.order(4), a), 1.8);
}

// One feature a column leaves no choice but which neighbours a heavy one has:
// any stretch of columns is near its share.
TEST(Orders, DealtMakesStretchesOfColumnsEven) {
  FeatureClass cls{"f", 64};
  FeatureLoads loads(64);
  for (int64_t i = 0; i < 64; ++i)
    loads[i] = static_cast<int32_t>(64 - i);
  FeatureOrder order = dealtOrder(cls, 64, {&loads});
  for (int64_t groups : {2, 4, 8}) {
    std::vector<int64_t> sums(groups);
    for (int64_t i = 0; i < 64; ++i)
      sums[order.column[i] * groups / 64] += loads[i];
    for (int64_t sum : sums)
      EXPECT_NEAR(static_cast<double>(sum), 2080.0 / groups, 64);
  }
}

TEST(Orders, EqualLoadsAreDealtInOrder) {
  FeatureLoads even(12, 5);
  FeatureClass cls{"f", 12};
  EXPECT_EQ(dealtOrder(cls, 4, {&even}).column, stripedOrder(cls, 4).column);
  EXPECT_EQ(dealtOrder(cls, 4, {}).column, stripedOrder(cls, 4).column);
}

TEST(Orders, WhatIsNoOrderIsSaid) {
  FeatureClass cls{"f", 4}, heads{"h", 8, 2, 4};
  auto why = [](const FeatureClass &cls, FeatureOrder order) {
    auto bad = checkOrder(cls, 4, order);
    return bad ? bad->what : "";
  };
  FeatureOrder good = cls.order(4);
  FeatureOrder order = good;
  order.column[3] = 4;
  EXPECT_EQ(why(cls, order), "expected columns in [0, 4), got 4 for feature 3");
  order.column[3] = 2;
  EXPECT_EQ(why(cls, order),
            "expected at most 1 features in a column, got more in column 2");
  order = good;
  order.slot[1] = 1;
  EXPECT_EQ(why(cls, order), "expected the slots of column 1 to be 0 to 0, "
                             "each once, got 1 for feature 1");
  order = cls.order(2);
  EXPECT_EQ(why(cls, order), "expected 4 columns, got 2");
  EXPECT_EQ(why({"g", 5}, good), "expected 5 features, got 4");
  order = heads.order(4);
  std::swap(order.column[0], order.column[1]);
  EXPECT_EQ(why(heads, order), "expected the rotary pair of features 0 and 2 "
                               "in neighbouring slots of one column");
  order = heads.order(4);
  for (int32_t &x : order.column)
    x = 3 - x;
  EXPECT_EQ(why(heads, order),
            "expected feature 0 in its head's columns 0 to 1, got 3");
}

} // namespace
