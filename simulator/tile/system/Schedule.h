//===- Schedule.h - Kernels in SystemC time ---------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Nothing of SystemC is visible from here.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_TILE_SYSTEM_SCHEDULE_H
#define WAFERFLOW_SIMULATOR_TILE_SYSTEM_SCHEDULE_H

#include "simulator/machine/Machine.h"
#include "simulator/report/Report.h"

#include <variant>
#include <vector>

namespace waferflow {

/// What the system knows of a kernel: how long its region takes by itself, and
/// what goes through the edge meanwhile.
struct ScheduledKernel {
  int64_t cycles = 0;
  int64_t bytesIn = 0;    ///< streamed weights
  int64_t bytesOut = 0;   ///< gradients
  int32_t weightIn = -1;  ///< that streams in, -1: none that updates change
  int32_t weightOut = -1; ///< whose gradient leaves
  int64_t updates = 0;    ///< weights whose gradient leaves
};

struct ScheduleResult {
  std::vector<int64_t> kernelCycles; ///< of the steady step, by kernel
  int64_t stepCycles = 0;            ///< of the steady step
  int64_t firstStepCycles = 0;       ///< from an empty machine
  int64_t optimizerCycles = 0;       ///< the weight store's work a step
  int64_t exposedCycles = 0; ///< the wafer waits for the optimizer, a step
};

/// Runs the kernels one after the other on a system of host, weight store, edge
/// and one region, twice: the second step, which meets the updates that the
/// first has left in the weight store, is the steady one. `switches`: io off is
/// an edge and a store without limits.
///
/// One run at a time in a process: others wait. Leaves SystemC as it was found.
std::variant<ScheduleResult, Error>
runSchedule(const Machine &machine, const std::vector<ScheduledKernel> &kernels,
            const CostSwitches &switches);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_TILE_SYSTEM_SCHEDULE_H
