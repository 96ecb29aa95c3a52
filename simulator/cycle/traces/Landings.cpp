//===- Landings.cpp - A line for each wavelet at a router -----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/traces/Landings.h"

#include <cinttypes>
#include <cstdio>

namespace waferflow::cycle {

void LandingTrace::landing(int64_t cycle, int64_t x, int64_t y, int32_t color,
                           Direction from, bool toCore, Wavelet wavelet) {
  if (toCore || !lines.wants(x, y))
    return;
  char line[128];
  std::snprintf(line, sizeof(line),
                "@%" PRId64 " P%" PRId64 ".%" PRId64
                " data %08x ctrl %d landing C%d from link %s\n",
                cycle, x, y, wavelet.data, wavelet.control ? 1 : 0, color,
                directionName(from));
  lines.add(cycle, line);
}

} // namespace waferflow::cycle
