//===- Relayout.cpp -------------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/Cycles.h"
#include "simulator/tile/KernelModel.h"
#include "simulator/tile/WholeCost.h"

#include <algorithm>
#include <cstdlib>

using namespace waferflow;

namespace {

/// Wavelets through the busiest link, issue slots of the busiest core, hops of
/// the longest way.
struct Traffic {
  double link = 0;
  double core = 0;
  int64_t hops = 0;
};

/// Every group of columns gets all F features. Contiguous groups: the last
/// boundary between groups passes what all others hold, (1 - 1/Go) F vectors.
/// Interleaved: Go neighbours exchange theirs, (Go - 1) f. A core receives its
/// replica.
Traffic allGather(const Relayout &relayout, const FeatureOrder &from,
                  int64_t waveletsPerVector) {
  int64_t groups = relayout.outputGroups;
  double vector = static_cast<double>(waveletsPerVector);
  double features = static_cast<double>(from.features());
  Traffic traffic;
  if (groups == 1)
    return traffic;
  int64_t replica = divideUp(from.features(), from.columns / groups);
  if (relayout.groupForm == GroupForm::Contiguous) {
    traffic.link = features * static_cast<double>(groups - 1) /
                   static_cast<double>(groups) * vector;
    traffic.hops = from.columns - 1;
  } else {
    traffic.link =
        static_cast<double>((groups - 1) * from.featuresPerColumn()) * vector;
    replica = std::max(replica, groups * from.featuresPerColumn());
    traffic.hops = groups - 1;
  }
  traffic.core = static_cast<double>(replica) * vector;
  return traffic;
}

/// Every feature goes from its column to its new one; what stays costs nothing.
Traffic regroup(const FeatureOrder &from, const FeatureOrder &to,
                int64_t waveletsPerVector) {
  int64_t columns = std::max(from.columns, to.columns);
  // [0] eastward, [1] westward; load of link x (x to x + 1) as a running sum.
  std::vector<int64_t> change[2] = {std::vector<int64_t>(columns + 1, 0),
                                    std::vector<int64_t>(columns + 1, 0)};
  std::vector<int64_t> slots(columns, 0);
  Traffic traffic;
  for (int64_t feature = 0; feature < from.features(); ++feature) {
    int32_t a = from.column[feature], b = to.column[feature];
    if (a == b)
      continue;
    ++change[a > b][std::min(a, b)];
    --change[a > b][std::max(a, b)];
    ++slots[a];
    ++slots[b];
    traffic.hops = std::max<int64_t>(traffic.hops, std::abs(a - b));
  }
  int64_t busiest = 0;
  for (const std::vector<int64_t> &direction : change) {
    int64_t load = 0;
    for (int64_t delta : direction)
      busiest = std::max(busiest, load += delta);
  }
  traffic.link = static_cast<double>(busiest * waveletsPerVector);
  traffic.core = static_cast<double>(
      *std::max_element(slots.begin(), slots.end()) * waveletsPerVector);
  return traffic;
}

/// Tokens to columns and features to rows, x first: half of a row's data
/// crosses its middle, a quarter each way; then the same in a column. A core
/// sends and receives its tile.
Traffic transpose(const FeatureOrder &from, const TokenLayout &tokens,
                  int64_t perWavelet) {
  double tile = static_cast<double>(
      divideUp(from.featuresPerColumn() * tokens.tokensPerCore, perWavelet));
  int64_t longest = std::max(from.columns, tokens.rowsUsed);
  Traffic traffic;
  traffic.link = tile * static_cast<double>(longest) / 4;
  traffic.core = 2 * tile;
  traffic.hops = from.columns + tokens.rowsUsed - 2;
  return traffic;
}

} // namespace

KernelTiming waferflow::timeRelayout(const Kernel &kernel,
                                     const Relayout &relayout,
                                     TileContext &context) {
  const Program &program = context.program;
  const Machine &machine = program.machine;
  const FeatureOrder &from = program.orders[relayout.fromOrder];
  int64_t perWavelet = elementsPerWavelet(program.type);
  int64_t perVector = divideUp(program.tokens.tokensPerCore, perWavelet);

  Traffic traffic;
  Cost cost = Cost::Relayout;
  switch (relayout.form) {
  case Relayout::Form::AllGather:
    traffic = allGather(relayout, from, perVector);
    cost = Cost::Gather;
    break;
  case Relayout::Form::Regroup:
    traffic = regroup(from, program.orders[relayout.toOrder], perVector);
    break;
  case Relayout::Form::Transpose:
    traffic = transpose(from, program.tokens, perWavelet);
    break;
  }

  // A copy from the fabric takes a slot for each wavelet.
  double slotRate = rateOf(machine, "copy", program.type, "fabric") /
                    static_cast<double>(perWavelet);
  int64_t core = cyclesAt(traffic.core, slotRate);
  int64_t link = linkCycles(machine, traffic.link);
  int64_t fill = traffic.core > 0
                     ? machine.rerouteCycles + machine.dispatchCycles +
                           2 * machine.rampCycles +
                           machine.hopCycles * traffic.hops +
                           machine.completeCycles
                     : 0;

  KernelTiming timing;
  timing.cumulative =
      wholeCost(cost, 0, std::max(core, link), fill, context.switches);
  timing.bottleneck = link > core ? "links" : "core slots";
  return timing;
}
