//===- EdgeIo.cpp - Lanes and sinks between store and fabric --------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/system/EdgeIo.h"

namespace waferflow::cycle {

using sc_core::sc_time;
using Kind = BorderAccess::Kind;

EdgeIo::EdgeIo(const sc_core::sc_module_name &name) : sc_module(name) {
  region.register_b_transport(this, &EdgeIo::transport);
}

void EdgeIo::transport(tlm::tlm_generic_payload &payload, sc_time &delay) {
  auto *request = systemc::receive<EdgeTurn>(payload);
  if (!request)
    return;
  now = sc_core::sc_time_stamp() + delay;
  if (request->program) {
    begin = now;
    StoreTurn load;
    load.program = request->program;
    sc_time none = delay;
    systemc::send(store, load, none);
    StreamSource &source = *this; // private bases: not of make_unique
    Border &fabric = *this;
    edge = std::make_unique<Edge>(*request->program, source, fabric);
  } else if (request->collect) {
    request->edge = edge.get();
  } else {
    edge->turn(request->node, systemc::cyclesOf(now - begin));
  }
}

int64_t EdgeIo::deal(int64_t, const std::vector<int64_t> &held,
                     std::vector<Dealt> &dealt) {
  StoreTurn request;
  request.held = &held;
  request.dealt = &dealt;
  sc_time delay = now - sc_core::sc_time_stamp();
  systemc::send(store, request, delay, toStore);
  return request.next;
}

BorderAccess EdgeIo::ask(Kind kind, uint32_t place, Wavelet wavelet,
                         int64_t cycles) {
  BorderAccess request;
  request.kind = kind;
  request.place = place;
  request.wavelet = wavelet;
  request.cycles = cycles;
  sc_time delay = now - sc_core::sc_time_stamp();
  systemc::send(border, request, delay, toBorder);
  return request;
}

bool EdgeIo::offer(uint32_t lane, Wavelet wavelet) {
  return ask(Kind::Offer, lane, wavelet).yes;
}
bool EdgeIo::waiting(uint32_t sink) { return ask(Kind::Waiting, sink).yes; }
Wavelet EdgeIo::take(uint32_t sink) { return ask(Kind::Take, sink).wavelet; }
void EdgeIo::wakeEdge(EdgeNode node, int64_t cycle) {
  ask(Kind::Wake, node, {}, cycle);
}

} // namespace waferflow::cycle
