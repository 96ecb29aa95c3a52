//===- Reduce.cpp ---------------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/Collective.h"
#include "simulator/cost/ScalarCycles.h"
#include "simulator/tile/KernelModel.h"
#include "simulator/tile/WholeCost.h"

#include <algorithm>

using namespace waferflow;

/// Vectors of weights and local work, then over x, then over y of what x left,
/// then token groups where the result leaves: a gradient, through the south
/// edge. Each reduction is a program of its own.
KernelTiming waferflow::timeReduce(const Kernel &kernel, const Reduce &reduce,
                                   TileContext &context) {
  const Program &program = context.program;
  const Machine &machine = program.machine;
  KernelTiming timing;
  auto count = [&](const char *name, int64_t amount) {
    if (amount)
      timing.counters[name] += amount;
  };

  int64_t local = scalarCycles(reduce.work, program.type, machine) +
                  streamedCycles(reduce.vectors, program.type, machine,
                                 !context.switches[Cost::Io]);
  count("edge wavelets in", streamedWavelets(reduce.vectors, program.type));
  int64_t exchange = 0, drain = 0, fill = 0;
  auto over = [&](int64_t cores, int64_t distance, bool back) {
    Collective line = chainOver(machine, cores, distance, reduce.vectorPerCore,
                                reduce.type, back);
    exchange += reduce.times * line.cycles;
    count("reduce wavelets", reduce.times * line.wavelets);
  };
  if (reduce.overX)
    over(reduce.columns, 1, reduce.broadcastBack);
  if (reduce.overY)
    over(reduce.rows, 1, reduce.broadcastBack);
  if (reduce.drain) {
    over(program.tokens.groups, program.tokens.groupColumns, false);
    int64_t gradients = reduce.times * reduce.vectorPerCore *
                        (reduce.overX ? 1 : reduce.columns);
    count("edge wavelets out", gradients);
    if (context.switches[Cost::Io])
      drain =
          cyclesAt(static_cast<double>(elementBytes(reduce.type) * gradients),
                   machine.edgeBytesPerCycle());
  }
  if (exchange + drain > 0)
    fill = reduce.times * machine.rerouteCycles + machine.completeCycles;
  if (!reduce.vectors.empty())
    fill += 2 * machine.rampCycles +
            machine.hopCycles * (program.tokens.rowsUsed - 1);

  timing.cumulative = wholeCost(Cost::Reduce, 0, local + exchange + drain, fill,
                                context.switches);
  timing.bottleneck = drain > std::max(local, exchange) ? "gradient I/O"
                      : exchange > local                ? "reduction"
                                                        : "element-wise";
  return timing;
}
