//===- EdgeIo.h - The way between wafer and weight store --------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_TILE_SYSTEM_EDGEIO_H
#define WAFERFLOW_SIMULATOR_TILE_SYSTEM_EDGEIO_H

#include "simulator/tile/system/Transactions.h"

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

namespace waferflow {

/// Two directions, each with its own bandwidth and the same latency. The order
/// of streams is known, so the store sends ahead and the wafer's back-pressure
/// holds the stream: latency is met once, when the machine is empty, and where
/// a weight waits for its own update.
class EdgeIo : public sc_core::sc_module {
public:
  tlm_utils::simple_target_socket<EdgeIo> region{"region"};
  tlm_utils::simple_initiator_socket<EdgeIo> store{"store"};

  // Parameters.
  const double bytesPerCycle; ///< each direction; 0: no limit
  const int64_t latencyCycles;

  // Counters.
  int64_t bytesIn = 0, bytesOut = 0;

  EdgeIo(const sc_core::sc_module_name &name, double bytesPerCycle,
         int64_t latencyCycles);

private:
  void transport(tlm::tlm_generic_payload &payload, sc_core::sc_time &delay);
  int64_t transferCycles(int64_t bytes) const;
  int64_t weights(Stream &stream, int64_t now);
  int64_t gradients(Stream &stream, int64_t now);

  int64_t inFree, outFree = 0; ///< when the direction is free again
};

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_TILE_SYSTEM_EDGEIO_H
