//===- Attention.cpp ------------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/AttentionPadding.h"
#include "simulator/cost/Cycles.h"
#include "simulator/tile/KernelModel.h"
#include "simulator/tile/TimingCache.h"
#include "simulator/tile/WholeCost.h"

#include <algorithm>

using namespace waferflow;

namespace {

/// Query-key pairs that are multiplied, over all heads and sequences.
double pairs(const Attention &attention, const TokenLayout &tokens) {
  double seq = static_cast<double>(tokens.seq);
  double sequences = static_cast<double>(tokens.tokens / tokens.seq);
  double each = attention.causal ? seq * (seq + 1) / 2 : seq * seq;
  return sequences * static_cast<double>(attention.heads) * each;
}

/// Every program begins with its routes; the first wavelets of keys and values
/// (and of their gradients) come from columns and rows.
int64_t fillCycles(const AttentionShape &shape, bool backward,
                   const Machine &machine) {
  int64_t begin = machine.rerouteCycles + machine.dispatchCycles +
                  2 * machine.rampCycles + machine.completeCycles;
  int64_t programs = 1;
  if (shape.spread.hops() > 0)
    programs += backward ? 4 : 2;
  return programs * begin + (programs - 1) * machine.hopCycles;
}

KernelTiming time(const Attention &attention, const TileContext &context) {
  const Program &program = context.program;
  AttentionShape shape = shapeOf(
      attention, program.orders[attention.order], program.tokens,
      attention.keyOrder < 0 ? nullptr : &program.orders[attention.keyOrder]);
  AttentionCosts costs(program.machine, program.type, program.accumulate,
                       context.switches);
  int64_t spread = context.switches[Cost::Ring]
                       ? spreadCycles(shape, attention.backward,
                                      program.machine, program.type)
                       : 0;
  AttentionCycles cycles;
  if (context.switches[Cost::Padding]) {
    cycles = criticalColumn(shape, attention.backward, costs);
    cycles.exchange += spread;
  } else {
    double share = evenShare(shape, attention.heads * attention.headDim,
                             program.tokens, program.machine);
    cycles = unpaddedColumn(shape, attention.backward, costs, spread, share);
  }

  KernelTiming timing;
  int matmuls = attention.backward ? 5 : 2;
  timing.multiplyAdds = pairs(attention, program.tokens) *
                        static_cast<double>(attention.headDim * matmuls);
  timing.cumulative = wholeCost(
      Cost::Attention, idealCycles(program.machine, timing.multiplyAdds),
      cycles.total(), fillCycles(shape, attention.backward, program.machine),
      context.switches);
  timing.bottleneck = "compute";
  if (cycles.softmax > cycles.matmul && cycles.softmax > cycles.exchange)
    timing.bottleneck = "softmax";
  else if (cycles.exchange > cycles.matmul)
    timing.bottleneck = "score exchange";
  timing.counters = {{"attention matmul cycles", cycles.matmul},
                     {"attention exchange cycles", cycles.exchange},
                     {"attention softmax cycles", cycles.softmax}};
  return timing;
}

} // namespace

KernelTiming waferflow::timeAttention(const Kernel &kernel,
                                      const Attention &attention,
                                      TileContext &context) {
  std::string key = "attention";
  for (int64_t part :
       {int64_t(attention.backward), int64_t(attention.causal), attention.heads,
        attention.kvHeads, attention.headDim, int64_t(attention.order),
        attention.keyBlock, int64_t(attention.keyOrder),
        int64_t(attention.statistics)})
    key += " " + std::to_string(part);
  return context.cache->get(key, [&] { return time(attention, context); });
}
