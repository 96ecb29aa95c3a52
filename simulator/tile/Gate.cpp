//===- Gate.cpp -----------------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/tile/Gate.h"

namespace waferflow {

CumulativeCycles gate(const CumulativeCycles &cumulative, const Kernel &kernel,
                      const CostSwitches &switches) {
  Cost entry;
  if (kernel.phase == Phase::Recompute)
    entry = Cost::Recomputation;
  else if (kernel.section == Section::Head)
    entry = Cost::Head;
  else
    return cumulative;

  constexpr int fillPlace = static_cast<int>(Cost::Fill);
  int64_t ideal = cumulative[0];
  int64_t above = cumulative[fillPlace] - ideal;
  int64_t fill = cumulative[kNumCosts] - cumulative[fillPlace];
  CumulativeCycles gated;
  gated.fill(ideal);
  for (int i = static_cast<int>(entry) + 1; i <= kNumCosts; ++i)
    gated[i] += switches[entry] ? above : 0;
  gated[kNumCosts] += fill;
  return gated;
}

} // namespace waferflow
