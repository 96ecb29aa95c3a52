//===- AttentionCosts.cpp - What a machine takes for attention ------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/AttentionCycles.h"
#include "simulator/cost/Cycles.h"

namespace waferflow {

AttentionCosts::AttentionCosts(const Machine &machine, ElementType type,
                               Accumulate accumulate,
                               const CostSwitches &switches) {
  convert = accumulate == Accumulate::F32 && type != ElementType::F32;
  ElementType sums = convert ? ElementType::F32 : type;
  narrow = sums != ElementType::F32;
  auto rate = [&](const char *op, ElementType of, const char *operands) {
    return rateOf(machine, op, of, operands);
  };
  constexpr ElementType f32 = ElementType::F32;
  axpy = convert ? machine.rate("axpy.mixed.memory")
                 : rate("axpy", type, "memory");
  rowProduct = type == f32 ? rate("axpy", f32, "memory")
                           : machine.rate("axpy.mixed.memory");
  dot = switches[Cost::DotRate] ? rate("dot", sums, "memory") : 4;
  mulSums = rate("mul", sums, "memory");
  maxOf = sumOf = rate("dot", sums, "memory");
  exp = rate("exp", f32, "memory");
  add32 = rate("add", f32, "memory");
  mul32 = rate("mul", f32, "memory");
  copy32 = rate("copy", f32, "memory");
  log32 = rate("log", f32, "memory");
  reciprocal32 = rate("reciprocal", f32, "memory");
  copyStorage = rate("copy", type, "memory");
  copySums = rate("copy", sums, "memory");
  sendStorage = rate("copy", type, "fabric");
  sendSums = rate("copy", sums, "fabric");
  addSums = rate("add", sums, "fabric");
  send32 = rate("copy", f32, "fabric");
  addArriving32 = rate("add", f32, "fabric");
  if (switches[Cost::Launch]) {
    launch = machine.launchCycles;
    dispatch = machine.dispatchCycles;
  }
  if (switches[Cost::Ring]) {
    stage = stageCycles(machine, 1);
    hop = machine.hopCycles;
  }
}

AttentionCosts AttentionCosts::inParts(int64_t parts) const {
  AttentionCosts costs = *this;
  for (double AttentionCosts::*rate :
       {&AttentionCosts::axpy, &AttentionCosts::dot,
        &AttentionCosts::rowProduct, &AttentionCosts::mulSums,
        &AttentionCosts::maxOf, &AttentionCosts::sumOf, &AttentionCosts::exp,
        &AttentionCosts::add32, &AttentionCosts::mul32, &AttentionCosts::copy32,
        &AttentionCosts::log32, &AttentionCosts::reciprocal32,
        &AttentionCosts::copyStorage, &AttentionCosts::copySums,
        &AttentionCosts::sendStorage, &AttentionCosts::sendSums,
        &AttentionCosts::addSums, &AttentionCosts::send32,
        &AttentionCosts::addArriving32})
    costs.*rate /= static_cast<double>(parts);
  for (int64_t AttentionCosts::*cycles :
       {&AttentionCosts::launch, &AttentionCosts::dispatch,
        &AttentionCosts::stage, &AttentionCosts::hop, &AttentionCosts::slot})
    costs.*cycles *= parts;
  return costs;
}

int64_t AttentionCosts::vector(double elements, double rate) const {
  return elements <= 0 ? 0 : launch + cyclesAt(elements, rate);
}

} // namespace waferflow
