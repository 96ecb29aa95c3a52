//===- CycleCounters.cpp - Counters by name -------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/engine/CycleCounters.h"

namespace waferflow {

std::vector<std::pair<std::string, int64_t>>
counterValues(const cycle::Counters &counted) {
  cycle::ColorCounters wavelets;
  for (const cycle::ColorCounters &color : counted.colors) {
    wavelets.entered += color.entered;
    wavelets.sent += color.sent;
    wavelets.hops += color.hops;
    wavelets.delivered += color.delivered;
    wavelets.left += color.left;
    wavelets.controls += color.controls;
  }
  return {{"wavelets_entered", wavelets.entered},
          {"wavelets_sent", wavelets.sent},
          {"wavelets_left", wavelets.left},
          {"control_wavelets", wavelets.controls},
          {"hops", wavelets.hops},
          {"deliveries", wavelets.delivered},
          {"axpys", counted.axpys},
          {"dots", counted.dots},
          {"multiply_adds", counted.multiplyAdds},
          {"vector_instructions", counted.vectors},
          {"vector_elements", counted.elements},
          {"multiplies_16bit", counted.multiplies16},
          {"multiplies_32bit", counted.multiplies32},
          {"adds_16bit", counted.adds16},
          {"adds_32bit", counted.adds32},
          {"functions", counted.functions},
          {"vector_slots", counted.slots},
          {"scalar_slots", counted.scalars},
          {"data_tasks", counted.dataTasks},
          {"control_tasks", counted.controlTasks},
          {"local_tasks", counted.localTasks},
          {"switch_advances", counted.switchAdvances},
          {"stalls_input", counted.stalls.input},
          {"stalls_output", counted.stalls.output},
          {"stalls_slot", counted.stalls.slot},
          {"stalls_router", counted.stalls.router},
          {"stalls_banks", (counted.stalls.banks256 + 128) / 256},
          {"active_core_cycles", counted.activeCoreCycles},
          {"sram_read_bytes", counted.sramReadBytes},
          {"sram_write_bytes", counted.sramWriteBytes}};
}

} // namespace waferflow
