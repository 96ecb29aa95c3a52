//===- Spmm.cpp - Streamed rows times resident activations ----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/tile/StreamModel.h"
#include "simulator/tile/TimingCache.h"

namespace waferflow {

namespace {

std::string keyOf(const Spmm &spmm, const Weight &weight) {
  // A mask is known by its weight; dense weights of one shape are alike.
  std::string key =
      "spmm " + (weight.mask ? std::to_string(spmm.weight) : "dense");
  for (int64_t part : {weight.rows, weight.columns, int64_t(spmm.transposed),
                       int64_t(spmm.inOrder), int64_t(spmm.outOrder),
                       spmm.outputGroups, int64_t(spmm.form), spmm.buffers})
    key += " " + std::to_string(part);
  return key;
}

KernelTiming compute(const Spmm &spmm, const TileContext &context) {
  const Program &program = context.program;
  const Machine &machine = program.machine;
  const TokenLayout &tokens = program.tokens;
  const Weight &weight = program.weights.at(spmm.weight);
  StreamModel model{program};
  model.grouping = groupOutputs(
      program.orders.at(spmm.inOrder), program.orders.at(spmm.outOrder),
      spmm.outputGroups, spmm.form, tokens.groupColumns);
  model.counts = countStream(weight, spmm.transposed, /*everything=*/false,
                             model.grouping.memberOf, model.grouping.members,
                             context.threads);
  model.buffers = spmm.buffers;
  bool indexFree = !weight.mask;
  for (int64_t n = 0; n <= model.counts.largest; ++n)
    model.waveletsIn.push_back(
        static_cast<int32_t>(cost::weightWavelets(program.type, indexFree, n)));
  const cost::RowShape shape{{program.type, program.accumulate},
                             0,
                             model.grouping.members,
                             model.grouping.distance,
                             indexFree};
  model.costs = [&](const CostSwitches &on, double tokensOfCore) {
    cost::RowShape column = shape;
    column.tokens = tokensOfCore;
    return cost::spmmRow(machine, on, column);
  };
  model.run = runSpmmRecurrence;
  model.outside = [&](const CostSwitches &on) {
    return cost::spmmOutside(machine, on, tokens);
  };
  model.relevant = {Cost::Padding,   Cost::DotRate,      Cost::Launch,
                    Cost::RowEnd,    Cost::RowImbalance, Cost::ColumnImbalance,
                    Cost::Reduction, Cost::Ring,         Cost::Io,
                    Cost::Fill};
  if (model.grouping.distance > 1)
    model.relevant.push_back(Cost::Contention);

  KernelTiming timing = model.time(context);
  int64_t cores = tokens.groups * tokens.rowsUsed; // of each column, copied
  int64_t wavelets = static_cast<int64_t>(cost::cyclesAt(
      static_cast<double>(tokens.tokensPerCore),
      static_cast<double>(elementsPerWavelet(shape.types.sum())), true));
  timing.counters["axpys"] = timing.nonzeros * cores;
  timing.counters["ring wavelets"] =
      model.counts.rows * (model.grouping.members - 1) * wavelets * cores;
  return timing;
}

} // namespace

KernelTiming timeSpmm(const Kernel &kernel, const Spmm &spmm,
                      TileContext &context) {
  const Weight &weight = context.program.weights.at(spmm.weight);
  return context.cache->get(keyOf(spmm, weight),
                            [&] { return compute(spmm, context); });
}

} // namespace waferflow
