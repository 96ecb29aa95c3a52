//===- SddmmTest.cpp - Is each cost of sddmm what a hand counts? ----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "HandMade.h"

#include <gtest/gtest.h>

using namespace waferflow;
using namespace waferflow::test;

namespace {

/// The weight of SpmmTest: 6 x 5, nonzeros by column of cores 8, 4, 3; 15
/// tokens a core on 4 x 2 cores. dY is broadcast: its 6 features are the rows.
class SddmmHandCount : public ::testing::Test {
protected:
  SddmmHandCount() : program(handMadeProgram(4, 2, 30)) {
    Weight weight;
    weight.name = "w";
    weight.rows = 6;
    weight.columns = 5;
    weight.pruned = true;
    weight.mask = std::make_shared<TextMask>(std::vector<std::string>{
        "11100", "11001", "10010", "11001", "00110", "10001"});
    program.weights.push_back(weight);
    program.orders.push_back(blockedOrder("in", 5, 3));
    program.orders.push_back(blockedOrder("out", 6, 3));
    sddmm.weight = 0;
    sddmm.inOrder = 0;
    sddmm.outOrder = 1;
    sddmm.buffers = 2;
  }

  KernelTiming time(const CostSwitches &switches = CostSwitches()) {
    TileContext context(program, switches);
    return timeSddmm(Kernel(), sddmm, context);
  }

  Program program;
  Sddmm sddmm;
};

TEST_F(SddmmHandCount, CountsPositions) {
  KernelTiming timing = time();
  EXPECT_EQ(timing.nonzeros, 15);
  EXPECT_EQ(timing.multiplyAdds, 450);
  EXPECT_EQ(timing.cumulative[0], 14); // 450 / 32
  // Indices, and the ends of 6 rows in 3 columns.
  EXPECT_EQ(timing.counters["edge wavelets in"], 15 + 18);
  EXPECT_EQ(timing.counters["edge wavelets out"], 15);
  EXPECT_EQ(timing.counters["dots"], 15 * 2);
}

TEST_F(SddmmHandCount, PaddingIsTheFullestCore) {
  EXPECT_EQ(entry(time(), Cost::Padding), 24 - 14);
  EXPECT_EQ(entry(time(without(Cost::Padding)), Cost::Padding), 0);
}

TEST_F(SddmmHandCount, DotRateIsHalfTheIdeal) {
  // ceil(15 / 2) in place of ceil(15 / 4), 6 dots in the mean column.
  EXPECT_EQ(entry(time(), Cost::DotRate), 6 * (8 - 4));
  EXPECT_EQ(entry(time(without(Cost::DotRate)), Cost::DotRate), 0);
}

TEST_F(SddmmHandCount, LaunchAndRowEnd) {
  EXPECT_EQ(entry(time(), Cost::Launch), 6 * 2);
  // Six rows: the end 8, 7 slots for the next vector, 2 for the results,
  // whose places are cleared: 2 and a quarter of 6.
  EXPECT_EQ(entry(time(), Cost::RowEnd), 6 * (8 + 7 + 2 + 2) + 2);
  EXPECT_EQ(entry(time(without(Cost::Launch)), Cost::Launch), 0);
  EXPECT_EQ(entry(time(without(Cost::RowEnd)), Cost::RowEnd), 0);
}

TEST_F(SddmmHandCount, ImbalanceIsTheCriticalColumn) {
  EXPECT_EQ(entry(time(), Cost::RowImbalance), 0);
  // One of the fullest column's rows has no results.
  EXPECT_EQ(entry(time(), Cost::ColumnImbalance), (8 - 6) * (8 + 2) - (2 + 2));
  EXPECT_EQ(entry(time(without(Cost::ColumnImbalance)), Cost::ColumnImbalance),
            0);
}

TEST_F(SddmmHandCount, ReductionIsTheBroadcastAndTheChain) {
  // A vector of 8 wavelets a row into each core, and a slot for each of the 8
  // results of the fullest column.
  EXPECT_EQ(entry(time(), Cost::Reduction), 6 * 8 + 8);
  EXPECT_EQ(entry(time(without(Cost::Reduction)), Cost::Reduction), 0);
}

TEST_F(SddmmHandCount, RingIsTheBroadcastAndTheTripDown) {
  // One row, owned by column 0, which sends for 8 cycles and then has two dots
  // of 8 + 2, the row's end 8 and two results; scalar code and the clearing of
  // places take 7 + 2 + 2 + 1. Column 2 gets the vector after a stage (5) and
  // a hop (2), whole 8 later, and has one. Then one stage of the chain down.
  program.weights[0].rows = 1;
  program.weights[0].mask =
      std::make_shared<TextMask>(std::vector<std::string>{"11001"});
  program.orders[1] = blockedOrder("out", 1, 1);
  KernelTiming timing = time();
  int64_t code = 7 + 2 + 2 + 1;
  int64_t column0 = 8 + 2 * 10 + 8 + 2 + code;
  int64_t column2 = 5 + 2 + 8 + 10 + 8 + 1 + code;
  int64_t coupled = std::max(column0, column2) + 5;
  EXPECT_EQ(timing.cumulative[static_cast<int>(Cost::Ring) + 1], coupled);
  EXPECT_EQ(entry(timing, Cost::Ring), coupled - column0);
  EXPECT_EQ(entry(time(without(Cost::Ring)), Cost::Ring), 0);
}

TEST_F(SddmmHandCount, IoIsTheGradientsThroughASlowEdge) {
  // All 30 positions, no indices, 100 cycles a result: the results leave 300 or
  // more cycles a row, from when the fastest column has the first row.
  sddmm.dense = true;
  program.machine.edgeBytesPerSecond = 0.04e9;
  KernelTiming timing = time(without(Cost::Ring));
  EXPECT_EQ(timing.counters["edge wavelets in"], 0);
  EXPECT_EQ(timing.counters["edge wavelets out"], 30);
  // Column 2 has one feature; no control wavelet ends a row.
  int64_t firstRow = 10 + 1 + 7 + 2 + 2 + 1;
  EXPECT_EQ(timing.cumulative[static_cast<int>(Cost::Io) + 1],
            firstRow + 30 * 100);
  EXPECT_EQ(timing.bottleneck, "weight I/O");
  EXPECT_EQ(entry(time(without(Cost::Io)), Cost::Io), 0);
}

TEST_F(SddmmHandCount, FillIsWhatTheChainDoesNotHide) {
  // reroute 11, dispatch 7, two ramps, complete 3.
  EXPECT_EQ(entry(time(), Cost::Fill), 11 + 7 + 2 + 3);
  // Without the chain's wave the multicast's skew of one hop shows.
  EXPECT_EQ(entry(time(without(Cost::Ring)), Cost::Fill), 11 + 7 + 2 + 3 + 2);
  EXPECT_EQ(entry(time(without(Cost::Fill)), Cost::Fill), 0);
}

TEST_F(SddmmHandCount, BroadcastOfTheInputStreamsItsFeatures) {
  sddmm.broadcast = Sddmm::Broadcast::Input;
  KernelTiming timing = time();
  EXPECT_EQ(timing.nonzeros, 15);
  EXPECT_EQ(entry(timing, Cost::RowEnd), 5 * (8 + 7 + 2 + 2) + 1);
}

TEST_F(SddmmHandCount, EverythingOffIsTheIdeal) {
  CostSwitches off;
  off.on.fill(false);
  for (int64_t cycles : time(off).cumulative)
    EXPECT_EQ(cycles, 14);
}

TEST_F(SddmmHandCount, DenseGradientIgnoresTheMask) {
  sddmm.dense = true;
  KernelTiming masked = time();
  program.weights[0].mask = nullptr;
  EXPECT_EQ(masked.cumulative, time().cumulative);
  EXPECT_EQ(masked.nonzeros, 30);
}

} // namespace
