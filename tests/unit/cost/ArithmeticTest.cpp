//===- ArithmeticTest.cpp - What does one instruction cost? ---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/RowCosts.h"
#include "simulator/machine/Reader.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace waferflow;
using namespace waferflow::cost;

namespace {

class Cs3 : public ::testing::Test {
protected:
  Machine machine = loadMachine("cs3", WAFERFLOW_MACHINES)->machine;
  StepTypes f16, f32{ElementType::F32, Accumulate::Storage},
      mixed{ElementType::F16, Accumulate::F32};
};

TEST_F(Cs3, AxpyRateFollowsTypesAndCache) {
  EXPECT_EQ(axpyRate(machine, f16, 114), 4);
  EXPECT_EQ(axpyRate(machine, f32, 114), 0.5);
  EXPECT_EQ(axpyRate(machine, mixed, 114), machine.rate("axpy.mixed.memory"));
  machine.psumInCache = 1;
  EXPECT_EQ(axpyRate(machine, f16, 256), machine.rate("axpy.f16.cache"));
  EXPECT_EQ(axpyRate(machine, f16, 257), 4); // 514 bytes of 512
}

TEST_F(Cs3, StreamsTakeASlotAWavelet) {
  EXPECT_EQ(streamSlots(machine, ElementType::F16, 114, true), 57);
  EXPECT_EQ(streamSlots(machine, ElementType::F16, 115, true), 58);
  EXPECT_EQ(streamSlots(machine, ElementType::F32, 114, true), 114);
  EXPECT_EQ(streamSlots(machine, ElementType::F16, 115, false), 57.5);
  EXPECT_EQ(streamCycles(machine, ElementType::F16, 114, 57, 1, true), 57);
  EXPECT_EQ(streamCycles(machine, ElementType::F16, 114, 57, 4, true), 228);
}

TEST_F(Cs3, StageIsTwoRampsAnAddAndTheHops) {
  EXPECT_EQ(stageCycles(machine, 1), 7);
  EXPECT_EQ(stageCycles(machine, 4), 13);
}

TEST_F(Cs3, WaveletsOfARowInALane) {
  EXPECT_EQ(weightWavelets(ElementType::F16, false, 0), 1); // the row's end
  EXPECT_EQ(weightWavelets(ElementType::F16, false, 3), 3 + 1);
  EXPECT_EQ(weightWavelets(ElementType::F16, true, 3), 2 + 1);
  EXPECT_EQ(weightWavelets(ElementType::F32, false, 3), 6 + 1);
  EXPECT_EQ(weightWavelets(ElementType::F32, true, 3), 3 + 1);
}

TEST_F(Cs3, SpmmRowOfTheMappingPage) {
  RowShape shape;
  shape.tokens = 114;
  shape.members = 683;
  RecurrenceVariant v = spmmRow(machine, CostSwitches(), shape);
  EXPECT_EQ(v.perNonzero, 2 + 29);
  EXPECT_EQ(v.rowEnd, 8 + 2 + 15); // and clearing 114 elements at 8 a cycle
  EXPECT_EQ(v.slots, 57);
  EXPECT_EQ(v.stream, 57);
  EXPECT_EQ(v.stage, 7);
}

TEST_F(Cs3, AccumulationInF32CostsMore) {
  RowShape shape;
  shape.types = mixed;
  shape.tokens = 114;
  shape.members = 683;
  RecurrenceVariant v = spmmRow(machine, CostSwitches(), shape);
  EXPECT_EQ(v.perNonzero,
            2 + std::ceil(114 / machine.rate("axpy.mixed.memory")));
  EXPECT_EQ(v.slots, 114); // one element a wavelet
}

TEST_F(Cs3, AloneInItsGroupAColumnReducesNothing) {
  RowShape shape;
  shape.tokens = 114;
  RecurrenceVariant v = spmmRow(machine, CostSwitches(), shape);
  EXPECT_EQ(v.slots, 0);
  EXPECT_EQ(v.stream, 0);
}

} // namespace
