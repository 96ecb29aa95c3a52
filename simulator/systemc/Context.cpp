//===- Context.cpp - SystemC contexts, one at a time ----------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/systemc/Context.h"

#include "simulator/systemc/Payload.h"

// libsystemc refers to it at load: every program that links this library has
// one by default, and may define its own.
extern "C" __attribute__((visibility("default"), weak)) int sc_main(int,
                                                                    char **) {
  return 0;
}

namespace waferflow::systemc {

using sc_core::sc_report_handler;

static std::mutex &onlyOne() {
  static std::mutex mutex;
  return mutex;
}

Context::Context(int64_t quantumTicks) : quantumTicks(quantumTicks) {}

Context::~Context() {
  if (!own)
    return;
  Use use(*this); // a context is destroyed as the current one
  own.reset();
}

Context::Use::Use(Context &context)
    : lock(onlyOne()), before(sc_core::sc_curr_simcontext),
      quantum(tlm::tlm_global_quantum::instance().get()),
      warning(sc_report_handler::set_actions(sc_core::SC_WARNING,
                                             sc_core::SC_THROW)),
      error(
          sc_report_handler::set_actions(sc_core::SC_ERROR, sc_core::SC_THROW)),
      fatal(sc_report_handler::set_actions(sc_core::SC_FATAL,
                                           sc_core::SC_THROW)) {
  if (!context.own)
    context.own = std::make_unique<sc_core::sc_simcontext>();
  sc_core::sc_curr_simcontext = context.own.get();
  tlm::tlm_global_quantum::instance().set(ticks(context.quantumTicks));
}

Context::Use::~Use() {
  sc_core::sc_curr_simcontext = before;
  tlm::tlm_global_quantum::instance().set(quantum);
  sc_report_handler::set_actions(sc_core::SC_WARNING, warning);
  sc_report_handler::set_actions(sc_core::SC_ERROR, error);
  sc_report_handler::set_actions(sc_core::SC_FATAL, fatal);
}

} // namespace waferflow::systemc
