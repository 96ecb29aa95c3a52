//===- Arithmetic.cpp -----------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/Arithmetic.h"

#include <algorithm>
#include <cmath>

namespace waferflow::cost {

namespace {

const char *spell(ElementType type) {
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

/// The type column of an op with operands of `storage` and an f32 result.
const char *spellAccumulated(ElementType storage) {
  return storage == ElementType::F32 ? "f32" : "mixed";
}

} // namespace

double cyclesAt(double amount, double perCycle, bool whole) {
  double cycles = amount / perCycle;
  return whole ? std::ceil(cycles * (1 - 1e-12)) : cycles;
}

double axpyRate(const Machine &machine, StepTypes types, double tokens) {
  bool cached = machine.psumInCache != 0 &&
                tokens * static_cast<double>(elementBytes(types.sum())) <=
                    static_cast<double>(machine.cacheBytes);
  const char *type = types.accumulate == Accumulate::F32
                         ? spellAccumulated(types.storage)
                         : spell(types.storage);
  return machine.rate(std::string("axpy.") + type +
                      (cached ? ".cache" : ".memory"));
}

double dotRate(const Machine &machine, StepTypes types) {
  return machine.rate(std::string("dot.") + spell(types.storage) + ".memory");
}

double streamSlots(const Machine &machine, ElementType type, double elements,
                   bool whole) {
  return cyclesAt(elements,
                  machine.rate(std::string("add.") + spell(type) + ".fabric"),
                  whole);
}

double copySlots(const Machine &machine, ElementType type, double elements,
                 bool whole) {
  return cyclesAt(elements,
                  machine.rate(std::string("copy.") + spell(type) + ".fabric"),
                  whole);
}

double moveCycles(const Machine &machine, ElementType type, double elements,
                  bool whole) {
  return static_cast<double>(machine.launchCycles) +
         cyclesAt(elements,
                  machine.rate(std::string("copy.") + spell(type) + ".memory"),
                  whole);
}

double streamCycles(const Machine &machine, ElementType type, double elements,
                    double slots, double sharing, bool whole) {
  double wavelets = elements / static_cast<double>(elementsPerWavelet(type));
  if (whole)
    wavelets = std::ceil(wavelets);
  return std::max(
      slots, cyclesAt(wavelets * sharing, machine.linkWaveletsPerCycle, whole));
}

double stageCycles(const Machine &machine, double distance) {
  return static_cast<double>(2 * machine.rampCycles + 1) +
         static_cast<double>(machine.hopCycles) * distance;
}

double waitingWavelets(const Machine &machine, double distance) {
  return static_cast<double>(machine.inputQueueWavelets) +
         static_cast<double>(machine.bufferWavelets) * distance;
}

double waveletsPerWeight(ElementType storage, bool indexFree) {
  return (storage == ElementType::F32 ? 2 : 1) * (indexFree ? 0.5 : 1);
}

int64_t weightWavelets(ElementType storage, bool indexFree, int64_t count) {
  double wavelets =
      std::ceil(waveletsPerWeight(storage, indexFree) * double(count));
  return static_cast<int64_t>(wavelets) + 1;
}

} // namespace waferflow::cost
