//===- CostKeysTest.cpp - Are costs known by one name each? ---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/report/Report.h"

#include <gmock/gmock.h>
#include <set>

using namespace waferflow;
using testing::HasSubstr;

TEST(CostKeys, EveryCostHasItsOwnKeyAndIsFoundByIt) {
  std::set<std::string> keys;
  for (int i = 0; i < kNumCosts; ++i) {
    Cost cost = static_cast<Cost>(i);
    keys.insert(costKey(cost));
    EXPECT_EQ(costOfKey(costKey(cost)), cost);
  }
  EXPECT_EQ(keys.size(), size_t(kNumCosts));
  EXPECT_STREQ(costKey(Cost::Padding), "padding");
  EXPECT_STREQ(costKey(Cost::Contention), "contention");
  EXPECT_STREQ(costKey(Cost::Fill), "fill");
  EXPECT_EQ(costOfKey("other"), std::nullopt);
}

TEST(CostKeys, SwitchesAreSetByAssignment) {
  CostSwitches switches;
  EXPECT_FALSE(setSwitch(switches, "cost.row_end=off"));
  for (int i = 0; i < kNumCosts; ++i)
    EXPECT_EQ(switches.on[i], static_cast<Cost>(i) != Cost::RowEnd);
  EXPECT_FALSE(setSwitch(switches, "cost.row_end=on"));
  EXPECT_TRUE(switches[Cost::RowEnd]);
}

TEST(CostKeys, AWrongAssignmentSaysWhatIsExpected) {
  CostSwitches switches;
  auto error = setSwitch(switches, "cost.lunch=off");
  ASSERT_TRUE(error);
  EXPECT_THAT(error->str(), HasSubstr("cost.lunch=off: expected one of "
                                      "cost.padding, cost.dot, cost.launch"));
  EXPECT_THAT(error->str(), HasSubstr("got 'cost.lunch'"));
  error = setSwitch(switches, "cost.launch=0");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->str(),
            "cost.launch=0: expected cost.launch to be on or off, got '0'");
  EXPECT_TRUE(setSwitch(switches, "launch=off"));
  EXPECT_TRUE(setSwitch(switches, "cost.launch"));
  EXPECT_TRUE(switches[Cost::Launch]);
}

TEST(Report, IsEqualToItselfAlone) {
  Report report;
  report.fidelity = "tile";
  report.cycles = 9;
  report.counters = {{"axpys", 3}};
  KernelReport kernel;
  kernel.name = "a";
  kernel.mapping = {{"go", "2"}};
  report.kernels = {kernel};
  Report other = report;
  EXPECT_TRUE(report == other);
  other.kernels[0].mapping["go"] = "3";
  EXPECT_FALSE(report == other);
  other = report;
  other.kernels[0].cumulative[4] = 1;
  EXPECT_FALSE(report == other);
  other = report;
  other.counters["axpys"] = 4;
  EXPECT_FALSE(report == other);
}
