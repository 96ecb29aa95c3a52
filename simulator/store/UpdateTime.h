//===- UpdateTime.h - When updated weights are there ----------- -*- C++
//-*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The optimizer's cost: the traffic of its state through the memory of the
// weight store. Arithmetic is hidden behind it.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_STORE_UPDATETIME_H
#define WAFERFLOW_SIMULATOR_STORE_UPDATETIME_H

#include "simulator/machine/Machine.h"

#include <vector>

namespace waferflow::store {

/// Bytes of the store's memory traffic for `updates` values:
/// store.optimizer_bytes_per_weight each (f32 AdamW: gradient, master, m and v
/// read, the latter three written, 28). A gradient that waits for all others
/// (`kept`) is written first: 4 more.
int64_t updateBytes(const Machine &machine, int64_t updates, bool kept);

/// Cycles of that traffic at store.bytes_per_second, rounded up.
int64_t updateCycles(const Machine &machine, int64_t bytes);

/// A weight's gradient on its way out of the fabric, in cycles of the run.
struct GradientArrival {
  int64_t firstCycle = 0, lastCycle = 0; ///< of its wavelets
  int64_t updates = 0;                   ///< values that it updates
};

struct UpdateTimes {
  std::vector<int64_t> readyCycle; ///< of each weight: may be streamed again
  int64_t doneCycle = 0;           ///< of the last
  int64_t busyCycles = 0;          ///< of the store's memory
  int64_t bytes = 0;
};

/// Weights are updated in the order given, which is that of arrival: each as it
/// comes, at the bandwidth. With `waitForAll` (clipping, loss scaling) the
/// gradients are kept as they come and the updates begin behind the last one.
UpdateTimes updateTimes(const Machine &machine,
                        const std::vector<GradientArrival> &arrivals,
                        bool waitForAll);

} // namespace waferflow::store

#endif // WAFERFLOW_SIMULATOR_STORE_UPDATETIME_H
