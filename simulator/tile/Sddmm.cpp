//===- Sddmm.cpp - Weight gradients at a mask's positions -----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/tile/StreamModel.h"
#include "simulator/tile/TimingCache.h"

#include <algorithm>

namespace waferflow {

namespace {

std::string keyOf(const Sddmm &sddmm, const Weight &weight, bool dense) {
  std::string key = "sddmm " + (dense ? "dense" : std::to_string(sddmm.weight));
  for (int64_t part :
       {weight.rows, weight.columns, int64_t(sddmm.inOrder),
        int64_t(sddmm.outOrder), int64_t(sddmm.broadcast), sddmm.buffers})
    key += " " + std::to_string(part);
  return key;
}

KernelTiming compute(const Sddmm &sddmm, bool dense,
                     const TileContext &context) {
  const Program &program = context.program;
  const Machine &machine = program.machine;
  const TokenLayout &tokens = program.tokens;
  const Weight &weight = program.weights.at(sddmm.weight);
  const FeatureOrder &in = program.orders.at(sddmm.inOrder);
  const FeatureOrder &out = program.orders.at(sddmm.outOrder);
  // Rows are the features whose vectors travel; the other side stays.
  bool byInput = sddmm.broadcast == Sddmm::Broadcast::Input;
  StreamModel model{program};
  model.grouping = groupOutputs(byInput ? out : in, byInput ? in : out, 1,
                                GroupForm::Contiguous, tokens.groupColumns);
  model.counts = countStream(weight, byInput, dense, model.grouping.memberOf,
                             model.grouping.members, context.threads);
  model.buffers = sddmm.buffers;
  for (int64_t n = 0; n <= model.counts.largest; ++n) {
    // An index a position, and the row's end; all positions need none.
    model.waveletsIn.push_back(dense ? 0 : static_cast<int32_t>(n + 1));
    model.waveletsOut.push_back(static_cast<int32_t>(n)); // f32 results
  }
  const cost::RowShape shape{
      {program.type, program.accumulate}, 0, model.grouping.members, 1, dense};
  model.costs = [&](const CostSwitches &on, double tokensOfCore) {
    cost::RowShape column = shape;
    column.tokens = tokensOfCore;
    return cost::sddmmRow(machine, on, column);
  };
  model.run = runSddmmRecurrence;
  model.outside = [&](const CostSwitches &on) {
    return cost::sddmmOutside(machine, on, tokens);
  };
  model.relevant = {Cost::Padding,   Cost::DotRate,      Cost::Launch,
                    Cost::RowEnd,    Cost::RowImbalance, Cost::ColumnImbalance,
                    Cost::Reduction, Cost::Ring,         Cost::Io,
                    Cost::Fill};

  KernelTiming timing = model.time(context);
  int64_t cores = tokens.groups * tokens.rowsUsed;
  int64_t wavelets = static_cast<int64_t>(cost::cyclesAt(
      static_cast<double>(tokens.tokensPerCore),
      static_cast<double>(elementsPerWavelet(program.type)), true));
  timing.counters["dots"] = timing.nonzeros * cores;
  timing.counters["broadcast wavelets"] =
      model.counts.rows * (model.grouping.members - 1) * wavelets * cores;
  timing.counters["chain wavelets"] = timing.nonzeros * cores;
  return timing;
}

} // namespace

KernelTiming timeSddmm(const Kernel &kernel, const Sddmm &sddmm,
                       TileContext &context) {
  const Weight &weight = context.program.weights.at(sddmm.weight);
  bool dense = sddmm.dense || !weight.mask;
  return context.cache->get(keyOf(sddmm, weight, dense),
                            [&] { return compute(sddmm, dense, context); });
}

} // namespace waferflow
