//===- WholeCost.h - Kernels whose time is one ledger entry -----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_TILE_WHOLECOST_H
#define WAFERFLOW_SIMULATOR_TILE_WHOLECOST_H

#include "simulator/report/Report.h"

namespace waferflow {

/// The ledger of a kernel that is at its ideal until `cost` is on, takes
/// `cycles` from then on, and `fill` more with fill and drain.
inline CumulativeCycles wholeCost(Cost cost, int64_t ideal, int64_t cycles,
                                  int64_t fill, const CostSwitches &switches) {
  CumulativeCycles cumulative;
  cumulative.fill(ideal);
  for (int i = static_cast<int>(cost) + 1; i <= kNumCosts; ++i)
    cumulative[i] = switches[cost] ? cycles : ideal;
  if (switches[Cost::Fill])
    cumulative[kNumCosts] += fill;
  return cumulative;
}

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_TILE_WHOLECOST_H
