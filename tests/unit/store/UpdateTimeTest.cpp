//===- UpdateTimeTest.cpp - When may updated weights be streamed again? ---===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/store/UpdateTime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace waferflow;
using namespace waferflow::store;
using testing::ElementsAre;

/// 28 bytes an update, 14 bytes a cycle: 2 cycles an update.
static Machine machine() {
  Machine m;
  m.clockGhz = 1;
  m.storeBytesPerSecond = 14e9;
  m.storeBytesPerWeight = 28;
  return m;
}

TEST(UpdateTime, BytesAndCyclesByHand) {
  EXPECT_EQ(updateBytes(machine(), 100, false), 2800);
  EXPECT_EQ(updateBytes(machine(), 100, true), 3200);
  EXPECT_EQ(updateCycles(machine(), 2800), 200);
  EXPECT_EQ(updateCycles(machine(), 2801), 201);
}

TEST(UpdateTime, UpdatesWhileGradientsCome) {
  // a comes slower (cycles 10 to 300) than it is updated (200 cycles); b (150
  // to 310) waits for a's end and then needs 40.
  UpdateTimes times =
      updateTimes(machine(), {{10, 300, 100}, {150, 310, 20}}, false);
  EXPECT_THAT(times.readyCycle, ElementsAre(300, 340));
  EXPECT_EQ(times.doneCycle, 340);
  EXPECT_EQ(times.busyCycles, 240);
  EXPECT_EQ(times.bytes, 120 * 28);
}

TEST(UpdateTime, ClippingCostsTheOverlap) {
  // Kept as they come: 400 and 80 bytes, 29 and 6 cycles, done at 310. Then 200
  // and 40 cycles of updates.
  UpdateTimes times =
      updateTimes(machine(), {{10, 300, 100}, {150, 310, 20}}, true);
  EXPECT_THAT(times.readyCycle, ElementsAre(510, 550));
  EXPECT_EQ(times.busyCycles, 29 + 6 + 240);
  EXPECT_EQ(times.bytes, updateBytes(machine(), 120, true));
}
