//===- Collective.cpp -----------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/Collective.h"

#include "simulator/cost/Cycles.h"

#include <algorithm>

using namespace waferflow;

Collective waferflow::chainOver(const Machine &machine, int64_t cores,
                                int64_t distance, int64_t elements,
                                ElementType type, bool broadcast) {
  if (cores <= 1 || elements == 0)
    return {};
  int64_t vector = divideUp(elements, elementsPerWavelet(type));
  int64_t start = machine.setupCycles + machine.dispatchCycles;
  // A stream of adds is held up by the core's slots or by the link.
  int64_t adds = std::max(cyclesAt(static_cast<double>(elements),
                                   rateOf(machine, "add", type, "fabric")),
                          linkCycles(machine, static_cast<double>(vector)));
  Collective chain;
  chain.cycles = start + adds + (cores - 1) * stageCycles(machine, distance);
  chain.wavelets = vector;
  if (broadcast) {
    chain.cycles += start + linkCycles(machine, static_cast<double>(vector)) +
                    2 * machine.rampCycles +
                    machine.hopCycles * distance * (cores - 1);
    chain.wavelets += vector;
  }
  return chain;
}
