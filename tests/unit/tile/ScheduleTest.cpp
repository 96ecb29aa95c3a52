//===- ScheduleTest.cpp - Does the system keep its times? -----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Programs.h"

#include "simulator/tile/system/Schedule.h"

using namespace waferflow;
using namespace waferflow::handmade;

namespace {

ScheduledKernel kernelOf(int64_t cycles, int64_t bytesIn = 0,
                         int64_t bytesOut = 0, int64_t updates = 0) {
  ScheduledKernel k;
  k.cycles = cycles;
  k.bytesIn = bytesIn;
  k.bytesOut = bytesOut;
  k.updates = updates;
  k.weightIn = bytesIn ? 0 : -1;
  k.weightOut = bytesOut ? 0 : -1;
  return k;
}

ScheduleResult run(const std::vector<ScheduledKernel> &kernels,
                   const CostSwitches &switches = {}) {
  auto result = runSchedule(machine(), kernels, switches);
  EXPECT_TRUE(std::holds_alternative<ScheduleResult>(result))
      << std::get<Error>(result).str();
  return std::get<ScheduleResult>(result);
}

} // namespace

TEST(Schedule, KernelsFollowEachOther) {
  ScheduleResult result = run({kernelOf(100), kernelOf(50)});
  EXPECT_EQ(result.kernelCycles, (std::vector<int64_t>{100, 50}));
  EXPECT_EQ(result.stepCycles, 150);
  EXPECT_EQ(result.firstStepCycles, 150);
}

TEST(Schedule, LatencyIsMetOnceFromAnEmptyMachine) {
  // 640 bytes are 10 cycles behind a latency of 1000; later they are there.
  ScheduleResult result = run({kernelOf(100, 640)});
  EXPECT_EQ(result.firstStepCycles, 1010);
  EXPECT_EQ(result.stepCycles, 100);
}

TEST(Schedule, AStreamThatIsLongerThanItsKernelHoldsIt) {
  EXPECT_EQ(run({kernelOf(100, 64 * 100)}).stepCycles, 100);
  EXPECT_EQ(run({kernelOf(100, 64 * 100 + 1)}).stepCycles, 101);
  EXPECT_EQ(run({kernelOf(100, 0, 64 * 200)}).stepCycles, 200);
  EXPECT_EQ(run({kernelOf(100, 64 * 200)}, without(Cost::Io)).stepCycles, 100);
}

// First step: the weight is there at 1001; the gradient leaves from then on, is
// at the store from 2001 to 2064, and takes 1000 x 16 / 64 = 250 cycles: 2251.
// The second step starts at 1101; its weight comes at 3251, where its kernel
// would have ended at 1201.
TEST(Schedule, TheNextStepWaitsForTheUpdateOfItsFirstWeight) {
  ScheduleResult result =
      run({kernelOf(100, 64), kernelOf(100, 0, 4000, 1000)});
  EXPECT_EQ(result.firstStepCycles, 1101);
  EXPECT_EQ(result.kernelCycles, (std::vector<int64_t>{3251 - 1101, 100}));
  EXPECT_EQ(result.stepCycles, 3251 - 1101 + 100);
  EXPECT_EQ(result.optimizerCycles, 250);
  EXPECT_EQ(result.exposedCycles, 3251 - 1201);
}

// 10,000 cycles of other work before the weight is wanted hide the update.
TEST(Schedule, AnUpdateThatOverlapsIsFree) {
  ScheduleResult result =
      run({kernelOf(10000), kernelOf(100, 64), kernelOf(100, 0, 4000, 1000)});
  EXPECT_EQ(result.stepCycles, 10000 + 100 + 100);
  EXPECT_EQ(result.exposedCycles, 0);
  EXPECT_EQ(result.optimizerCycles, 250);
}

// Longer than a quantum of temporal decoupling, and than 32 bits.
TEST(Schedule, LongTimesAreExact) {
  std::vector<ScheduledKernel> kernels(7, kernelOf(3000000019));
  EXPECT_EQ(run(kernels).stepCycles, 7 * 3000000019);
}

TEST(Schedule, HundredsOfRunsLeaveNothingBehind) {
  for (int i = 0; i < 300; ++i)
    ASSERT_EQ(run({kernelOf(i + 1)}).stepCycles, i + 1);
}
