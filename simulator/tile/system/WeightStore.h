//===- WeightStore.h - Weights, gradients, the optimizer --------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_TILE_SYSTEM_WEIGHTSTORE_H
#define WAFERFLOW_SIMULATOR_TILE_SYSTEM_WEIGHTSTORE_H

#include "simulator/tile/system/Transactions.h"

#include <map>
#include <tlm_utils/simple_target_socket.h>

namespace waferflow {

/// Holds the weights of a step until all of its gradients are applied: a weight
/// that is read in step s has the update of step s - 1, none of step s.
/// Gradients are applied in the order in which they come, at the bandwidth of
/// the store's memory, while they come.
class WeightStore : public sc_core::sc_module {
public:
  tlm_utils::simple_target_socket<WeightStore> edge{"edge"};

  // Parameters.
  const double cyclesPerUpdate; ///< of one weight; 0: no limit

  // Counters.
  std::map<int64_t, int64_t> busyCycles; ///< at updates, by step

  WeightStore(const sc_core::sc_module_name &name, double cyclesPerUpdate);

private:
  void transport(tlm::tlm_generic_payload &payload, sc_core::sc_time &delay);

  int64_t free = 0; ///< when the optimizer is done with all that has come
  std::map<std::pair<int64_t, int32_t>, int64_t> updated; ///< (step, weight)
};

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_TILE_SYSTEM_WEIGHTSTORE_H
