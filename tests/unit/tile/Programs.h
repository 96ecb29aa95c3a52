//===- Programs.h - Programs small enough to count by hand ------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_UNIT_TILE_PROGRAMS_H
#define WAFERFLOW_TESTS_UNIT_TILE_PROGRAMS_H

#include "simulator/machine/Reader.h"
#include "simulator/program/Program.h"
#include "simulator/tile/KernelModel.h"

#include <gtest/gtest.h>

namespace waferflow::handmade {

/// 8 x 4 cores with round numbers: 1 GHz, hop 1, ramp 2 (a stage to the
/// neighbour is 6, to the one after it 7), launch 2, set-up 10, dispatch 7,
/// complete 3, reroute 5, 64 bytes a cycle at the edge and in the store,
/// latency 1000, 16 bytes an update, 4 AXPY, add, mul, max a cycle, dot 2, exp
/// and log 40 cycles, reciprocal 10, from the fabric a wavelet a cycle.
inline Machine machine() {
  Result<MachineFile> file = loadMachine("tiny", WAFERFLOW_MACHINES);
  EXPECT_TRUE(file) << file.str();
  Machine m = file->machine;
  m.clockGhz = 1;
  m.width = 8;
  m.height = 4;
  m.hopCycles = 1;
  m.rampCycles = 2;
  m.linkWaveletsPerCycle = 1;
  m.rerouteCycles = 5;
  m.launchCycles = 2;
  m.setupCycles = 10;
  m.rowEndCycles = 8;
  m.taskCycles = 40;
  m.dispatchCycles = 7;
  m.completeCycles = 3;
  m.psumInCache = 0;
  m.edgeBytesPerSecond = 64e9;
  m.edgeLatencySeconds = 1e-6;
  m.storeBytesPerSecond = 64e9;
  m.storeBytesPerWeight = 16;
  auto &rates = m.instructions;
  rates["axpy.f16.memory"] = 4;
  rates["axpy.f16.cache"] = 8;
  rates["axpy.mixed.memory"] = 2;
  rates["add.f16.memory"] = rates["mul.f16.memory"] = rates["max.f16.memory"] =
      4;
  rates["add.f16.fabric"] = rates["copy.f16.fabric"] = 2;
  rates["add.f32.fabric"] = rates["copy.f32.fabric"] = 1;
  rates["dot.f16.memory"] = 2;
  rates["exp.f16.memory"] = rates["log.f16.memory"] = 1.0 / 40;
  rates["reciprocal.f16.memory"] = 0.1;
  return m;
}

/// An order that puts feature i into column columnOf[i].
inline FeatureOrder order(std::string name, int64_t columns,
                          std::vector<int32_t> columnOf) {
  FeatureOrder result;
  result.name = std::move(name);
  result.columns = columns;
  std::vector<int32_t> used(columns, 0);
  for (int32_t column : columnOf)
    result.slot.push_back(used[column]++);
  result.column = std::move(columnOf);
  return result;
}

inline Kernel kernel(std::string name, decltype(Kernel::body) body) {
  Kernel result;
  result.name = std::move(name);
  result.body = std::move(body);
  return result;
}

/// No kernels yet; `tokens` in sequences of `seq`, one token group.
inline Program program(int64_t tokens, int64_t seq, int64_t groups = 1) {
  Program result;
  result.model = "hand-made";
  result.machine = machine();
  result.tokens = layTokens(tokens, seq, groups, result.machine.width,
                            result.machine.height);
  return result;
}

inline void add(Program &program, Kernel kernel) {
  kernel.id = static_cast<int32_t>(program.kernels.size());
  program.kernels.push_back(std::move(kernel));
}

/// D_i of one cost.
inline int64_t entry(const CumulativeCycles &cumulative, Cost cost) {
  int i = static_cast<int>(cost);
  return cumulative[i + 1] - cumulative[i];
}

inline CostSwitches without(Cost cost) {
  CostSwitches switches;
  switches.on[static_cast<int>(cost)] = false;
  return switches;
}

} // namespace waferflow::handmade

#endif // WAFERFLOW_TESTS_UNIT_TILE_PROGRAMS_H
