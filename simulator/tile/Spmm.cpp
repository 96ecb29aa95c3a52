//===- Spmm.cpp - Streamed rows times resident activations ----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/tile/StreamModel.h"
#include "simulator/tile/TimingCache.h"

#include <algorithm>
#include <cmath>

namespace waferflow {

namespace {

/// Cycles of one nonzero: the AXPY, or its wavelets on the column's link.
double axpyCycles(const StreamModel &model, const CostSwitches &on,
                  cost::StepTypes types, double tokens) {
  const Machine &machine = model.program.machine;
  double rate = on[Cost::DotRate] ? cost::axpyRate(machine, types, tokens)
                                  : cost::kIdealRate;
  double cycles = cost::cyclesAt(tokens, rate, on[Cost::Padding]);
  if (on[Cost::Launch])
    cycles += static_cast<double>(machine.launchCycles);
  if (on[Cost::Io])
    cycles = std::max(
        cycles, cost::waveletsPerWeight(types.storage, !model.weight.mask) /
                    machine.linkWaveletsPerCycle);
  return cycles;
}

RecurrenceVariant rowCosts(const StreamModel &model, const CostSwitches &on,
                           cost::StepTypes types, double tokens) {
  const Machine &machine = model.program.machine;
  const OutputGrouping &grouping = model.grouping;
  RecurrenceVariant v;
  v.perNonzero = axpyCycles(model, on, types, tokens);
  v.rowEnd = on[Cost::RowEnd] ? static_cast<double>(machine.rowEndCycles) : 0;
  if (grouping.members == 1)
    return v;
  bool whole = on[Cost::Padding];
  double sharing =
      on[Cost::Contention] ? static_cast<double>(grouping.distance) : 1;
  if (on[Cost::Reduction])
    v.slots = cost::streamSlots(machine, types.sum(), tokens, whole);
  v.stream = on[Cost::Reduction] ? cost::streamCycles(machine, types.sum(),
                                                      tokens, sharing, whole)
                                 : 0;
  double distance = static_cast<double>(grouping.distance);
  v.queue = cost::waitingWavelets(machine, distance) /
            machine.linkWaveletsPerCycle * sharing;
  if (whole)
    v.queue = std::floor(v.queue);
  v.stage = cost::stageCycles(machine, distance);
  v.wrap = cost::stageCycles(
      machine, distance * static_cast<double>(grouping.members - 1));
  return v;
}

/// Between kernels, down the columns and out of the pipeline.
double fillCycles(const Program &program) {
  const Machine &machine = program.machine;
  int64_t skew = machine.hopCycles * (program.tokens.rowsUsed - 1);
  int64_t copies = machine.hopCycles * program.tokens.groupColumns *
                   (program.tokens.groups - 1);
  return static_cast<double>(machine.rerouteCycles + skew + copies +
                             machine.dispatchCycles + 2 * machine.rampCycles +
                             machine.completeCycles);
}

std::string keyOf(const Program &program, const Spmm &spmm,
                  const Weight &weight) {
  // A mask is known by its weight; dense weights of one shape are alike.
  std::string source = weight.mask ? std::to_string(spmm.weight) : "dense";
  std::string key = "spmm " + source;
  for (int64_t part : {weight.rows, weight.columns, int64_t(spmm.transposed),
                       int64_t(spmm.inOrder), int64_t(spmm.outOrder),
                       spmm.outputGroups, int64_t(spmm.form), spmm.buffers})
    key += " " + std::to_string(part);
  return key;
}

KernelTiming compute(const Spmm &spmm, const TileContext &context) {
  const Program &program = context.program;
  const Weight &weight = program.weights.at(spmm.weight);
  cost::StepTypes types{program.type, program.accumulate};
  StreamModel model{program, weight, {}, {}, spmm.buffers, {}, {},
                    {},      {},     {}, {}};
  model.grouping = groupOutputs(
      program.orders.at(spmm.inOrder), program.orders.at(spmm.outOrder),
      spmm.outputGroups, spmm.form, program.tokens.groupColumns);
  model.counts = countStream(weight, spmm.transposed, /*everything=*/false,
                             model.grouping.memberOf, model.grouping.members,
                             context.threads);
  for (int64_t n = 0; n <= model.counts.largest; ++n)
    model.waveletsIn.push_back(static_cast<int32_t>(
        cost::weightWavelets(program.type, !weight.mask, n)));
  model.costs = [&](const CostSwitches &on, double tokens) {
    return rowCosts(model, on, types, tokens);
  };
  model.run = runSpmmRecurrence;
  model.outside = [&](const CostSwitches &on) {
    return on[Cost::Fill] ? fillCycles(program) : 0;
  };
  model.relevant = {Cost::Padding,   Cost::DotRate,      Cost::Launch,
                    Cost::RowEnd,    Cost::RowImbalance, Cost::ColumnImbalance,
                    Cost::Reduction, Cost::Ring,         Cost::Io,
                    Cost::Fill};
  if (model.grouping.distance > 1)
    model.relevant.push_back(Cost::Contention);

  KernelTiming timing = model.time(context);
  const TokenLayout &tokens = program.tokens;
  int64_t copies = tokens.groups * tokens.rowsUsed;
  timing.counters["axpys"] = timing.nonzeros * copies;
  timing.counters["ring wavelets"] =
      model.counts.rows * (model.grouping.members - 1) * copies *
      static_cast<int64_t>(cost::cyclesAt(
          static_cast<double>(tokens.tokensPerCore),
          static_cast<double>(elementsPerWavelet(types.sum())), true));
  return timing;
}

} // namespace

KernelTiming timeSpmm(const Kernel &kernel, const Spmm &spmm,
                      TileContext &context) {
  const Weight &weight = context.program.weights.at(spmm.weight);
  return context.cache->get(keyOf(context.program, spmm, weight),
                            [&] { return compute(spmm, context); });
}

} // namespace waferflow
