//===- AttentionCycles.h - Blocked attention on one core --------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Formulas. A core holds d dims of a head that c columns share, and the queries
// of row y. For every key block, and in it every key j with L(y, j) queries:
//
//   axpy(L) = launch + ceil(L / axpy rate), one a local dim: S += K[j, i] Q[i]
//   scatter = c (launch + ceil(A / add.fabric)) + (c - 1) stage, over a folded
//             ring (distance 2), once a block, A = sum_j ceil(L / c) scores:
//             each core ends with the whole scores of its share of the queries
//   softmax = scale, running max, subtract, exp, sum over the A scores, then
//   the
//             correction of max and sum on the share of queries
//   gather  = c (launch + ceil(A / copy.fabric)) + (c - 1) stage: probabilities
//             and corrections come back to all columns of the head
//   axpy(L), one a local dim: O[i] += V[j, i] P; O rescaled once a block
//
// Backward adds dP (axpy), dQ (axpy), dV and dK (dots over the local queries,
// launch + ceil(L / dot rate) each), a second stream in scatter and gather, and
// the chain of the dV and dK of a block (f32) over the rows of the sequence.
// A row runs ahead of the others inside a block only, so a block takes as long
// as its slowest row. Keys without a local query cost their wavelets.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_TILE_ATTENTIONCYCLES_H
#define WAFERFLOW_SIMULATOR_TILE_ATTENTIONCYCLES_H

#include "simulator/machine/Machine.h"
#include "simulator/report/Report.h"
#include "simulator/tile/AttentionShape.h"

namespace waferflow {

/// Rates and fixed costs of attention on one machine, types and switches.
struct AttentionCosts {
  AttentionCosts(const Machine &machine, ElementType type,
                 Accumulate accumulate, const CostSwitches &switches);

  double scoreAxpy(int64_t elements) const; ///< elements a cycle
  double outputAxpy = 0, dot = 0;
  double exchangeAdd = 0, exchangeCopy = 0, chainAdd = 0;
  double add = 0, mul = 0, max = 0, exp = 0, log = 0, reciprocal = 0;
  int64_t launch = 0, setup = 0, stage = 0;
  int64_t perWavelet = 2;
  const Machine *machine = nullptr;

private:
  double memoryAxpy = 0, cacheAxpy = 0;
  int64_t sumBytes = 2;
};

/// Cycles by what the core does; they share its issue slots and add up.
struct AttentionCycles {
  int64_t matmul = 0;   ///< AXPYs, dots and the wavelets of keys and values
  int64_t exchange = 0; ///< scatter, gather, chain over rows
  int64_t softmax = 0;  ///< scalar work on scores and outputs
  int64_t total() const { return matmul + exchange + softmax; }
  AttentionCycles &operator+=(const AttentionCycles &other) {
    matmul += other.matmul;
    exchange += other.exchange;
    softmax += other.softmax;
    return *this;
  }
};

/// All keys of one sequence for one head part, on the critical rows.
AttentionCycles forwardCycles(const AttentionShape &shape, HeadPart part,
                              const AttentionCosts &costs);
AttentionCycles backwardCycles(const AttentionShape &shape, HeadPart part,
                               const AttentionCosts &costs);

/// The column that takes longest: the sum over its heads, times the sequences
/// that its row holds.
AttentionCycles criticalColumn(const AttentionShape &shape, bool backward,
                               const AttentionCosts &costs);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_TILE_ATTENTIONCYCLES_H
