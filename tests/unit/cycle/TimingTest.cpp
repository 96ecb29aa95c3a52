//===- TimingTest.cpp - Does each thing happen at t, not at t - 1? --------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Small.h"

using namespace waferflow;
using namespace waferflow::cycle;
using namespace waferflow::cycle::test;
using namespace waferflow::cycle::parts;

static Vector axpy(int64_t extent) {
  Vector v = vector(VectorOp::Fmac, MemoryOperand{1, 0},
                    {RegisterOperand{0}, MemoryOperand{0, 0}}, extent);
  v.configured = true;
  return v;
}

static int64_t axpyCycles(const Machine &machine, DataType type) {
  return ran(oneCore(machine, type, 64, axpy(64))).cycles() -
         machine.launchCycles;
}

TEST(AxpyRate, FollowsFromPortsAndLanes) {
  EXPECT_EQ(axpyCycles(load("cs3"), DataType::F16), 64 / 4);
  EXPECT_EQ(axpyCycles(load("cs2"), DataType::F16), 64 / 4);
  EXPECT_EQ(axpyCycles(load("cs3"), DataType::BF16), 64 / 4);
  EXPECT_EQ(axpyCycles(load("cs3"), DataType::F32), 64 * 2);
  std::string eight = "core.simd_lanes_f16=8";
  EXPECT_EQ(axpyCycles(load("cs2", {eight}), DataType::F16), 64 / 4);
  // Two 64-bit reads bound it as much as the 64-bit write does: a second write
  // port alone is no help, with wider reads it is what is missing.
  std::string write = "core.sram_write_ports=2",
              read = "core.sram_read_ports=4";
  EXPECT_EQ(axpyCycles(load("cs2", {eight, write}), DataType::F16), 64 / 4);
  EXPECT_EQ(axpyCycles(load("cs2", {eight, read}), DataType::F16), 64 / 4);
  EXPECT_EQ(axpyCycles(load("cs2", {eight, read, write}), DataType::F16),
            64 / 8);
  EXPECT_EQ(axpyCycles(load("cs3", {"pe.psum_in_cache=1"}), DataType::F16),
            64 / 8);
  EXPECT_EQ(axpyCycles(load("cs2", {"pe.psum_in_cache=1"}), DataType::F16),
            64 / 4); // four lanes
}

TEST(SetUp, FromScalarCodeAndConfigured) {
  for (int64_t setup : {13, 17}) {
    Machine machine = load("cs3", {"pe.setup_cycles=" + std::to_string(setup)});
    Vector v = axpy(4);
    v.configured = false;
    EXPECT_EQ(ran(oneCore(machine, DataType::F16, 4, v)).cycles(), setup + 1);
  }
  EXPECT_EQ(ran(oneCore(load("cs3"), DataType::F16, 4, axpy(4))).cycles(), 3);
}

/// Two cores, `extent` wavelets from west to east, all configured.
static FabricProgram pair(const Machine &machine, int64_t extent) {
  FabricProgram program = line("pair", machine, 2);
  route(program, columns(0, 1), 0, Direction::Ramp, bit(Direction::East));
  route(program, columns(1, 2), 0, Direction::West, bit(Direction::Ramp));
  CollectiveShape shape{2, extent};
  Vector send = vector(VectorOp::Mov, queue(shape), {data()}, extent);
  Vector take = vector(VectorOp::Mov, data(), {queue(shape)}, extent);
  send.configured = take.configured = true;
  program.cores.push_back(core("west", columns(0, 1), shape, -1, 0, {send}));
  program.cores.push_back(core("east", columns(1, 2), shape, 0, -1, {take}));
  return program;
}

TEST(Wavelet, DispatchRampHopRampAndASlot) {
  Log log;
  CycleOptions options;
  options.observer = &log;
  FabricProgram program = pair(load("cs2"), 1);
  FabricSimulation simulation = ran(program, options);
  // Task at 0; on the ramp at 7 (dispatch), so the slot is at 6.
  EXPECT_TRUE(log.has("6 0,0 issue -1 to 1"));
  EXPECT_TRUE(log.has("9 0,0 R C0"));      // + T_R
  EXPECT_TRUE(log.has("10 1,0 W C0"));     // + hop
  EXPECT_TRUE(log.has("12 1,0 queue C0")); // + T_R
  EXPECT_TRUE(log.has("12 1,0 issue -1 to 1"));
  EXPECT_EQ(simulation.cycles(), 13);
  EXPECT_EQ(simulation.counters().colors[0].hops, 1);
  EXPECT_EQ(simulation.counters().colors[0].delivered, 1);
}

/// The buffers that the machines state keep a link busy; one less does not.
TEST(Wavelet, BuffersKeepALinkBusy) {
  EXPECT_EQ(ran(pair(load("cs2"), 100)).cycles(), 13 + 99);
  EXPECT_EQ(ran(pair(load("cs3"), 100)).cycles(), 14 + 99);
  int64_t starved =
      ran(pair(load("cs2", {"fabric.buffer_wavelets=1"}), 100)).cycles();
  EXPECT_EQ(starved, 13 + 2 * 99); // a wavelet every second cycle
  int64_t slow =
      ran(pair(load("cs2", {"fabric.link_wavelets_per_cycle=0.5"}), 100))
          .cycles();
  EXPECT_EQ(slow, 13 + 2 * 99);
}

TEST(Task, StartsThreeCyclesAfterTheLastWavelet) {
  FabricProgram program = pair(load("cs2"), 4);
  CoreProgram &east = program.cores[1];
  auto &take = std::get<Vector>(east.tasks[0].code[0]);
  take.thread = 0;
  take.onDone = {{OnDone::Kind::Activate, 1}};
  Task done;
  done.name = "done";
  east.tasks.push_back(done);
  Log log;
  CycleOptions options;
  options.observer = &log;
  ran(program, options);
  EXPECT_TRUE(log.has("15 1,0 issue 0 to 4"));
  EXPECT_TRUE(log.has("19 1,0 task done")); // 16 + 3
}

/// Two colors over one link take turns.
TEST(Router, RoundRobinOverColors) {
  Machine machine = load("cs2");
  FabricProgram program = line("turns", machine, 3);
  route(program, columns(0, 1), 0, Direction::Ramp, bit(Direction::East));
  route(program, columns(1, 2), 0, Direction::West, bit(Direction::East));
  route(program, columns(1, 2), 1, Direction::Ramp, bit(Direction::East));
  route(program, columns(2, 3), 0, Direction::West, bit(Direction::Ramp));
  route(program, columns(2, 3), 1, Direction::West, bit(Direction::Ramp));
  CollectiveShape shape{3, 40};
  Vector send = vector(VectorOp::Mov, queue(shape), {data()}, 40);
  program.cores.push_back(core("a", columns(0, 1), shape, -1, 0, {send}));
  program.cores.push_back(core("b", columns(1, 2), shape, -1, 1, {send}));
  Vector first = vector(VectorOp::Mov, data(), {queue(shape, 0)}, 40);
  Vector second =
      vector(VectorOp::Mov, MemoryOperand{1, 0}, {queue(shape, 1)}, 40);
  first.thread = 0;
  second.thread = 1;
  CoreProgram sink = core("c", columns(2, 3), shape, 0, -1, {first, second});
  sink.buffers.push_back({"other", DataType::F32, 40});
  sink.inputs.push_back({1, 1});
  program.cores.push_back(sink);
  Log log;
  CycleOptions options;
  options.observer = &log;
  ran(program, options);
  std::string order;
  for (const std::string &text : log.lines)
    if (text.find(" 2,0 W C") != std::string::npos)
      order += text.back();
  EXPECT_EQ(order.size(), 80u);
  EXPECT_NE(order.find("0101010101010101010101010101"), std::string::npos);
  EXPECT_EQ(order.find("11111111"), std::string::npos);
}
