//===- SystemTest.cpp - Does SystemC change anything? ---------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Small.h"

#include "simulator/cycle/kernels/StreamedSpmm.h"
#include "simulator/cycle/system/FabricSystem.h"

using namespace waferflow;
using namespace waferflow::cycle;
using namespace waferflow::cycle::test;

namespace {

FabricProgram spmm(DataType type, int64_t columns, int64_t weightRows) {
  StreamedSpmm s{columns, 4, 3, 7, type, weightRows, {}};
  for (int64_t i = 0; i < weightRows * columns * 3; ++i)
    s.weights.push_back(i % 3 ? 0 : 0.5f * static_cast<float>(1 + i % 5));
  return streamedSpmm(load("tiny"), s);
}

SramImage filled(const FabricProgram &program) {
  SramImage image(program.width, program.height, 1000);
  for (int64_t y = 0; y < program.height; ++y)
    for (int64_t x = 0; x < program.width; ++x)
      for (int64_t i = 0; i < 84; ++i)
        image.core(x, y)[i] = static_cast<uint8_t>(x * 7 + y * 5 + i) & 0x33;
  return image;
}

bool equal(const SramImage &a, const SramImage &b) {
  return a.width() == b.width() && a.height() == b.height() &&
         a.bytesPerCore() == b.bytesPerCore() &&
         std::equal(a.core(0, 0), a.core(0, a.height()), b.core(0, 0));
}

/// The same program on the plain class.
void compare(FabricSystem &system, const FabricProgram &program,
             const CycleOptions &options = {}) {
  SramImage image = filled(program);
  int64_t before = system.cycles();
  auto run = system.run(program, image, options);
  ASSERT_TRUE(bool(run)) << run.str();
  auto plain = FabricSimulation::create(program, filled(program), options);
  ASSERT_TRUE(bool(plain)) << plain.str();
  auto error = plain->run();
  ASSERT_FALSE(error) << error->str();
  EXPECT_EQ(run->cycles, plain->cycles());
  EXPECT_EQ(system.cycles(), before + plain->cycles());
  EXPECT_EQ(run->counters.slots, plain->counters().slots);
  EXPECT_EQ(run->counters.stalls.router, plain->counters().stalls.router);
  EXPECT_EQ(run->counters.colors[0].entered,
            plain->counters().colors[0].entered);
  EXPECT_TRUE(equal(image, plain->takeImage()));
  ASSERT_EQ(run->outputs.size(), program.outputs.size());
  for (size_t i = 0; i < run->outputs.size(); ++i) {
    const auto &left = plain->output(i);
    ASSERT_EQ(run->outputs[i].size(), left.size());
    for (size_t k = 0; k < left.size(); ++k) {
      EXPECT_EQ(run->outputs[i][k].cycle, left[k].cycle);
      EXPECT_EQ(run->outputs[i][k].wavelet.data, left[k].wavelet.data);
    }
  }
}

/// One core hands what comes from the north on to the south.
FabricProgram through(int64_t wavelets) {
  FabricProgram program = parts::line("through", load("tiny"), 1);
  parts::route(program, parts::columns(0, 1), 3, Direction::North,
               bit(Direction::South));
  std::vector<Wavelet> stream;
  for (int64_t i = 0; i < wavelets; ++i)
    stream.push_back({static_cast<uint32_t>(i), false});
  program.inputs.push_back(
      {"in", Direction::North, 0, 3, 5,
       std::make_shared<const std::vector<Wavelet>>(stream)});
  program.outputs.push_back({"out", Direction::South, 0, 3, wavelets});
  return program;
}

} // namespace

TEST(System, ManyProgramsOnModulesElaboratedOnce) {
  FabricSystem system;
  for (DataType type : {DataType::F16, DataType::F32})
    for (int64_t columns : {5, 2}) {
      compare(system, spmm(type, columns, 6));
      CycleOptions shuffled;
      shuffled.shuffleSeed = 4;
      compare(system, spmm(type, columns, 3), shuffled);
    }
  for (int i = 0; i < 50; ++i)
    compare(system, through(1 + i));
}

/// Longer than the region runs ahead: the store is slow.
TEST(System, TimesBeyondTheQuantum) {
  FabricSystem system;
  FabricProgram program = through(400);
  program.machine = load("tiny", {"edge.bytes_per_second=1e6"});
  compare(system, program);
  EXPECT_GT(system.cycles(), 400000);
}

TEST(System, AnErrorIsTheSameAndTheNextProgramRuns) {
  FabricSystem system;
  FabricProgram program = through(3);
  program.outputs[0].expected = 4;
  SramImage image = filled(program);
  auto run = system.run(program, image);
  auto plain = FabricSimulation::create(program, filled(program));
  ASSERT_TRUE(bool(plain)) << plain.str();
  EXPECT_EQ(run.str(), plain->run()->str());
  EXPECT_EQ(image.width(), 1); // given back
  compare(system, through(3));
  SramImage wrong(2, 1, 8);
  EXPECT_EQ(system.run(program, wrong).str(),
            "through: expected an image of 1 x 1 cores, got 2 x 1");
}

/// Two systems, each with a context of its own, turn by turn.
TEST(System, TwoAtATime) {
  FabricSystem a, b;
  for (int i = 0; i < 3; ++i) {
    compare(a, spmm(DataType::F16, 3, 2));
    compare(b, through(20));
  }
  EXPECT_NE(a.cycles(), b.cycles());
}
