//===- ShippedTest.cpp - Do machines/*.yaml say what is known?
//----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "MachineText.h"

#include <set>

using namespace waferflow;

namespace {

MachineFile load(const std::string &name) {
  Result<MachineFile> file = loadMachine(name, WAFERFLOW_MACHINES);
  EXPECT_TRUE(file) << file.str();
  return *file;
}

TEST(Shipped, EveryMachineReadsAndIsNamedAsItsFile) {
  for (const std::string &name : machineNames(WAFERFLOW_MACHINES)) {
    MachineFile file = load(name);
    EXPECT_EQ(file.machine.name, name);
    EXPECT_FALSE(file.description.empty());
    EXPECT_LE(file.machine.width,
              file.machine.facts.at("fabric.visible_width")[0]);
    EXPECT_LE(file.machine.height,
              file.machine.facts.at("fabric.visible_height")[0]);
  }
}

TEST(Shipped, Cs3HasThePublishedNumbers) {
  Machine m = load("cs3").machine;
  EXPECT_EQ(m.width, 755);
  EXPECT_EQ(m.height, 1170);
  EXPECT_EQ(m.clockGhz, 0.875);
  EXPECT_EQ(m.hopCycles, 2);
  EXPECT_EQ(m.sramBytes, 49152);
  EXPECT_EQ(m.cacheBytes, 512);
  EXPECT_EQ(m.edgeBytesPerSecond, 150e9);
  EXPECT_EQ(m.facts.at("chip.cores")[0], 900000);
  EXPECT_EQ(m.facts.at("core.dsrs")[0], 48);
  EXPECT_EQ(m.rate("axpy.f16.memory"), 4);
  EXPECT_EQ(m.rate("axpy.f16.cache"), 8);
  EXPECT_EQ(m.rate("axpy.mixed.memory"), 2);
  EXPECT_EQ(m.rate("axpy.f32.memory"), 0.5);
  EXPECT_EQ(m.rate("add.f16.fabric"), 2);
  EXPECT_EQ(m.rate("add.f32.fabric"), 1);
  EXPECT_EQ(m.rate("exp.f16.memory"), 1.0 / 40);
  // One dense f16 weight a column each 8.8 cycles (two bytes).
  EXPECT_NEAR(2 * m.width / m.edgeBytesPerCycle(), 8.8, 0.05);
}

TEST(Shipped, Cs2HasThePublishedNumbers) {
  Machine m = load("cs2").machine;
  EXPECT_EQ(m.width, 750);
  EXPECT_EQ(m.height, 994);
  EXPECT_EQ(m.clockGhz, 1.1);
  EXPECT_EQ(m.hopCycles, 1);
  EXPECT_EQ(m.cacheBytes, 256);
  EXPECT_EQ(m.rate("axpy.f16.cache"), 4);
  EXPECT_EQ(m.facts.at("core.dsrs")[0], 44);
  EXPECT_EQ(m.facts.at("core.input_queues_wavelets"),
            (std::vector<double>{6, 6, 4, 4, 2, 2, 2, 2}));
  // 30 mW at 1.1 GHz is 27 pJ a cycle.
  EXPECT_NEAR(m.facts.at("power.core_watts")[0] / m.clockGhz * 1e3,
              m.facts.at("energy.core_cycle_pj")[0], 0.5);
}

TEST(Shipped, GuessesHaveTheEndsOfTheStudy) {
  std::vector<std::string> seen;
  for (const MachineEntry &entry : guessedEntries(load("cs3"))) {
    ASSERT_TRUE(entry.low && entry.high);
    seen.push_back(entry.parameter->key + " " + numberText(*entry.low) + " " +
                   numberText(*entry.high));
  }
  EXPECT_EQ(seen, (std::vector<std::string>{
                      "fabric.switch_advance_cycles 0 8",
                      "fabric.reroute_cycles 24 1032",
                      "pe.code_bytes 8192 31744",
                      "pe.launch_cycles 0 16",
                      "pe.row_end_cycles 4 43",
                      "instruction.dot.f16.memory 0.44 4",
                      "instruction.dot.bf16.memory 0.44 4",
                  }));
}

TEST(Shipped, TheTableListsEveryParameterOnce) {
  std::set<std::string> keys;
  for (const MachineRow &row : machineTable(load("cs3"))) {
    EXPECT_TRUE(keys.insert(row.key).second) << row.key;
    EXPECT_FALSE(row.value.empty() || row.unit.empty() || row.source.empty() ||
                 row.meaning.empty())
        << row.key;
  }
  for (const Parameter &parameter : parameters())
    EXPECT_TRUE(parameter.optional || keys.count(parameter.key))
        << parameter.key;
}

} // namespace
