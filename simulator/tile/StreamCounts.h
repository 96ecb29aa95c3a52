//===- StreamCounts.h - Nonzeros of a streamed weight -----------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_TILE_STREAMCOUNTS_H
#define WAFERFLOW_SIMULATOR_TILE_STREAMCOUNTS_H

#include "models/masks/Counts.h"
#include "simulator/cost/Recurrence.h"
#include "simulator/program/Program.h"

namespace waferflow {

/// n(row, column) of one weight, streamed by rows or (transposed) by columns.
struct StreamCounts {
  NarrowCounts bytes; ///< where every column holds at most 255 features
  NonzeroCounts words;
  bool repeated = false; ///< dense: one row for all
  int64_t rows = 0, columns = 0;
  int64_t largest = 0; ///< the largest count that a row may have in a column

  /// Rows in the order of `stored`, which must outlive the result.
  RowCounts inOrder(const std::vector<int32_t> &stored) const;

  /// Adds the counts of `stored` rows up, by column and by row.
  void sum(const std::vector<int32_t> &stored, std::vector<int64_t> &byColumn,
           std::vector<int64_t> &byRow) const;
};

/// Counts in one scan of the mask, or none where the weight is dense (or
/// `everything`). `columnOf`: column of each reduced feature. Throws
/// std::runtime_error where mask and orders do not fit.
StreamCounts countStream(const Weight &weight, bool transposed, bool everything,
                         const std::vector<int32_t> &columnOf, int64_t columns,
                         int threads);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_TILE_STREAMCOUNTS_H
