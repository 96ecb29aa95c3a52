//===- SpmmTest.cpp - Is each cost of spmm what a hand counts? ------------===//
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

/// 6 rows x 5 features on 3 columns of 2, 2, 1 features of a wafer of 4 x 2;
/// 30 tokens on 2 rows: 15 a core. Nonzeros by column: 8, 4, 3.
class SpmmHandCount : public ::testing::Test {
protected:
  SpmmHandCount() : program(handMadeProgram(4, 2, 30)) {
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
    spmm.weight = 0;
    spmm.inOrder = 0;
    spmm.outOrder = 1;
    spmm.buffers = 2;
  }

  KernelTiming time(const CostSwitches &switches = CostSwitches()) {
    TileContext context(program, switches);
    return timeSpmm(Kernel(), spmm, context);
  }

  Program program;
  Spmm spmm;
};

constexpr int64_t kNonzeros = 15;

TEST_F(SpmmHandCount, CountsNonzerosAndMultiplyAdds) {
  KernelTiming timing = time();
  EXPECT_EQ(timing.nonzeros, kNonzeros);
  EXPECT_EQ(timing.multiplyAdds, kNonzeros * 30.0);
  EXPECT_EQ(timing.counters["axpys"], kNonzeros * 2);
  // Rows pass 2 stages of 8 wavelets in 2 rows of cores.
  EXPECT_EQ(timing.counters["ring wavelets"], 6 * 2 * 8 * 2);
}

TEST_F(SpmmHandCount, IdealIsFourMultiplyAddsACore) {
  // 450 multiply-adds on 8 cores at 4: 14.06.
  EXPECT_EQ(time().cumulative[0], 14);
}

TEST_F(SpmmHandCount, PaddingIsTheFullestCore) {
  // 2 of 5 features of the mean row, 15 tokens in ceil(15 / 4) cycles:
  // 15 * 2 / 5 * 4 = 24.
  EXPECT_EQ(entry(time(), Cost::Padding), 24 - 14);
  EXPECT_EQ(entry(time(without(Cost::Padding)), Cost::Padding), 0);
}

TEST_F(SpmmHandCount, DotRateIsOneBecauseTheAxpyRunsAtFour) {
  EXPECT_EQ(entry(time(), Cost::DotRate), 0);
  program.type = ElementType::F32; // 15 tokens at 0.5: 30 cycles, not 4
  EXPECT_EQ(entry(time(), Cost::DotRate), 6 * (30 - 4));
  EXPECT_EQ(entry(time(without(Cost::DotRate)), Cost::DotRate), 0);
}

TEST_F(SpmmHandCount, LaunchIsNonzerosOfTheMeanColumnTimesLaunch) {
  EXPECT_EQ(entry(time(), Cost::Launch), 6 * 2);
  EXPECT_EQ(entry(time(without(Cost::Launch)), Cost::Launch), 0);
}

TEST_F(SpmmHandCount, RowEndIsOncePerRow) {
  // 8, and the place of the next sum is cleared: 2 and ceil(15 / 8).
  EXPECT_EQ(entry(time(), Cost::RowEnd), 6 * (8 + 4));
  EXPECT_EQ(entry(time(without(Cost::RowEnd)), Cost::RowEnd), 0);
}

TEST_F(SpmmHandCount, AColumnAloneMovesItsSumAndClears) {
  program.orders[0] = blockedOrder("in", 5, 1);
  program.orders[1] = blockedOrder("out", 6, 1);
  EXPECT_EQ(entry(time(), Cost::RowEnd), 6 * (8 + 4 + 4));
  EXPECT_EQ(entry(time(), Cost::Reduction), 0);
}

TEST_F(SpmmHandCount, ColumnImbalanceIsTheCriticalColumn) {
  // The fullest column has 8 nonzeros, not 6, of ceil(15 / 4) + 2 cycles.
  EXPECT_EQ(entry(time(), Cost::ColumnImbalance), (8 - 6) * (4 + 2));
  EXPECT_EQ(entry(time(without(Cost::ColumnImbalance)), Cost::ColumnImbalance),
            0);
  // With means in place of columns, launch is unchanged and so is the ideal.
  EXPECT_EQ(time(without(Cost::ColumnImbalance)).cumulative[0], 14);
}

TEST_F(SpmmHandCount, LaunchOfTheCriticalColumn) {
  // With real columns from the start: 8 nonzeros x 2 cycles.
  KernelTiming on = time(), off = time(without(Cost::Launch));
  int columns = static_cast<int>(Cost::ColumnImbalance) + 1;
  EXPECT_EQ(on.cumulative[columns] - off.cumulative[columns], 8 * 2);
}

TEST_F(SpmmHandCount, ReductionIsTheSlotsOfOneStreamARow) {
  // 15 tokens are 8 wavelets, a slot each.
  EXPECT_EQ(entry(time(), Cost::Reduction), 6 * 8);
  EXPECT_EQ(entry(time(without(Cost::Reduction)), Cost::Reduction), 0);
}

TEST_F(SpmmHandCount, RowImbalanceOfUncoupledColumnsIsNothing) {
  EXPECT_EQ(entry(time(), Cost::RowImbalance), 0);
}

TEST_F(SpmmHandCount, FillIsRerouteSkewAndPipeline) {
  // reroute 11, one hop down (2), dispatch 7, two ramps, complete 3.
  EXPECT_EQ(entry(time(), Cost::Fill), 11 + 2 + 7 + 2 + 3);
  EXPECT_EQ(entry(time(without(Cost::Fill)), Cost::Fill), 0);
}

TEST_F(SpmmHandCount, RingIsTheTripOfOneRow) {
  // One row, owned by column 0: columns 1 and 2 start, the return path is two
  // hops. Sums are ready at 2 x 6 + 12 (column 0), 12 (1: no nonzero), 12 + 6
  // (2).
  program.weights[0].rows = 1;
  program.weights[0].mask =
      std::make_shared<TextMask>(std::vector<std::string>{"11001"});
  program.orders[1] = blockedOrder("out", 1, 1);
  KernelTiming timing = time();
  int64_t sum1 = 12, stage = 2 * 1 + 1 + 2, wrap = 2 * 1 + 1 + 2 * 2;
  int64_t head2 = std::max<int64_t>(12 + 6, sum1 + stage);
  int64_t head0 = std::max<int64_t>(12 + 12, head2 + wrap);
  int64_t end = head0 + 8;
  EXPECT_EQ(timing.cumulative[static_cast<int>(Cost::Ring) + 1], end);
  EXPECT_EQ(entry(timing, Cost::Ring), end - (12 + 12 + 8));
  EXPECT_EQ(entry(time(without(Cost::Ring)), Cost::Ring), 0);
}

TEST_F(SpmmHandCount, IoIsTheWaveletsBehindASlowEdge) {
  // 10 cycles a wavelet: the edge is all there is. Wavelets of a row: its
  // nonzeros and one that ends it in each of 3 columns: 15 + 18.
  program.machine.edgeBytesPerSecond = 0.4e9;
  CostSwitches ringOff = without(Cost::Ring);
  KernelTiming timing = time(ringOff);
  EXPECT_EQ(timing.counters["edge wavelets in"], 33);
  // The last row has one nonzero in column 0 (6 cycles), 12 to end it and the
  // last stream.
  int64_t end = 330 + 6 + 12 + 8;
  EXPECT_EQ(timing.cumulative[static_cast<int>(Cost::Io) + 1], end);
  EXPECT_EQ(timing.bottleneck, "weight I/O");
  EXPECT_EQ(entry(time(without(Cost::Io)), Cost::Io), 0);
}

TEST_F(SpmmHandCount, ContentionIsForInterleavedRingsOnly) {
  program.orders[0] = blockedOrder("in", 5, 4);
  program.orders[1] = blockedOrder("out", 6, 4);
  spmm.outputGroups = 2;
  spmm.form = GroupForm::Contiguous;
  EXPECT_EQ(entry(time(), Cost::Contention), 0);
  spmm.form = GroupForm::Interleaved;
  EXPECT_GT(entry(time(), Cost::Contention), 0);
  EXPECT_EQ(entry(time(without(Cost::Contention)), Cost::Contention), 0);
}

TEST_F(SpmmHandCount, EverythingOffIsTheIdeal) {
  CostSwitches off;
  off.on.fill(false);
  KernelTiming timing = time(off);
  for (int64_t cycles : timing.cumulative)
    EXPECT_EQ(cycles, 14);
}

TEST_F(SpmmHandCount, EntriesAddUpToTheCycle) {
  for (GroupForm form : {GroupForm::Contiguous, GroupForm::Interleaved})
    for (int64_t groups : {1, 2}) {
      spmm.form = form;
      spmm.outputGroups = groups;
      KernelTiming timing = time();
      int64_t sum = timing.cumulative[0];
      for (int i = 0; i < kNumCosts; ++i)
        sum += entry(timing, static_cast<Cost>(i));
      EXPECT_EQ(sum, timing.cumulative[kNumCosts]);
    }
}

TEST_F(SpmmHandCount, SwitchesCombineWithoutPadding) {
  // Fractional sizes with every other cost on: below the padded time.
  KernelTiming padded = time(), fractional = time(without(Cost::Padding));
  EXPECT_LT(fractional.cumulative[kNumCosts], padded.cumulative[kNumCosts]);
  EXPECT_GT(fractional.cumulative[kNumCosts], padded.cumulative[0]);
}

TEST_F(SpmmHandCount, DenseStreamsWithoutIndices) {
  program.weights[0].mask = nullptr;
  KernelTiming timing = time();
  EXPECT_EQ(timing.nonzeros, 30);
  EXPECT_EQ(timing.counters["edge wavelets in"],
            6 * (3 + 3)); // 2 a wavelet, ends
  EXPECT_EQ(entry(timing, Cost::RowImbalance), 0);
  EXPECT_EQ(entry(timing, Cost::ColumnImbalance), 0);
}

TEST_F(SpmmHandCount, TransposedStreamsInputFeatures) {
  spmm.transposed = true;
  spmm.inOrder = 1;
  spmm.outOrder = 0;
  KernelTiming timing = time();
  EXPECT_EQ(timing.nonzeros, kNonzeros);
  EXPECT_EQ(entry(timing, Cost::RowEnd), 5 * (8 + 4));
  // Nonzeros of rows 0-1, 2-3, 4-5 are 6, 5, 4; the mean of 2 features is 5.
  EXPECT_EQ(entry(timing, Cost::ColumnImbalance), (6 - 5) * (4 + 2));
}

TEST_F(SpmmHandCount, ThreadsDoNotMatter) {
  spmm.outputGroups = 2;
  CostSwitches switches;
  TileContext one(program, switches, 1), four(program, switches, 4);
  EXPECT_EQ(timeSpmm(Kernel(), spmm, one).cumulative,
            timeSpmm(Kernel(), spmm, four).cumulative);
}

TEST_F(SpmmHandCount, MaskOfTheWrongShapeIsAnError) {
  program.weights[0].mask =
      std::make_shared<TextMask>(std::vector<std::string>{"111", "111"});
  EXPECT_THROW(time(), std::runtime_error);
}

} // namespace
