//===- Arithmetic.h - Cycles of one instruction on one core -----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What spmm and sddmm ask of a core and a stage, from the machine's instruction
// table. Fractional where `whole` is false (the ledger's padding off).
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_COST_ARITHMETIC_H
#define WAFERFLOW_SIMULATOR_COST_ARITHMETIC_H

#include "simulator/machine/Machine.h"

namespace waferflow::cost {

/// Multiply-adds a cycle of a core of the ideal machine.
constexpr double kIdealRate = 4;

/// Types of one step, as the instruction table spells them.
struct StepTypes {
  ElementType storage = ElementType::F16;
  Accumulate accumulate = Accumulate::Storage;

  /// Of spmm's partial sums: the storage type or f32.
  ElementType sum() const {
    return accumulate == Accumulate::F32 ? ElementType::F32 : storage;
  }
};

/// `amount` at `perCycle`, rounded up where `whole`.
double cyclesAt(double amount, double perCycle, bool whole);

/// Elements a cycle of an AXPY: from memory, or with the partial sum in the
/// cache where pe.psum_in_cache asks for it and `tokens` sums fit.
double axpyRate(const Machine &machine, StepTypes types, double tokens);

/// Elements a cycle of a dot of two resident vectors, accumulated in f32.
double dotRate(const Machine &machine, StepTypes types);

/// Issue slots of adding (sending, storing) a stream of `elements` with a
/// fabric operand.
double streamSlots(const Machine &machine, ElementType type, double elements,
                   bool whole);

/// Issue slots of storing a vector of `elements` that arrives by the fabric.
double copySlots(const Machine &machine, ElementType type, double elements,
                 bool whole);

/// Cycles of the main thread for moving or clearing a vector of `elements` in
/// SRAM by a configured instruction.
double moveCycles(const Machine &machine, ElementType type, double elements,
                  bool whole);

/// Cycles of a stream that takes `slots`, from its first wavelet to its last,
/// when `sharing` streams share each link: at least its slots.
double streamCycles(const Machine &machine, ElementType type, double elements,
                    double slots, double sharing, bool whole);

/// Head to head between the adds of two cores `distance` hops apart: down the
/// ramp, the hops, up the ramp, one cycle to add.
double stageCycles(const Machine &machine, double distance);

/// Wavelets that wait between two cores `distance` apart when the second does
/// not take them: its input queue and one router buffer a hop.
double waitingWavelets(const Machine &machine, double distance);

/// Wavelets of `count` weights of one row in one lane: 16-bit types carry value
/// and index in one wavelet, f32 needs two; without indices 16-bit weights go
/// two a wavelet. A control wavelet of its own ends the row, since its data
/// names the task: no bits are left for a weight.
int64_t weightWavelets(ElementType storage, bool indexFree, int64_t count);

/// The same for one weight of many.
double waveletsPerWeight(ElementType storage, bool indexFree);

} // namespace waferflow::cost

#endif // WAFERFLOW_SIMULATOR_COST_ARITHMETIC_H
