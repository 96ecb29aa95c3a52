//===- AttentionCycles.h - Blocked attention on one core --------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Formulas: what the program that the lowering writes executes
// (compiler/lower-to-fabric/attention). A core holds d dims of a head that c
// columns share, and the queries of row y. Keys and values of the sequence's R
// rows come by in R steps, a row's after the other; K keys at a time, L(j)
// local queries see the j-th:
//
//   vector(n, rate) = launch + ceil(n / rate): one configured instruction
//   axpy(L)  = one slot to load the scalar + vector(L), one a local dim:
//              S += K[j, i] Q[i]; the first of a key is a product
//   ring(n)  = (c - 1) (dispatch + stage + 2 slots of n elements) + the way
//              back: a column sends a chunk and takes one in, in turns
//   scatter  = ring(a (K + 2)), a = ceil(L / c): each column ends with
//              the whole scores of its chunk of the queries
//   softmax  = for each query of the chunk: the maximum of its scores; minus
//              the maximum, exp, sum; correction of maximum and sum once a
//              block
//   gather   = ring(a (K + 2)): probabilities and corrections come back
//   axpy(L), one a local dim: O[i] += V[j, i] P; O corrected once a block
//
// Scalar code takes a slot an instruction: `kSlots*` count the instructions of
// the loops over keys, queries and ring steps. Backward has dP (axpy), dQ
// (axpy), dV and dK (vector at the rate of dots), two streams in scatter and
// gather, and the gradients of a row's keys and values travel on with them at
// the end of each step. Where no forward pass left its statistics, backward
// begins with one. The row with the longest step holds up the others; keys that
// no local query sees cost nothing but their way.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_COST_ATTENTIONCYCLES_H
#define WAFERFLOW_SIMULATOR_COST_ATTENTIONCYCLES_H

#include "simulator/cost/AttentionShape.h"
#include "simulator/machine/Machine.h"
#include "simulator/report/Report.h"

namespace waferflow {

/// Rates (elements a cycle) and fixed costs of attention on one machine, types
/// and switches. "Sums": scores, probabilities, outputs and gradients, in the
/// accumulation type; statistics are f32.
struct AttentionCosts {
  AttentionCosts(const Machine &machine, ElementType type,
                 Accumulate accumulate, const CostSwitches &switches);

  /// The same in `parts` of a cycle each.
  AttentionCosts inParts(int64_t parts) const;
  /// One configured vector instruction, none for no element.
  int64_t vector(double elements, double rate) const;

  double axpy = 0, dot = 0, rowProduct = 0; ///< rowProduct: o and its gradient
  double mulSums = 0, maxOf = 0, sumOf = 0, exp = 0;
  double add32 = 0, mul32 = 0, copy32 = 0, log32 = 0, reciprocal32 = 0;
  double copyStorage = 0, copySums = 0;
  double sendStorage = 0, sendSums = 0, addSums = 0; ///< with the fabric
  double send32 = 0, addArriving32 = 0;
  bool narrow = false;  ///< sums are not f32: exponentials are rounded to them
  bool convert = false; ///< sums are wider than what is stored
  int64_t launch = 0, dispatch = 0, stage = 0, hop = 0;
  int64_t slot = 1; ///< of one scalar instruction
};

/// Cycles by what the core does; they share its issue slots and add up.
struct AttentionCycles {
  int64_t matmul = 0;   ///< AXPYs, dots, and the way of keys and values
  int64_t exchange = 0; ///< scatter, gather, gradients' way, grouped queries
  int64_t softmax = 0;  ///< work on scores and outputs
  int64_t total() const { return matmul + exchange + softmax; }
  AttentionCycles &operator+=(const AttentionCycles &other) {
    matmul += other.matmul;
    exchange += other.exchange;
    softmax += other.softmax;
    return *this;
  }
};

/// All keys of one sequence for one head part, on the critical rows. The way of
/// what `dims` of all heads of a column hold is not in it.
AttentionCycles forwardCycles(const AttentionShape &shape, HeadPart part,
                              const AttentionCosts &costs);
AttentionCycles backwardCycles(const AttentionShape &shape, HeadPart part,
                               const AttentionCosts &costs);

/// The way of `dims` dims of keys and values (and their gradients) round the
/// rows, and what is set up and stored once.
AttentionCycles travelCycles(const AttentionShape &shape, int64_t dims,
                             bool backward, const AttentionCosts &costs);

/// The column that takes longest: the sum over its heads, times the sequences
/// that its row holds.
AttentionCycles criticalColumn(const AttentionShape &shape, bool backward,
                               const AttentionCosts &costs);

/// Grouped queries: keys and values come to the columns of their query heads,
/// and their gradients back.
int64_t spreadCycles(const AttentionShape &shape, bool backward,
                     const Machine &machine, ElementType type);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_COST_ATTENTIONCYCLES_H
