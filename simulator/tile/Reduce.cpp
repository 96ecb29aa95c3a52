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

/// Local work, then over x, then over y of what x left, then token groups where
/// the result leaves: a gradient is f32, 4 bytes each, through the south edge.
KernelTiming waferflow::timeReduce(const Kernel &kernel, const Reduce &reduce,
                                   TileContext &context) {
  const Program &program = context.program;
  const Machine &machine = program.machine;
  KernelTiming timing;
  auto count = [&](const char *name, int64_t amount) {
    if (amount)
      timing.counters[name] += amount;
  };

  int64_t local = scalarCycles(reduce.work, program.type, machine);
  int64_t exchange = 0, drain = 0, fill = 0;
  auto over = [&](int64_t cores, int64_t distance, bool back,
                  const char *axis) {
    Collective line = reduceOver(machine, cores, distance, reduce.vectorPerCore,
                                 reduce.type, back);
    exchange += line.cycles;
    count("reduce wavelets", line.wavelets);
    if (line.form != Collective::Form::None)
      count((std::string("reduce ") + axis + " " + formName(line.form)).c_str(),
            1);
  };
  if (reduce.overX)
    over(reduce.columns, 1, reduce.broadcastBack, "x");
  if (reduce.overY)
    over(reduce.rows, 1, reduce.broadcastBack, "y");
  if (reduce.drain) {
    over(program.tokens.groups, program.tokens.groupColumns, false, "groups");
    int64_t gradients =
        reduce.vectorPerCore * (reduce.overX ? 1 : reduce.columns);
    count("edge wavelets out", gradients);
    if (context.switches[Cost::Io])
      drain = cyclesAt(static_cast<double>(4 * gradients),
                       machine.edgeBytesPerCycle());
  }
  if (exchange + drain > 0)
    fill =
        machine.rerouteCycles + machine.dispatchCycles + machine.completeCycles;

  timing.cumulative = wholeCost(Cost::Reduce, 0, local + exchange + drain, fill,
                                context.switches);
  timing.bottleneck = drain > std::max(local, exchange) ? "gradient I/O"
                      : exchange > local                ? "reduction"
                                                        : "element-wise";
  return timing;
}
