//===- WeightStore.cpp - Streams for the edge -----------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/system/WeightStore.h"

namespace waferflow::cycle {

WeightStore::WeightStore(const sc_core::sc_module_name &name)
    : sc_module(name) {
  edge.register_b_transport(this, &WeightStore::transport);
}

void WeightStore::transport(tlm::tlm_generic_payload &payload,
                            sc_core::sc_time &delay) {
  auto *request = systemc::receive<StoreTurn>(payload);
  if (!request)
    return;
  sc_core::sc_time now = sc_core::sc_time_stamp() + delay;
  if (request->program) {
    begin = now;
    streams = std::make_unique<Streams>(*request->program);
    return;
  }
  request->next = streams->deal(systemc::cyclesOf(now - begin), *request->held,
                                *request->dealt);
}

} // namespace waferflow::cycle
