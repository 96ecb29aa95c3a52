//===- UpdateTime.cpp - When updated weights are there --------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/store/UpdateTime.h"

#include <algorithm>
#include <cmath>

namespace waferflow::store {

constexpr int64_t gradientBytes = 4; ///< f32, as the chain down y leaves it

int64_t updateBytes(const Machine &machine, int64_t updates, bool kept) {
  return updates * (machine.storeBytesPerWeight + (kept ? gradientBytes : 0));
}

int64_t updateCycles(const Machine &machine, int64_t bytes) {
  double bytesPerCycle = machine.storeBytesPerSecond / machine.clockGhz / 1e9;
  return static_cast<int64_t>(
      std::ceil(static_cast<double>(bytes) / bytesPerCycle));
}

UpdateTimes updateTimes(const Machine &machine,
                        const std::vector<GradientArrival> &arrivals,
                        bool waitForAll) {
  UpdateTimes times;
  int64_t free = 0; // when the memory is done with all that has come
  // A gradient is never dealt with faster than it comes.
  auto stream = [&](const GradientArrival &arrival, int64_t bytes) {
    int64_t work = updateCycles(machine, bytes);
    free =
        std::max(std::max(free, arrival.firstCycle) + work, arrival.lastCycle);
    times.busyCycles += work;
    times.bytes += bytes;
    return free;
  };
  if (waitForAll) {
    for (const GradientArrival &arrival : arrivals)
      stream(arrival, arrival.updates * gradientBytes);
    for (const GradientArrival &arrival : arrivals)
      times.readyCycle.push_back(stream(
          {free, free, 0}, updateBytes(machine, arrival.updates, false)));
  } else {
    for (const GradientArrival &arrival : arrivals)
      times.readyCycle.push_back(
          stream(arrival, updateBytes(machine, arrival.updates, false)));
  }
  for (int64_t ready : times.readyCycle)
    times.doneCycle = std::max(times.doneCycle, ready);
  return times;
}

} // namespace waferflow::store
