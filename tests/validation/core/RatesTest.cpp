//===- RatesTest.cpp - One core: elements a cycle against publications ----===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/FabricSimulation.h"
#include "simulator/machine/Reader.h"
#include "tests/validation/Page.h"

using namespace waferflow;
using namespace waferflow::cycle;
using namespace waferflow::validation;

namespace {

Machine load(const char *name, const std::vector<std::string> &set = {}) {
  auto file = loadMachine(name, WAFERFLOW_MACHINES, set);
  EXPECT_TRUE(bool(file)) << file.str();
  return file->machine;
}

const MemoryOperand x{0, 0}, y{1, 0}, z{2, 0};
constexpr int64_t elements = 2048;

/// Cycles of one vector instruction of one core over its SRAM, set-up included.
int64_t cyclesOf(const Machine &machine, DataType type, VectorOp op,
                 Operand destination, std::vector<Operand> sources,
                 bool configured) {
  FabricProgram program;
  program.name = "one";
  program.machine = machine;
  program.width = program.height = 1;
  CoreProgram core;
  core.name = "one";
  core.where = {{0, 0, 1, 1}, {}};
  for (const char *name : {"x", "y", "z"})
    core.buffers.push_back({name, type, elements});
  core.registers.push_back({type});
  Vector v;
  v.op = op;
  v.destination = std::move(destination);
  v.sources = std::move(sources);
  v.extent = elements;
  v.configured = configured;
  Task task;
  task.name = "run";
  task.activated = true;
  task.code = {v};
  core.tasks = {task};
  program.cores = {core};
  auto created = FabricSimulation::create(program);
  EXPECT_TRUE(bool(created)) << created.str();
  auto error = created->run();
  EXPECT_FALSE(error) << error->str();
  return created->cycles();
}

double rateOf(const Machine &machine, DataType type, VectorOp op,
              Operand destination, std::vector<Operand> sources) {
  int64_t cycles = cyclesOf(machine, type, op, std::move(destination),
                            std::move(sources), true);
  return static_cast<double>(elements) /
         static_cast<double>(cycles - machine.launchCycles);
}

double axpy(const Machine &machine, DataType type) {
  return rateOf(machine, type, VectorOp::Fmac, y, {RegisterOperand{0}, x});
}

} // namespace

/// No entry of the machine's table is read for the f16 rate: it follows from
/// ports and lanes, so it moves with them.
TEST(Axpy, FollowsFromThePorts) {
  auto say = [](const std::string &what, const Machine &machine,
                double expected, const std::string &why) {
    double rate = axpy(machine, DataType::F16);
    EXPECT_NEAR(rate, expected, 0.001) << what;
    row({what, fixed(rate, 2), why});
  };
  const char *eight = "core.simd_lanes_f16=8";
  const char *read = "core.sram_read_ports=4";
  const char *write = "core.sram_write_ports=2";
  say("cs2: 4 lanes, 2 reads and 1 write of 64 bits", load("cs2"), 4,
      "reads, write and lanes");
  say("cs3: 8 lanes", load("cs3"), 4, "reads");
  say("cs2, 8 lanes", load("cs2", {eight}), 4, "reads and write");
  say("cs2, 8 lanes, a second write port", load("cs2", {eight, write}), 4,
      "reads");
  say("cs2, 8 lanes, two more read ports", load("cs2", {eight, read}), 4,
      "write");
  say("cs2, 8 lanes, both", load("cs2", {eight, read, write}), 8, "lanes");
  say("cs2, 16 lanes, both",
      load("cs2", {"core.simd_lanes_f16=16", read, write}), 8,
      "reads and write");
  say("cs3, no more than a write of 64 bits, two more read ports",
      load("cs3", {read, "core.sram_write_bits=64"}), 4, "write");
  say("the same, a second write port",
      load("cs3", {read, "core.sram_write_bits=64", write}), 8,
      "reads, writes and lanes");
  // What the table says of AXPYs changes nothing.
  EXPECT_NEAR(
      axpy(load("cs3", {"instruction.axpy.f16.memory=1"}), DataType::F16), 4,
      0.001);
}

/// A partial sum that fits the cache takes no port.
TEST(Axpy, FollowsFromTheCache) {
  Machine machine =
      load("cs3", {"pe.psum_in_cache=1",
                   "pe.cache_bytes=" + std::to_string(2 * elements)});
  double rate = axpy(machine, DataType::F16);
  EXPECT_NEAR(rate, 8, 0.001);
  row({"cs3, the partial sum in the cache", fixed(rate, 2),
       "x alone is read; lanes"});
}

TEST(Rates, OneCore) {
  Machine cs3 = load("cs3");
  auto say = [&](const std::string &what, double rate,
                 const std::string &published, double low, double high) {
    EXPECT_GE(rate, low) << what;
    EXPECT_LE(rate, high) << what;
    row({what, fixed(rate, 2), published});
  };
  say("f16 AXPY", axpy(cs3, DataType::F16), "4; 2.92 on silicon", 3.9, 4.01);
  say("f32 AXPY", axpy(cs3, DataType::F32), "0.5", 0.49, 0.51);
  say("f16 add", rateOf(cs3, DataType::F16, VectorOp::Add, z, {x, y}), "3.96",
      3.9, 4.01);
  say("f16 copy", rateOf(cs3, DataType::F16, VectorOp::Mov, y, {x}),
      "8; 4.8 on silicon", 3.9, 8.01);
  say("f32 copy", rateOf(cs3, DataType::F32, VectorOp::Mov, y, {x}),
      "4; 2.4 on silicon", 1.9, 4.01);
  say("f32 dot",
      rateOf(cs3, DataType::F32, VectorOp::Dot, RegisterOperand{0}, {x, y}),
      "0.44", 0.43, 0.45);
  say("f32 sum to a scalar",
      rateOf(cs3, DataType::F32, VectorOp::Sum, RegisterOperand{0}, {x}), "0.5",
      0.43, 0.51);
}

/// What set-up adds to an instruction is the machine's parameter and nothing
/// else, at both of its published ends.
TEST(SetUp, FromScalarCode) {
  for (int64_t setup : {13, 15, 17}) {
    Machine machine = load("cs3", {"pe.setup_cycles=" + std::to_string(setup)});
    int64_t cycles = cyclesOf(machine, DataType::F16, VectorOp::Fmac, y,
                              {RegisterOperand{0}, x}, false);
    EXPECT_EQ(cycles, setup + elements / 4);
  }
}
