//===- Transactions.h - What the sockets carry ------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_TILE_SYSTEM_TRANSACTIONS_H
#define WAFERFLOW_SIMULATOR_TILE_SYSTEM_TRANSACTIONS_H

#include "simulator/systemc/Payload.h"
#include "simulator/tile/system/Schedule.h"

namespace waferflow {

using systemc::cyclesOf;
using systemc::receive;
using systemc::Rider;
using systemc::send;
using systemc::ticks;

/// Host to region: run this kernel; the delay comes back as its end.
struct KernelStart : Rider<KernelStart> {
  const ScheduledKernel *kernel = nullptr;
  int64_t step = 0;
};

/// Region to edge: bytes in or out; the delay comes back as the last one's
/// time. Edge to weight store: a weight is wanted, or a gradient arrives.
struct Stream : Rider<Stream> {
  bool out = false;
  int32_t weight = -1;
  int64_t bytes = 0;
  int64_t updates = 0;
  int64_t step = 0;
  int64_t firstArrival = 0; ///< of a gradient at the store, cycles
  int64_t readyAt = 0;      ///< of a weight in the store; 0: it always was
  int64_t waited = 0;       ///< cycles for the optimizer, on the way back
};

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_TILE_SYSTEM_TRANSACTIONS_H
