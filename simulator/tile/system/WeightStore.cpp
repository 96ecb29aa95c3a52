//===- WeightStore.cpp ----------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/tile/system/WeightStore.h"

#include <algorithm>
#include <cmath>

using namespace waferflow;

WeightStore::WeightStore(const sc_core::sc_module_name &name,
                         double cyclesPerUpdate)
    : sc_module(name), cyclesPerUpdate(cyclesPerUpdate) {
  edge.register_b_transport(this, &WeightStore::transport);
}

/// A gradient: called with the time of its last arrival. A weight: answers when
/// its last value is up to date.
void WeightStore::transport(tlm::tlm_generic_payload &payload,
                            sc_core::sc_time &delay) {
  Stream *stream = receive<Stream>(payload);
  if (!stream)
    return;
  if (!stream->out) {
    auto found = updated.find({stream->step - 1, stream->weight});
    stream->readyAt = found == updated.end() ? 0 : found->second;
    return;
  }
  int64_t last = cyclesOf(sc_core::sc_time_stamp() + delay);
  int64_t work = static_cast<int64_t>(
      std::ceil(static_cast<double>(stream->updates) * cyclesPerUpdate));
  free = std::max(std::max(free, stream->firstArrival) + work, last);
  busyCycles[stream->step] += work;
  int64_t &done = updated[{stream->step, stream->weight}];
  done = std::max(done, free);
}
