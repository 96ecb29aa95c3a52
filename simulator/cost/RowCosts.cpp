//===- RowCosts.cpp -------------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/RowCosts.h"

#include <algorithm>
#include <cmath>

namespace waferflow::cost {

namespace {

/// Scalar code of an sddmm's rows, counted in the lowered program
/// (compiler/lower-to-fabric/sddmm): which vector is next, from which side (on
/// average over columns); which results wait, and that they have left.
constexpr double kSddmmNextSlots = 7, kSddmmResultSlots = 2;

/// Cycles of a stream that wait between two cores. Router buffers are taken to
/// be deep enough for a link's full rate, so no less than its latency.
double waiting(const Machine &machine, double distance, double sharing,
               double latency) {
  return std::max(latency, std::floor(waitingWavelets(machine, distance) *
                                      sharing / machine.linkWaveletsPerCycle));
}

RecurrenceVariant commonRow(const Machine &machine, const CostSwitches &on,
                            const RowShape &shape, double rate) {
  RecurrenceVariant v;
  v.perNonzero = cyclesAt(shape.tokens, on[Cost::DotRate] ? rate : kIdealRate,
                          on[Cost::Padding]);
  if (on[Cost::Launch])
    v.perNonzero += static_cast<double>(machine.launchCycles);
  if (on[Cost::Io]) // a lane's link carries at most so many
    v.perNonzero = std::max(
        v.perNonzero, waveletsPerWeight(shape.types.storage, shape.indexFree) /
                          machine.linkWaveletsPerCycle);
  if (on[Cost::RowEnd])
    v.rowEnd = static_cast<double>(machine.rowEndCycles);
  double distance = static_cast<double>(shape.distance);
  double sharing = on[Cost::Contention] ? distance : 1;
  v.stage = stageCycles(machine, distance);
  v.queue = waiting(machine, distance, sharing, v.stage);
  return v;
}

double fill(const Machine &machine, const TokenLayout &tokens) {
  int64_t copies =
      machine.hopCycles * tokens.groupColumns * (tokens.groups - 1);
  return static_cast<double>(machine.rerouteCycles + copies +
                             machine.dispatchCycles + 2 * machine.rampCycles +
                             machine.completeCycles);
}

} // namespace

RecurrenceVariant spmmRow(const Machine &machine, const CostSwitches &on,
                          const RowShape &shape) {
  RecurrenceVariant v = commonRow(machine, on, shape,
                                  axpyRate(machine, shape.types, shape.tokens));
  double distance = static_cast<double>(shape.distance);
  double sharing = on[Cost::Contention] ? distance : 1;
  double back = distance * static_cast<double>(shape.members - 1);
  v.wrap = stageCycles(machine, back);
  v.wrapQueue = waiting(machine, back, sharing, v.wrap);
  if (on[Cost::RowEnd]) {
    // The place of the next row's sum is cleared; a column alone moves its own
    // sum to the result before.
    double moves = shape.members == 1 ? 2 : 1;
    v.rowEnd += moves * moveCycles(machine, shape.types.sum(), shape.tokens,
                                   on[Cost::Padding]);
  }
  if (!on[Cost::Reduction] || shape.members == 1)
    return v;
  bool whole = on[Cost::Padding];
  v.slots = streamSlots(machine, shape.types.sum(), shape.tokens, whole);
  v.stream = streamCycles(machine, shape.types.sum(), shape.tokens, v.slots,
                          sharing, whole);
  return v;
}

RecurrenceVariant sddmmRow(const Machine &machine, const CostSwitches &on,
                           const RowShape &shape) {
  RecurrenceVariant v =
      commonRow(machine, on, shape, dotRate(machine, shape.types));
  if (on[Cost::RowEnd]) {
    // Without indices no control wavelet comes: a task activates the other, and
    // streams use the slots until it starts.
    if (shape.indexFree)
      v.rowEnd = 0;
    v.rowEnd += kSddmmNextSlots;
    v.resultsEnd =
        kSddmmResultSlots + static_cast<double>(machine.launchCycles);
    v.clearPerCycle = machine.rate("copy.f32.memory");
  }
  v.hop = static_cast<double>(machine.hopCycles);
  v.rootMove = static_cast<double>(machine.switchAdvanceCycles);
  if (!on[Cost::Reduction])
    return v;
  bool whole = on[Cost::Padding];
  v.perResult = streamSlots(machine, ElementType::F32, 1, whole);
  if (shape.members == 1)
    return v;
  v.slots = copySlots(machine, shape.types.storage, shape.tokens, whole);
  v.stream = streamCycles(machine, shape.types.storage, shape.tokens, v.slots,
                          1, whole);
  return v;
}

double spmmOutside(const Machine &machine, const CostSwitches &on,
                   const TokenLayout &tokens) {
  if (!on[Cost::Fill])
    return 0;
  return fill(machine, tokens) +
         static_cast<double>(machine.hopCycles * (tokens.rowsUsed - 1));
}

double sddmmOutside(const Machine &machine, const CostSwitches &on,
                    const TokenLayout &tokens) {
  double stages = static_cast<double>(tokens.rowsUsed - 1);
  double chain = on[Cost::Ring] ? stages * stageCycles(machine, 1) : 0;
  if (!on[Cost::Fill])
    return chain;
  // The wave down the chain is slower than the multicast and hides its skew.
  return fill(machine, tokens) +
         std::max(chain, stages * static_cast<double>(machine.hopCycles));
}

double edgeCyclesPerWavelet(const Machine &machine, int64_t groups) {
  return 4.0 * static_cast<double>(groups) / machine.edgeBytesPerCycle();
}

} // namespace waferflow::cost
