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

const char *waferflow::formName(Collective::Form form) {
  switch (form) {
  case Collective::Form::None:
    return "none";
  case Collective::Form::Chain:
    return "chain";
  case Collective::Form::Tree:
    return "tree";
  case Collective::Form::Ring:
    return "ring";
  }
  return "none";
}

Collective waferflow::reduceOver(const Machine &machine, int64_t cores,
                                 int64_t distance, int64_t elements,
                                 ElementType type, bool broadcast) {
  Collective best;
  if (cores <= 1 || elements == 0)
    return best;
  double rate = rateOf(machine, "add", type, "fabric");
  int64_t vector = divideUp(elements, elementsPerWavelet(type));
  // A stream of adds is held up by the core's slots or by the link.
  auto adds = [&](int64_t count) {
    return std::max(
        cyclesAt(count, rate),
        linkCycles(machine, divideUp(count, elementsPerWavelet(type))));
  };

  int64_t chain = adds(elements) + (cores - 1) * stageCycles(machine, distance);
  int64_t tree = 0, levels = 0;
  for (int64_t reach = 1; reach < cores; reach *= 2, ++levels)
    tree += adds(elements) + stageCycles(machine, distance * reach);
  int64_t back = broadcast
                     ? linkCycles(machine, vector) + 2 * machine.rampCycles +
                           machine.hopCycles * distance * (cores - 1)
                     : 0;

  int64_t received = broadcast ? vector : 0;
  best = {Collective::Form::Chain, chain + back, vector + received};
  if (tree + back < best.cycles)
    best = {Collective::Form::Tree, tree + back, levels * vector + received};
  if (broadcast) {
    int64_t piece = divideUp(elements, cores);
    int64_t steps = 2 * (cores - 1);
    int64_t ring = steps * (adds(piece) + stageCycles(machine, 2 * distance));
    if (ring < best.cycles)
      best = {Collective::Form::Ring, ring,
              steps * divideUp(piece, elementsPerWavelet(type))};
  }
  return best;
}
