//===- Map.cpp ------------------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/ScalarCycles.h"
#include "simulator/tile/KernelModel.h"
#include "simulator/tile/WholeCost.h"

using namespace waferflow;

KernelTiming waferflow::timeMap(const Kernel &kernel, const Map &map,
                                TileContext &context) {
  const Program &program = context.program;
  const Machine &machine = program.machine;
  KernelTiming timing;
  int64_t cycles = scalarCycles(map.work, program.type, machine);
  int64_t fill = 0;
  if (!map.vectors.empty()) {
    cycles += streamedCycles(map.vectors, program.type, machine,
                             !context.switches[Cost::Io]);
    timing.counters["edge wavelets in"] =
        streamedWavelets(map.vectors, program.type);
    fill = machine.rerouteCycles + 2 * machine.rampCycles +
           machine.hopCycles * (program.tokens.rowsUsed - 1);
  }
  timing.cumulative =
      wholeCost(Cost::Elementwise, 0, cycles, fill, context.switches);
  timing.bottleneck = "element-wise";
  return timing;
}
