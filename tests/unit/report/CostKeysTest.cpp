//===- CostKeysTest.cpp - Are costs known by one name each? ---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/report/Json.h"

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

TEST(Json, IsExactOrderedAndEscaped) {
  Report report;
  report.fidelity = "tile";
  report.cycles = 9007199254740993; // more than a double holds
  report.seconds = 0.1;
  report.cores = 2;
  report.tokens = 4;
  report.counters = {{"axpys", 3}};
  KernelReport kernel;
  kernel.id = 0;
  kernel.name = "a \"b\"\n";
  kernel.kind = "spmm";
  kernel.phase = Phase::Recompute;
  kernel.section = Section::Head;
  kernel.multiplyAdds = 1e21;
  kernel.mapping = {{"go", "2"}};
  report.kernels = {kernel};
  std::string zeros = "[0";
  for (int i = 0; i < kNumCosts; ++i)
    zeros += ", 0";
  zeros += "]";
  EXPECT_EQ(
      toJson(report),
      "{\"fidelity\": \"tile\", \"cycles\": 9007199254740993, \"seconds\": "
      "0.1, \"cores\": 2, \"tokens\": 4, \"cumulative\": " +
          zeros +
          ", \"counters\": {\"axpys\": 3}, \"kernels\": [{\"id\": 0, \"name\": "
          "\"a \\\"b\\\"\\u000a\", \"kind\": \"spmm\", \"layer\": -1, "
          "\"phase\": \"recompute\", \"section\": \"head\", \"cycles\": 0, "
          "\"nonzeros\": 0, \"multiply_adds\": 1e+21, "
          "\"useful_multiply_adds\": 0, \"pruned\": false, \"bottleneck\": "
          "\"\", \"cumulative\": " +
          zeros + ", \"mapping\": {\"go\": \"2\"}}]}");
}
