//===- WeightStore.h - Streams for the edge ------------------- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_SYSTEM_WEIGHTSTORE_H
#define WAFERFLOW_SIMULATOR_CYCLE_SYSTEM_WEIGHTSTORE_H

#include "simulator/cycle/system/Transactions.h"

#include <tlm_utils/simple_target_socket.h>

namespace waferflow::cycle {

/// Deals the streams of a program at the edge's bandwidth.
class WeightStore : public sc_core::sc_module {
public:
  tlm_utils::simple_target_socket<WeightStore> edge{"edge"};

  explicit WeightStore(const sc_core::sc_module_name &name);

private:
  void transport(tlm::tlm_generic_payload &payload, sc_core::sc_time &delay);

  std::unique_ptr<Streams> streams; ///< of the program
  sc_core::sc_time begin;           ///< of the program
};

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_SYSTEM_WEIGHTSTORE_H
