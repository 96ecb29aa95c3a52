//===- OverrideTest.cpp - Do names and --set find the right machine?
//----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "MachineText.h"

#include <filesystem>

using namespace waferflow;

namespace {

MachineFile tiny() {
  Result<MachineFile> file = loadMachine("tiny", WAFERFLOW_MACHINES);
  EXPECT_TRUE(file) << file.str();
  return *file;
}

std::string overrideError(const std::string &assignment) {
  MachineFile file = tiny();
  auto error = applyOverride(file, assignment);
  return error ? error->str() : "";
}

TEST(Override, SetsEveryKindOfParameter) {
  MachineFile file = tiny();
  EXPECT_FALSE(applyOverride(file, "pe.sram_bytes=65536"));
  EXPECT_FALSE(applyOverride(file, "clock.ghz=1.25"));
  EXPECT_FALSE(applyOverride(file, "edge.bytes_per_second=3e11"));
  EXPECT_FALSE(applyOverride(file, "instruction.axpy.f16.memory=2.92"));
  EXPECT_FALSE(applyOverride(file, "core.input_queues_wavelets=4,4,2"));
  EXPECT_EQ(file.machine.sramBytes, 65536);
  EXPECT_EQ(file.machine.clockGhz, 1.25);
  EXPECT_EQ(file.machine.edgeBytesPerSecond, 3e11);
  EXPECT_EQ(file.machine.rate("axpy.f16.memory"), 2.92);
  EXPECT_EQ(file.machine.facts.at("core.input_queues_wavelets"),
            (std::vector<double>{4, 4, 2}));
}

TEST(Override, SaysThatTheUserSetItAndKeepsTheEnds) {
  MachineFile file = tiny();
  EXPECT_FALSE(applyOverride(file, "pe.launch_cycles=5"));
  const MachineEntry *entry = file.find("pe.launch_cycles");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->source, "set by the user");
  EXPECT_EQ(entry->trust, 'U');
  EXPECT_EQ(entry->low, 0);
  EXPECT_EQ(entry->high, 16);
}

TEST(Override, AddsAnOptionalParameterInTheTablesOrder) {
  MachineFile file = tiny();
  ASSERT_FALSE(file.find("measured.copy_f16"));
  EXPECT_FALSE(applyOverride(file, "measured.dot_f32=0.4"));
  EXPECT_FALSE(applyOverride(file, "measured.copy_f16=4.8"));
  std::vector<MachineRow> rows = machineTable(file);
  ASSERT_GE(rows.size(), 2u);
  EXPECT_EQ(rows[rows.size() - 2].key, "measured.copy_f16");
  EXPECT_EQ(rows.back().key, "measured.dot_f32");
  EXPECT_EQ(rows.back().value, "0.4");
  EXPECT_EQ(rows.back().trust, "U");
}

TEST(Override, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(overrideError("pe.sram_byte=1"),
            "--set pe.sram_byte=1: unknown key 'pe.sram_byte', did you mean "
            "'pe.sram_bytes'?");
  EXPECT_EQ(overrideError("sram_bytes=4096"),
            "--set sram_bytes=4096: unknown key 'sram_bytes', did you mean "
            "'pe.sram_bytes'?");
  EXPECT_EQ(overrideError("weather=1"),
            "--set weather=1: unknown key 'weather'");
  EXPECT_EQ(overrideError("pe.sram_bytes"),
            "--set pe.sram_bytes: expected KEY=VALUE");
  EXPECT_EQ(overrideError("=3"), "--set =3: expected KEY=VALUE");
  EXPECT_EQ(
      overrideError("pe.sram_bytes=64K"),
      "--set pe.sram_bytes=64K: expected 'pe.sram_bytes' to be an integer "
      "(bytes), got '64K'");
  EXPECT_EQ(overrideError("pe.sram_bytes="),
            "--set pe.sram_bytes=: expected 'pe.sram_bytes' to be an integer "
            "(bytes), got ''");
  EXPECT_EQ(overrideError("clock.ghz=inf"),
            "--set clock.ghz=inf: expected 'clock.ghz' to be a number (GHz), "
            "got 'inf'");
  EXPECT_EQ(overrideError("pe.psum_in_cache=2"),
            "--set pe.psum_in_cache=2: expected 'pe.psum_in_cache' between 0 "
            "and 1 flag, got 2");
  EXPECT_EQ(overrideError("core.input_queues_wavelets=4,,2"),
            "--set core.input_queues_wavelets=4,,2: expected "
            "'core.input_queues_wavelets' to be integers with commas between "
            "them (wavelets), got ''");
}

TEST(Override, LeavesTheMachineAloneAfterAnError) {
  MachineFile file = tiny();
  EXPECT_TRUE(applyOverride(file, "pe.sram_bytes=12"));
  EXPECT_EQ(file.machine.sramBytes, 49152);
  EXPECT_EQ(file.find("pe.sram_bytes")->trust, 'P');
}

TEST(Lookup, FindsMachinesByNameAndByPath) {
  EXPECT_EQ(machineNames(WAFERFLOW_MACHINES),
            (std::vector<std::string>{"cs2", "cs3", "tiny"}));
  Result<MachineFile> file = loadMachine(WAFERFLOW_MACHINES "/cs2.yaml", "");
  ASSERT_TRUE(file) << file.str();
  EXPECT_EQ(file->machine.name, "cs2");
}

TEST(Lookup, ListsTheKnownMachinesForAnUnknownOne) {
  EXPECT_EQ(loadMachine("cs4", WAFERFLOW_MACHINES).str(),
            "unknown machine 'cs4', known are cs2, cs3, tiny; or give the path "
            "of a .yaml file");
  EXPECT_EQ(
      loadMachine("cs4", "/nonexistent").str(),
      "unknown machine 'cs4', known are none in /nonexistent; or give the "
      "path of a .yaml file");
  EXPECT_EQ(loadMachine("cs4.yaml", WAFERFLOW_MACHINES).str(),
            "cs4.yaml: cannot read: No such file or directory");
}

TEST(Lookup, ChecksTiesAfterTheLastOverride) {
  EXPECT_TRUE(loadMachine("tiny", WAFERFLOW_MACHINES,
                          {"pe.sram_bytes=8192", "pe.code_bytes=4096"}));
  EXPECT_EQ(
      loadMachine("tiny", WAFERFLOW_MACHINES, {"pe.sram_bytes=8192"}).str(),
      "machine 'tiny': expected 'pe.code_bytes' below the 8192 of "
      "'pe.sram_bytes', got 12288");
}

} // namespace
