//===- StreamModel.h - What spmm and sddmm have in common -------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_TILE_STREAMMODEL_H
#define WAFERFLOW_SIMULATOR_TILE_STREAMMODEL_H

#include "simulator/cost/Grouping.h"
#include "simulator/cost/RowCosts.h"
#include "simulator/tile/KernelModel.h"
#include "simulator/tile/StreamCounts.h"

#include <functional>
#include <optional>

namespace waferflow {

/// One kernel that streams the rows of a weight past the columns of output
/// groups, timed in all variants of the ledger. The kernel kind says what its
/// rows cost; the counts, means and fractional sizes are worked out here.
struct StreamModel {
  const Program &program;
  OutputGrouping grouping = {};
  StreamCounts counts = {};
  int64_t buffers = 1;
  std::vector<int32_t> waveletsIn = {},
                       waveletsOut = {}; ///< by count, in one lane

  /// Cycles of rows under a set of switches: everything but counts and io.
  std::function<RecurrenceVariant(const CostSwitches &, double tokens)> costs =
      {};
  /// Which recurrence couples the columns.
  std::function<std::vector<double>(const RecurrenceProblem &)> run = {};
  /// Once a kernel, not a row.
  std::function<double(const CostSwitches &)> outside = {};
  std::vector<Cost> relevant = {};

  /// Times the kernel; `counters` gets the wavelets at the edge.
  KernelTiming time(const TileContext &context) const;

  /// Whole tokens of the fullest core, or the step's spread over all rows.
  double tokensOfCore(const CostSwitches &on) const;
};

/// Runs `task(0 .. count - 1)` on up to `threads` threads; the first exception
/// by index is rethrown.
void parallelFor(int64_t count, int threads,
                 const std::function<void(int64_t)> &task);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_TILE_STREAMMODEL_H
