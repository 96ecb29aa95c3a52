//===- EdgeIo.h - Lanes and sinks between store and fabric ---- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_SYSTEM_EDGEIO_H
#define WAFERFLOW_SIMULATOR_CYCLE_SYSTEM_EDGEIO_H

#include "simulator/cycle/system/Transactions.h"

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

namespace waferflow::cycle {

/// A lane with a fifo for each stream, and what has left.
class EdgeIo : public sc_core::sc_module, private StreamSource, private Border {
public:
  tlm_utils::simple_target_socket<EdgeIo> region{"region"};
  tlm_utils::simple_initiator_socket<EdgeIo> border{"border"};
  tlm_utils::simple_initiator_socket<EdgeIo> store{"store"};

  explicit EdgeIo(const sc_core::sc_module_name &name);

private:
  void transport(tlm::tlm_generic_payload &payload, sc_core::sc_time &delay);
  BorderAccess ask(BorderAccess::Kind kind, uint32_t place,
                   Wavelet wavelet = {}, int64_t cycles = 0);

  int64_t deal(int64_t now, const std::vector<int64_t> &held,
               std::vector<Dealt> &dealt) override;
  bool offer(uint32_t lane, Wavelet wavelet) override;
  bool waiting(uint32_t sink) override;
  Wavelet take(uint32_t sink) override;
  void wakeEdge(EdgeNode node, int64_t cycle) override;

  std::unique_ptr<Edge> edge; ///< of the program
  sc_core::sc_time begin;     ///< of the program
  sc_core::sc_time now;       ///< of the turn: ahead of SystemC's
  tlm::tlm_generic_payload toBorder, toStore; ///< used again and again
};

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_SYSTEM_EDGEIO_H
