//===- Relayout.cpp -------------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/Arithmetic.h"
#include "simulator/cost/Cycles.h"
#include "simulator/cost/Exchange.h"
#include "simulator/tile/KernelModel.h"
#include "simulator/tile/WholeCost.h"

#include <algorithm>
#include <cstdlib>

using namespace waferflow;

namespace {

struct Time {
  int64_t cycles = 0;
  int64_t latency = 0; ///< of the longest way
  const char *bottleneck = "core slots";
};

/// Tokens to columns and features to rows, x first: half of a row's data
/// crosses its middle, a quarter each way; then the same in a column. A core
/// sends and receives its tile, a slot a wavelet.
Time transpose(const FeatureOrder &from, const Program &program) {
  const Machine &machine = program.machine;
  const TokenLayout &tokens = program.tokens;
  int64_t perWavelet = elementsPerWavelet(program.type);
  double tile = static_cast<double>(
      divideUp(from.featuresPerColumn() * tokens.tokensPerCore, perWavelet));
  int64_t longest = std::max(from.columns, tokens.rowsUsed);
  double slotRate = rateOf(machine, "copy", program.type, "fabric") /
                    static_cast<double>(perWavelet);
  int64_t link = linkCycles(machine, tile * static_cast<double>(longest) / 4);
  int64_t core = cyclesAt(2 * tile, slotRate);
  return {std::max(core, link),
          machine.hopCycles * (from.columns + tokens.rowsUsed - 2),
          link > core ? "links" : "core slots"};
}

/// Later steps have the way to the neighbour in them.
Time exchange(const FeatureOrder &from, const cost::Travel &travel,
              const Program &program) {
  double cycles =
      cost::exchangeCycles(program.machine, travel, from.featuresPerColumn(),
                           program.tokens.tokensPerCore, program.type);
  return {static_cast<int64_t>(cycles), program.machine.hopCycles};
}

Time timeOf(const Relayout &relayout, const Program &program) {
  const FeatureOrder &from = program.orders[relayout.fromOrder];
  int64_t columns = program.tokens.groupColumns;
  auto between = [&](const ColumnLayout &to) {
    ColumnLayout held = columnLayout(from, columns);
    if (held == to)
      return Time();
    return exchange(from, cost::travelOf(movesBetween(held, to), held, to),
                    program);
  };
  switch (relayout.form) {
  case Relayout::Form::AllGather:
    return between(replicaLayout(from, relayout.outputGroups,
                                 relayout.groupForm, columns));
  case Relayout::Form::Regroup:
    return between(columnLayout(program.orders[relayout.toOrder], columns));
  case Relayout::Form::Transpose:
    return transpose(from, program);
  }
  return {};
}

} // namespace

KernelTiming waferflow::timeRelayout(const Kernel &kernel,
                                     const Relayout &relayout,
                                     TileContext &context) {
  const Machine &machine = context.program.machine;
  Time time = timeOf(relayout, context.program);
  int64_t fill = time.cycles > 0
                     ? machine.rerouteCycles + machine.dispatchCycles +
                           2 * machine.rampCycles + time.latency +
                           machine.completeCycles
                     : 0;
  Cost cost = relayout.form == Relayout::Form::AllGather ? Cost::Gather
                                                         : Cost::Relayout;
  KernelTiming timing;
  timing.cumulative = wholeCost(cost, 0, time.cycles, fill, context.switches);
  timing.bottleneck = time.bottleneck;
  return timing;
}
