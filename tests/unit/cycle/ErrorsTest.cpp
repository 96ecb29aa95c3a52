//===- ErrorsTest.cpp - Does a bad program say what, where and when? ------===//
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
using testing::HasSubstr;

static FabricProgram sender(int64_t cores, int64_t sent, int64_t taken) {
  FabricProgram program = line("bad", load("cs2"), cores);
  route(program, columns(0, 1), 5, Direction::Ramp, bit(Direction::East));
  route(program, columns(1, 2), 5, Direction::West, bit(Direction::Ramp));
  CollectiveShape shape{2, 64};
  program.cores.push_back(
      core("west", columns(0, 1), shape, -1, 5,
           {vector(VectorOp::Mov, queue(shape), {data()}, sent)}));
  program.cores.push_back(
      core("east", columns(1, 2), shape, 5, -1,
           {vector(VectorOp::Mov, data(), {queue(shape)}, taken)}));
  return program;
}

static std::string runError(const FabricProgram &program) {
  auto created = FabricSimulation::create(program);
  EXPECT_TRUE(bool(created)) << created.str();
  auto error = created->run();
  return error ? error->str() : "";
}

static std::string checkError(const FabricProgram &program) {
  auto created = FabricSimulation::create(program);
  return created ? "" : created.str();
}

TEST(Errors, Deadlock) {
  std::string text = runError(sender(2, 10, 12));
  EXPECT_THAT(text, HasSubstr("deadlock at cycle"));
  EXPECT_THAT(text, HasSubstr("core (1, 0): task 'start', mov at element 10 of "
                              "12, waits since cycle"));
  EXPECT_THAT(text, HasSubstr("input queue 0, color 5"));
}

TEST(Errors, LostWavelets) {
  std::string text = runError(sender(2, 12, 10));
  EXPECT_THAT(text, HasSubstr("lost wavelets at cycle"));
  EXPECT_THAT(text, HasSubstr("core (1, 0): 2 of color 5 in input queue 0"));
}

TEST(Errors, WaveletsThatFindNoRoute) {
  FabricProgram program = sender(2, 10, 10);
  program.routes.pop_back();
  program.cores.pop_back();
  EXPECT_THAT(checkError(program),
              HasSubstr("core (1, 0): lost wavelets: color 5 from core (0, 0) "
                        "finds no route"));
}

TEST(Errors, TwoArrivalsOfAColor) {
  FabricProgram program = sender(3, 10, 10);
  route(program, columns(2, 3), 5, Direction::Ramp, bit(Direction::West));
  EXPECT_THAT(checkError(program),
              HasSubstr("core (1, 0): two arrivals: color 5 comes from E, but "
                        "is taken from W"));
}

TEST(Errors, SramOverflow) {
  FabricProgram program = sender(2, 10, 10);
  program.cores[1].buffers[0].extent = 9217; // 36,868 + 12,288 of code
  EXPECT_THAT(checkError(program),
              HasSubstr("core program 'east': needs 49156 bytes of SRAM"));
  program.cores[1].buffers[0].extent = 9216;
  EXPECT_EQ(checkError(program), "");
}

TEST(Errors, OutsideABuffer) {
  FabricProgram program = sender(2, 65, 65);
  EXPECT_THAT(runError(program),
              HasSubstr("core (0, 0): cycle 15: elements 0 to 64 of buffer "
                        "'data', which has 64"));
}

TEST(Errors, TwoProgramsTwoRoutesQueuesColors) {
  FabricProgram program = sender(2, 10, 10);
  program.cores.push_back(program.cores[1]);
  EXPECT_THAT(checkError(program), HasSubstr("core (1, 0): two programs"));
  program.cores.pop_back();
  program.routes.push_back(program.routes[0]);
  EXPECT_THAT(checkError(program),
              HasSubstr("core (0, 0): two routes of color 5"));
  program.routes.pop_back();
  program.routes[0].color = 27;
  EXPECT_THAT(checkError(program), HasSubstr("the machine has 24 colors"));
  program.routes[0].color = 5;
  program.cores[0].outputs[0].id = 9;
  EXPECT_THAT(checkError(program),
              HasSubstr("output queue 9; the machine has 6"));
}

/// What a machine may be at fidelity tile but not here is said before a run.
TEST(Errors, MachinesBeyondThisFidelity) {
  auto told = [](const char *set) {
    FabricProgram program = parts::line("one", load("tiny", {set}), 1);
    return FabricSimulation::create(program).str();
  };
  EXPECT_EQ(told("fabric.buffer_wavelets=65000"),
            "machine 'tiny': expected 'fabric.buffer_wavelets' between 1 and "
            "60000 at fidelity cycle, got 65000");
  EXPECT_EQ(told("fabric.ramp_cycles=0"),
            "machine 'tiny': expected 'fabric.ramp_cycles' between 1 and 1000 "
            "at fidelity cycle, got 0");
  EXPECT_EQ(told("fabric.colors=300"),
            "machine 'tiny': expected 'fabric.colors' between 1 and 256 at "
            "fidelity cycle, got 300");
  EXPECT_EQ(told("fabric.colors=256"), "");
}
