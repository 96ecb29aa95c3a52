//===- Collective.h - Vectors added over a line of cores --------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_COST_COLLECTIVE_H
#define WAFERFLOW_SIMULATOR_COST_COLLECTIVE_H

#include "simulator/machine/Machine.h"

namespace waferflow {

/// One reduction of a vector a core over a line of cores.
struct Collective {
  int64_t cycles = 0;   ///< until the last core has its result
  int64_t wavelets = 0; ///< that the busiest core receives
};

/// Adds `elements` values of `type` over `cores` neighbours, spaced `distance`
/// apart, to one end, and back to all where `broadcast`: a chain, as the
/// lowered program has it. The first core's instruction is set up and
/// dispatched (the others' meanwhile), then
///   adds of one vector at the fabric's rate + (P - 1) stages,
/// and back, set up when the sum is whole,
///   its wavelets through a link + ramps and hops to the far end.
Collective chainOver(const Machine &machine, int64_t cores, int64_t distance,
                     int64_t elements, ElementType type, bool broadcast);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_COST_COLLECTIVE_H
