//===- Small.h - Small fabric programs for tests -------------- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_UNIT_CYCLE_SMALL_H
#define WAFERFLOW_TESTS_UNIT_CYCLE_SMALL_H

#include "simulator/cycle/FabricSimulation.h"
#include "simulator/cycle/collectives/Parts.h"
#include "simulator/machine/Reader.h"

#include <gtest/gtest.h>

namespace waferflow::cycle::test {

inline Machine load(const char *name,
                    const std::vector<std::string> &set = {}) {
  auto file = loadMachine(name, WAFERFLOW_MACHINES, set);
  EXPECT_TRUE(bool(file)) << file.str();
  return file->machine;
}

/// What happened, as "cycle place what".
struct Log : Observer {
  std::vector<std::string> lines;
  void landing(int64_t cycle, int64_t x, int64_t y, int32_t color,
               Direction from, bool toCore, Wavelet wavelet) override {
    add(cycle, x, y,
        (toCore ? std::string("queue") : std::string(directionName(from))) +
            " C" + std::to_string(color) + (wavelet.control ? " control" : ""));
  }
  void issue(int64_t cycle, int64_t x, int64_t y, int32_t thread, VectorOp op,
             int64_t done) override {
    add(cycle, x, y,
        "issue " + std::to_string(thread) + " to " + std::to_string(done));
  }
  void taskStart(int64_t cycle, int64_t x, int64_t y,
                 const std::string &task) override {
    add(cycle, x, y, "task " + task);
  }
  void add(int64_t cycle, int64_t x, int64_t y, const std::string &what) {
    lines.push_back(std::to_string(cycle) + " " + std::to_string(x) + "," +
                    std::to_string(y) + " " + what);
  }
  bool has(const std::string &line) const {
    return std::count(lines.begin(), lines.end(), line) == 1;
  }
  int64_t count(const std::string &part) const {
    return std::count_if(lines.begin(), lines.end(), [&](const auto &line) {
      return line.find(part) != std::string::npos;
    });
  }
};

/// Creates and runs; the error is a failure of the test.
inline FabricSimulation ran(const FabricProgram &program,
                            const CycleOptions &options = {}) {
  auto created = FabricSimulation::create(program, options);
  EXPECT_TRUE(bool(created)) << created.str();
  FabricSimulation simulation = std::move(*created);
  auto error = simulation.run();
  EXPECT_FALSE(error) << error->str();
  return simulation;
}

/// One core that runs one vector instruction over its own memory.
inline FabricProgram oneCore(const Machine &machine, DataType type,
                             int64_t extent, Vector vector) {
  FabricProgram program = parts::line("one", machine, 1);
  program.cores.push_back(parts::core("one", parts::columns(0, 1),
                                      {1, extent, type}, -1, -1, {vector}));
  program.cores[0].buffers.push_back({"y", type, extent});
  program.cores[0].registers.push_back({type});
  return program;
}

} // namespace waferflow::cycle::test

#endif // WAFERFLOW_TESTS_UNIT_CYCLE_SMALL_H
