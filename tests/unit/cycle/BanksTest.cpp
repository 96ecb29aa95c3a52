//===- BanksTest.cpp - When do streams meet in a bank? --------------------===//
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

/// Cycles of y += a x over 64 f16 elements, 16 slots, y `bytes` behind x's
/// start; launch left out. What is above the slots is counted as conflicts.
static int64_t axpyCycles(const Machine &machine, int64_t bytes) {
  Vector axpy = vector(VectorOp::Fmac, MemoryOperand{1, 0},
                       {RegisterOperand{0}, MemoryOperand{0, 0}}, 64);
  axpy.configured = true;
  FabricProgram program = oneCore(machine, DataType::F16, 64, axpy);
  program.cores[0].buffers[0].address = 0;
  program.cores[0].buffers[1].address = bytes;
  FabricSimulation simulation = ran(program);
  int64_t cycles = simulation.cycles() - machine.launchCycles;
  EXPECT_EQ(simulation.counters().slots, 16);
  EXPECT_EQ(simulation.counters().stalls.banks256, 256 * (cycles - 16));
  return cycles;
}

/// Eight banks of 64-bit words. Reads of x and y meet where they are a multiple
/// of 64 bytes apart, in each of 16 slots; the read of x meets the write of the
/// slot before where y is one word more behind, in all slots but the first.
TEST(Banks, TwoOfEightAlignmentsCostTwice) {
  Machine machine = load("cs2", {"core.bank_conflicts=1"});
  for (int64_t word = 0; word < 8; ++word) {
    int64_t expected = word == 0 ? 32 : word == 1 ? 31 : 16;
    EXPECT_EQ(axpyCycles(machine, 512 + 8 * word), expected) << word;
  }
}

TEST(Banks, OffUnlessTheMachineSaysSo) {
  for (int64_t word = 0; word < 8; ++word)
    EXPECT_EQ(axpyCycles(load("cs2"), 512 + 8 * word), 16) << word;
}

/// A partial sum in the cache meets nobody; with 16 banks one distance in 16.
TEST(Banks, CacheAndNumberOfBanks) {
  EXPECT_EQ(
      axpyCycles(load("cs2", {"core.bank_conflicts=1", "pe.psum_in_cache=1"}),
                 512),
      16);
  Machine many = load("cs2", {"core.bank_conflicts=1", "core.sram_banks=16"});
  EXPECT_EQ(axpyCycles(many, 512), 32);
  EXPECT_EQ(axpyCycles(many, 512 + 64), 16);
}
