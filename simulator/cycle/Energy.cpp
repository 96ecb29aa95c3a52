//===- Energy.cpp - What a run takes, by component ------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/Energy.h"

namespace waferflow::cycle {

Energy &Energy::operator+=(const Energy &other) {
  arithmeticPj += other.arithmeticPj;
  issuePj += other.issuePj;
  sramPj += other.sramPj;
  rampPj += other.rampPj;
  linkPj += other.linkPj;
  edgePj += other.edgePj;
  return *this;
}

const std::vector<std::string> &energyKeys() {
  static const std::vector<std::string> keys = {
      "energy.mul_f16_pj",        "energy.add_f16_pj",
      "energy.mul_f32_pj",        "energy.add_f32_pj",
      "energy.function_pj",       "energy.issue_pj",
      "energy.sram_pj_per_bit",   "energy.ramp_pj_per_bit",
      "energy.fabric_pj_per_bit", "energy.off_wafer_pj_per_bit"};
  return keys;
}

Result<Energy> energyOf(const Counters &counters, const Machine &machine) {
  std::vector<Error> errors;
  auto price = [&](const char *key, int64_t events) {
    auto found = machine.facts.find(key);
    if (found == machine.facts.end()) {
      errors.push_back({"machine '" + machine.name + "'",
                        std::string("energy needs '") + key + "'"});
      return 0.0;
    }
    return found->second.front() * static_cast<double>(events);
  };
  ColorCounters all;
  for (const ColorCounters &color : counters.colors) {
    all.entered += color.entered;
    all.sent += color.sent;
    all.hops += color.hops;
    all.delivered += color.delivered;
    all.left += color.left;
  }
  auto bits = [&](const char *key) {
    return static_cast<int64_t>(machine.facts.at(key).front());
  };
  // Color and control travel along inside the wafer.
  int64_t message = bits("fabric.message_bits"),
          data = bits("fabric.link_bits");
  Energy energy;
  energy.arithmeticPj = price("energy.mul_f16_pj", counters.multiplies16) +
                        price("energy.mul_f32_pj", counters.multiplies32) +
                        price("energy.add_f16_pj", counters.adds16) +
                        price("energy.add_f32_pj", counters.adds32) +
                        price("energy.function_pj", counters.functions);
  energy.issuePj = price("energy.issue_pj", counters.slots + counters.scalars);
  energy.sramPj = price("energy.sram_pj_per_bit",
                        8 * (counters.sramReadBytes + counters.sramWriteBytes));
  energy.rampPj =
      price("energy.ramp_pj_per_bit", message * (all.sent + all.delivered));
  energy.linkPj = price("energy.fabric_pj_per_bit", message * all.hops);
  energy.edgePj =
      price("energy.off_wafer_pj_per_bit", data * (all.entered + all.left));
  if (!errors.empty())
    return errors;
  return energy;
}

} // namespace waferflow::cycle
