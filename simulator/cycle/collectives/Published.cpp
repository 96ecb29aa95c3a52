//===- Published.cpp - Published formulas --------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/collectives/Collectives.h"

#include <algorithm>

namespace waferflow::cycle {

int64_t publishedBroadcast(int64_t cores, int64_t wavelets, int64_t ramp) {
  return wavelets + cores + 2 * ramp;
}
int64_t publishedChain(int64_t cores, int64_t wavelets, int64_t ramp) {
  return wavelets + (2 * ramp + 2) * (cores - 1);
}
int64_t publishedTwoPhase(int64_t cores, int64_t wavelets, int64_t group,
                          int64_t ramp) {
  int64_t groups = (cores + group - 1) / group;
  return 2 * wavelets + (groups - 1) * (group + 2 * ramp + 1) +
         (2 * ramp + 2) * (group - 1);
}
int64_t publishedStar(int64_t cores, int64_t wavelets, int64_t ramp) {
  return wavelets * (cores - 1) + 2 * ramp + 1;
}
int64_t publishedTree(int64_t cores, int64_t wavelets, int64_t ramp) {
  int64_t levels = 0;
  while ((int64_t(1) << levels) < cores)
    ++levels;
  // At each level half as many cores send twice as far.
  int64_t links = std::max<int64_t>(1, cores - 1);
  int64_t perLink = (wavelets * cores * levels + 2 * links - 1) / (2 * links);
  return std::max(wavelets * levels, perLink + cores - 1) +
         (2 * ramp + 1) * levels;
}
int64_t publishedGrid(int64_t cores, int64_t rows, int64_t wavelets,
                      int64_t group, int64_t ramp) {
  auto line = [&](int64_t count) -> int64_t {
    if (count < 2)
      return 0;
    if (group && group < count)
      return publishedTwoPhase(count, wavelets, group, ramp);
    return publishedChain(count, wavelets, ramp);
  };
  int64_t broadcast = wavelets + cores + rows - 2 + 2 * ramp + 1;
  return line(cores) + line(rows) + broadcast;
}
int64_t publishedRing(int64_t cores, int64_t wavelets, int64_t ramp) {
  return 2 * (cores - 1) * wavelets / cores + 4 * cores - 6 +
         2 * (cores - 1) * (2 * ramp + 1);
}

} // namespace waferflow::cycle
