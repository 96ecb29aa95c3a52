//===- Region.h - A rectangle of cores that runs kernels --------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_TILE_SYSTEM_REGION_H
#define WAFERFLOW_SIMULATOR_TILE_SYSTEM_REGION_H

#include "simulator/tile/system/Transactions.h"

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

namespace waferflow {

/// Runs one kernel at a time. What happens between its cores is in the kernel's
/// cycles, computed over arrays before; here its streams meet the edge, and it
/// ends when cores and streams have.
class Region : public sc_core::sc_module {
public:
  tlm_utils::simple_target_socket<Region> host{"host"};
  tlm_utils::simple_initiator_socket<Region> edge{"edge"};

  // Counters.
  std::vector<int64_t> exposedCycles; ///< waiting for the optimizer, by step

  explicit Region(const sc_core::sc_module_name &name);

private:
  void transport(tlm::tlm_generic_payload &payload, sc_core::sc_time &delay);
};

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_TILE_SYSTEM_REGION_H
