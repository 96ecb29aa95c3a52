//===- Region.h - Cores and routers --------------------------- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_SYSTEM_REGION_H
#define WAFERFLOW_SIMULATOR_CYCLE_SYSTEM_REGION_H

#include "simulator/cycle/Engine.h"
#include "simulator/cycle/system/Transactions.h"

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

namespace waferflow::cycle {

/// All cores and routers of a program, as arrays. It runs ahead of SystemC's
/// time by the global quantum; what it has to do with the edge carries its own
/// time along.
class Region : public sc_core::sc_module, private EdgeTurns {
public:
  tlm_utils::simple_target_socket<Region> host{"host"};
  tlm_utils::simple_target_socket<Region> border{"border"};
  tlm_utils::simple_initiator_socket<Region> edge{"edge"};

  explicit Region(const sc_core::sc_module_name &name);

private:
  void start(tlm::tlm_generic_payload &payload, sc_core::sc_time &delay);
  void access(tlm::tlm_generic_payload &payload, sc_core::sc_time &delay);
  void turn(EdgeNode node, int64_t now) override;

  std::unique_ptr<Engine> engine;  ///< while a program runs
  sc_core::sc_time begin;          ///< of the program
  tlm::tlm_generic_payload toEdge; ///< used again and again
};

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_SYSTEM_REGION_H
