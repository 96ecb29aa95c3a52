//===- Region.cpp - Cores and routers -------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/system/Region.h"

namespace waferflow::cycle {

using sc_core::sc_time;

Region::Region(const sc_core::sc_module_name &name) : sc_module(name) {
  host.register_b_transport(this, &Region::start);
  border.register_b_transport(this, &Region::access);
}

/// Called by the host's process.
void Region::start(tlm::tlm_generic_payload &payload, sc_time &delay) {
  auto *program = systemc::receive<ProgramStart>(payload);
  if (!program)
    return;
  wait(delay);
  begin = sc_core::sc_time_stamp();
  engine = std::make_unique<Engine>(
      *program->program, std::move(*program->image), *program->options);
  EdgeTurn load;
  load.program = program->program;
  sc_time none = sc_core::SC_ZERO_TIME;
  systemc::send(edge, load, none);

  int64_t quantum =
      systemc::cyclesOf(tlm::tlm_global_quantum::instance().get());
  for (int64_t until = quantum; engine->runUntil(until, *this);
       until += quantum) {
    // Nothing is left to do before `until`, but the last thing that happened
    // may have been long ago, and time must not pass the program's end.
    sc_time reached = begin + systemc::ticks(std::min(engine->end, until));
    if (reached > sc_core::sc_time_stamp())
      wait(reached - sc_core::sc_time_stamp());
  }
  EdgeTurn collect;
  collect.collect = true;
  none = sc_core::SC_ZERO_TIME;
  systemc::send(edge, collect, none);
  program->error = engine->judge(*collect.edge);
  program->outputs = std::move(collect.edge->outputs);
  program->counters = engine->counters;
  *program->image = engine->takeImage();
  delay = begin + systemc::ticks(engine->end) - sc_core::sc_time_stamp();
  engine.reset();
}

/// Called by the engine.
void Region::turn(EdgeNode node, int64_t now) {
  EdgeTurn request;
  request.node = node;
  sc_time delay = begin + systemc::ticks(now) - sc_core::sc_time_stamp();
  systemc::send(edge, request, delay, toEdge);
}

void Region::access(tlm::tlm_generic_payload &payload, sc_time &) {
  auto *request = systemc::receive<BorderAccess>(payload);
  if (!request)
    return;
  switch (request->kind) {
  case BorderAccess::Kind::Offer:
    request->yes = engine->offer(request->place, request->wavelet);
    return;
  case BorderAccess::Kind::Waiting:
    request->yes = engine->waiting(request->place);
    return;
  case BorderAccess::Kind::Take:
    request->wavelet = engine->take(request->place);
    return;
  case BorderAccess::Kind::Wake:
    engine->wakeEdge(request->place, request->cycles);
    return;
  }
}

} // namespace waferflow::cycle
