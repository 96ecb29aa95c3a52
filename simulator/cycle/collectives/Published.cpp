//===- Published.cpp - Published formulas --------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/collectives/Collectives.h"

namespace waferflow::cycle {

int64_t publishedBroadcast(int64_t cores, int64_t wavelets, int64_t ramp) {
  return wavelets + cores + 2 * ramp;
}
int64_t publishedChain(int64_t cores, int64_t wavelets, int64_t ramp) {
  return wavelets + (2 * ramp + 2) * (cores - 1);
}
int64_t publishedTwoPhase(int64_t cores, int64_t wavelets, int64_t group,
                          int64_t ramp) {
  return 2 * wavelets + (cores / group - 1) * (group + 2 * ramp + 1) +
         (2 * ramp + 2) * (group - 1);
}
int64_t publishedStar(int64_t cores, int64_t wavelets, int64_t ramp) {
  return wavelets * (cores - 1) + 2 * ramp + 1;
}
int64_t publishedRing(int64_t cores, int64_t wavelets, int64_t ramp) {
  return 2 * (cores - 1) * wavelets / cores + 4 * cores - 6 +
         2 * (cores - 1) * (2 * ramp + 1);
}

} // namespace waferflow::cycle
