//===- EdgeIo.cpp ---------------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/tile/system/EdgeIo.h"

#include "simulator/cost/Cycles.h"

#include <algorithm>

using namespace waferflow;

EdgeIo::EdgeIo(const sc_core::sc_module_name &name, double bytesPerCycle,
               int64_t latencyCycles)
    : sc_module(name), bytesPerCycle(bytesPerCycle),
      latencyCycles(latencyCycles), inFree(latencyCycles) {
  region.register_b_transport(this, &EdgeIo::transport);
}

int64_t EdgeIo::transferCycles(int64_t bytes) const {
  return bytesPerCycle > 0 ? cyclesAt(static_cast<double>(bytes), bytesPerCycle)
                           : 0;
}

void EdgeIo::transport(tlm::tlm_generic_payload &payload,
                       sc_core::sc_time &delay) {
  Stream *stream = receive<Stream>(payload);
  if (!stream)
    return;
  int64_t now = cyclesOf(sc_core::sc_time_stamp() + delay);
  int64_t end = stream->out ? gradients(*stream, now) : weights(*stream, now);
  delay += ticks(end - now);
}

int64_t EdgeIo::weights(Stream &stream, int64_t now) {
  int64_t end = std::max(now, inFree) + transferCycles(stream.bytes);
  // The last weight leaves the store when it is up to date.
  sc_core::sc_time delay = ticks(now) - sc_core::sc_time_stamp();
  send(store, stream, delay);
  stream.waited = std::max<int64_t>(stream.readyAt + latencyCycles - end, 0);
  end += stream.waited;
  inFree = end;
  bytesIn += stream.bytes;
  return end;
}

int64_t EdgeIo::gradients(Stream &stream, int64_t now) {
  int64_t begin = std::max(now, outFree);
  int64_t end = begin + transferCycles(stream.bytes);
  outFree = end;
  stream.firstArrival = begin + latencyCycles;
  sc_core::sc_time delay =
      ticks(end + latencyCycles) - sc_core::sc_time_stamp();
  send(store, stream, delay);
  bytesOut += stream.bytes;
  return end;
}
