//===- Host.cpp - Starts programs -----------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/system/Host.h"

namespace waferflow::cycle {

using sc_core::sc_time;

Host::Host(const sc_core::sc_module_name &name) : sc_module(name) {
  SC_HAS_PROCESS(Host);
  SC_THREAD(run);
  set_stack_size(1 << 20); // the region runs on it
}

void Host::give(ProgramStart *next) {
  start = next;
  given.notify(sc_core::SC_ZERO_TIME);
}

void Host::run() {
  while (true) {
    wait(given);
    if (!start)
      return;
    sc_time begin = sc_core::sc_time_stamp(), delay = sc_core::SC_ZERO_TIME;
    systemc::send(region, *start, delay);
    wait(delay);
    programCycles = systemc::cyclesOf(sc_core::sc_time_stamp() - begin);
  }
}

} // namespace waferflow::cycle
