//===- Host.h - Starts programs ------------------------------- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_SYSTEM_HOST_H
#define WAFERFLOW_SIMULATOR_CYCLE_SYSTEM_HOST_H

#include "simulator/cycle/system/Transactions.h"

#include <tlm_utils/simple_initiator_socket.h>

namespace waferflow::cycle {

/// Runs a program when it is given one; its time meets SystemC's at the end of
/// each.
class Host : public sc_core::sc_module {
public:
  tlm_utils::simple_initiator_socket<Host> region{"region"};

  // Counters.
  int64_t programCycles = 0; ///< of the last program

  explicit Host(const sc_core::sc_module_name &name);

  /// Between two calls of sc_start; null: there are no more.
  void give(ProgramStart *start);

private:
  void run();

  ProgramStart *start = nullptr;
  sc_core::sc_event given;
};

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_SYSTEM_HOST_H
