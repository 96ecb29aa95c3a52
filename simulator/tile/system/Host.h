//===- Host.h - Starts the kernels of a step, in order ----------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_TILE_SYSTEM_HOST_H
#define WAFERFLOW_SIMULATOR_TILE_SYSTEM_HOST_H

#include "simulator/tile/system/Transactions.h"

#include <tlm_utils/simple_initiator_socket.h>

namespace waferflow {

/// Runs `steps` steps of a schedule. Temporally decoupled: its own time runs
/// ahead of SystemC's by at most the global quantum, and meets it at the end of
/// every step.
class Host : public sc_core::sc_module {
public:
  tlm_utils::simple_initiator_socket<Host> region{"region"};

  // Parameters.
  const std::vector<ScheduledKernel> &kernels;
  const int64_t steps;

  // Counters.
  std::vector<int64_t> kernelCycles; ///< of the last step
  std::vector<int64_t> stepEnds;     ///< SystemC's time, by step

  Host(const sc_core::sc_module_name &name,
       const std::vector<ScheduledKernel> &kernels, int64_t steps);

private:
  void run();
};

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_TILE_SYSTEM_HOST_H
