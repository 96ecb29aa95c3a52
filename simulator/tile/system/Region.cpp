//===- Region.cpp ---------------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/tile/system/Region.h"

#include <algorithm>

using namespace waferflow;

Region::Region(const sc_core::sc_module_name &name) : sc_module(name) {
  host.register_b_transport(this, &Region::transport);
}

void Region::transport(tlm::tlm_generic_payload &payload,
                       sc_core::sc_time &delay) {
  KernelStart *start = receive<KernelStart>(payload);
  if (!start)
    return;
  const ScheduledKernel &kernel = *start->kernel;
  sc_core::sc_time begin = delay;
  delay += ticks(kernel.cycles);

  auto stream = [&](bool out, int64_t bytes) {
    Stream request;
    request.out = out;
    request.weight = out ? kernel.weightOut : kernel.weightIn;
    request.bytes = bytes;
    request.updates = kernel.updates;
    request.step = start->step;
    sc_core::sc_time end = begin;
    send(edge, request, end);
    if (end > delay) {
      exposedCycles.resize(
          std::max<size_t>(exposedCycles.size(), start->step + 1));
      exposedCycles[start->step] +=
          std::min(request.waited, cyclesOf(end - delay));
      delay = end;
    }
  };
  if (kernel.bytesIn > 0)
    stream(false, kernel.bytesIn);
  if (kernel.bytesOut > 0)
    stream(true, kernel.bytesOut);
}
