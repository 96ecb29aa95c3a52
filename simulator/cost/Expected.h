//===- Expected.h - spmm and sddmm before any mask is known -----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For the mapping search: closed forms in a microsecond, the recurrence on
// random counts of the expected density where a decision needs it. Masks are
// taken as uniform (every weight is nonzero with probability `density`) but for
// how full the columns are, where that was counted.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_COST_EXPECTED_H
#define WAFERFLOW_SIMULATOR_COST_EXPECTED_H

#include "simulator/cost/RowCosts.h"
#include "simulator/program/Kernels.h"

#include <optional>

namespace waferflow::cost {

/// Nonzeros of a row of a counted mask, on average over the rows of the output
/// group that has most.
struct RowLoad {
  double mean = 0;    ///< of the columns that hold features
  double fullest = 0; ///< of the fullest of them
};

/// A kernel that streams `rows` rows past columns that hold `features`. For
/// sddmm the rows are the features whose vectors are broadcast.
struct StreamShape {
  int64_t rows = 0;
  int64_t features = 0;
  /// Of the orders: columns that hold the features, and columns that own rows.
  int64_t featureColumns = 0, rowColumns = 0;
  double density = 1;
  bool indexFree = true;    ///< dense weights, or all positions of a gradient
  int64_t outputGroups = 1; ///< spmm only, as are the group form and
  GroupForm form = GroupForm::Contiguous;
  int64_t buffers = 8;
  StepTypes types;
  std::optional<RowLoad> counted; ///< else masks are taken as uniform
};

/// Cycles of the kernel as tile fidelity would time it with every cost on.
/// README.md gives the formula; ExpectedTest its error against the recurrence.
double expectedSpmm(const Machine &machine, const TokenLayout &tokens,
                    const StreamShape &shape);
double expectedSddmm(const Machine &machine, const TokenLayout &tokens,
                     const StreamShape &shape);

/// The same by the recurrence on random counts (a function of `seed` alone),
/// milliseconds to a second.
double simulateSpmm(const Machine &machine, const TokenLayout &tokens,
                    const StreamShape &shape, uint64_t seed = 1);
double simulateSddmm(const Machine &machine, const TokenLayout &tokens,
                     const StreamShape &shape, uint64_t seed = 1);

/// f, features of the fullest column: of the order, or dealt over a group.
int64_t featuresOfMember(const StreamShape &shape, int64_t members);

} // namespace waferflow::cost

#endif // WAFERFLOW_SIMULATOR_COST_EXPECTED_H
