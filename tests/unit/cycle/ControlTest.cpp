//===- ControlTest.cpp - Which routers obey a control wavelet? ------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Small.h"

#include <gmock/gmock.h>

using namespace waferflow;
using namespace waferflow::cycle;
using namespace waferflow::cycle::test;
using namespace waferflow::cycle::parts;

/// A control wavelet from core 0 to core 5; the routers between, which have a
/// second position each, listen but for that of core 2.
static FabricProgram passed(int32_t routers) {
  constexpr Directions east = bit(Direction::East);
  FabricProgram program = line("passed", load("cs2"), 6);
  route(program, columns(0, 1), 0, Direction::Ramp, east);
  for (int64_t x = 1; x < 5; ++x) {
    Route between{columns(x, x + 1),
                  0,
                  {{Direction::West, east}, {Direction::Ramp, east}},
                  0};
    between.listens = x != 2;
    program.routes.push_back(between);
  }
  route(program, columns(5, 6), 0, Direction::West, bit(Direction::Ramp));
  SendControl send;
  send.queue = 0;
  send.control.change = Control::Switch::Advance;
  send.control.routers = routers;
  CollectiveShape shape{6, 1};
  program.cores.push_back(core("from", columns(0, 1), shape, -1, 0, {send}));
  program.cores.push_back(core("between", columns(1, 5), shape, -1, 0, {}));
  program.cores.push_back(core("to", columns(5, 6), shape, 0, -1, {}));
  return program;
}

TEST(Control, AsManyRoutersAsItHasCommandsFor) {
  // Core 0's router listens, takes a command, and has no other position.
  EXPECT_EQ(ran(passed(0)).counters().switchAdvances, 3);
  EXPECT_EQ(ran(passed(1)).counters().switchAdvances, 0);
  EXPECT_EQ(ran(passed(2)).counters().switchAdvances, 1);
  EXPECT_EQ(ran(passed(3)).counters().switchAdvances, 2); // not core 2's
  EXPECT_EQ(ran(passed(8)).counters().switchAdvances, 3);
}

TEST(Control, NoMoreThanEight) {
  FabricProgram program = passed(9);
  auto created = FabricSimulation::create(program);
  EXPECT_THAT(created ? "" : created.str(),
              testing::HasSubstr("a control wavelet with commands for 9 "
                                 "routers; 1 to 8, or 0 for all"));
}

/// The same way, with an instruction of `extent` elements that ends with the
/// control wavelet; core 5 takes them.
static FabricProgram ended(int64_t extent, int32_t routers) {
  FabricProgram program = passed(0);
  CollectiveShape shape{6, 1};
  FabricOperand out = queue(shape);
  out.advances = routers;
  for (CoreProgram &core : program.cores)
    core.buffers[0].extent = 6;
  program.cores[0].tasks[0].code = {
      vector(VectorOp::Mov, out, {data()}, extent)};
  program.cores[2].tasks[0].code = {
      vector(VectorOp::Mov, data(), {queue(shape)}, extent)};
  return program;
}

TEST(Control, AnInstructionMayEndWithOne) {
  for (int64_t extent : {0, 1, 6}) {
    auto simulation = ran(ended(extent, 3));
    const Counters &counters = simulation.counters();
    EXPECT_EQ(counters.switchAdvances, 2) << extent;
    EXPECT_EQ(counters.colors[0].sent, extent + 1);
    EXPECT_EQ(counters.colors[0].controls, 1);
    // Each wavelet a slot at both ends, but the control wavelet, which no task
    // takes, costs none where it arrives.
    EXPECT_EQ(counters.slots, 2 * extent + 1);
  }
}

TEST(Control, AnInstructionAdvancesEightRoutersAtMostAndSourcesNone) {
  auto errorOf = [](const FabricProgram &program) {
    auto created = FabricSimulation::create(program);
    return created ? std::string() : created.str();
  };
  EXPECT_THAT(errorOf(ended(2, 9)),
              testing::HasSubstr("an instruction that advances the switches of "
                                 "9 routers; 1 to 8 are possible"));
  FabricProgram program = ended(2, 1);
  auto &take = std::get<Vector>(program.cores[2].tasks[0].code[0]);
  std::get<FabricOperand>(take.sources[0]).advances = 1;
  EXPECT_THAT(errorOf(program),
              testing::HasSubstr("a source that advances switches"));
  program = ended(2, 1);
  std::get<Vector>(program.cores[0].tasks[0].code[0]).untilControl = true;
  EXPECT_THAT(errorOf(program),
              testing::HasSubstr("ends at a control wavelet and advances"));
}
