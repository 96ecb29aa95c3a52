//===- Cycles.h - Whole cycles from rates -----------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The few formulas that kernel models share. Integers out: a machine does
// nothing in a fraction of a cycle.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_COST_CYCLES_H
#define WAFERFLOW_SIMULATOR_COST_CYCLES_H

#include "simulator/machine/Machine.h"

#include <cmath>

namespace waferflow {

constexpr int64_t divideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Cycles of `amount` at `perCycle`, rounded up; rounding errors of the
/// division (0.025 exponentials a cycle is 40 cycles each) don't count.
inline int64_t cyclesAt(double amount, double perCycle) {
  return static_cast<int64_t>(std::ceil(amount / perCycle * (1 - 1e-12)));
}

/// "f16", "bf16", "f32", as the instruction table spells them.
inline const char *typeKey(ElementType type) {
  switch (type) {
  case ElementType::F16:
    return "f16";
  case ElementType::BF16:
    return "bf16";
  case ElementType::F32:
    return "f32";
  }
  return "f32";
}

/// Elements a cycle of "<op>.<type>.<operands>".
inline double rateOf(const Machine &machine, const char *op, ElementType type,
                     const char *operands) {
  return machine.rate(std::string(op) + "." + typeKey(type) + "." + operands);
}

/// From a core's add to the next core's, `distance` columns or rows away: up
/// and down the ramp, one cycle of add, and the hops.
inline int64_t stageCycles(const Machine &machine, int64_t distance) {
  return 2 * machine.rampCycles + 1 + machine.hopCycles * distance;
}

/// Of one vector through one link.
inline int64_t linkCycles(const Machine &machine, double wavelets) {
  return cyclesAt(wavelets, machine.linkWaveletsPerCycle);
}

/// The ideal machine: every core does 4 multiply-adds in every cycle. To the
/// nearest cycle.
inline int64_t idealCycles(const Machine &machine, double multiplyAdds) {
  return std::llround(multiplyAdds / (4.0 * static_cast<double>(machine.width) *
                                      static_cast<double>(machine.height)));
}

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_COST_CYCLES_H
