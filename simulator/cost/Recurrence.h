//===- Recurrence.h - When does every column finish every row? --*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The column recurrences of spmm and sddmm as functions of nonzero counts: real
// ones at tile fidelity, expected ones in the mapping search. README.md states
// the rules; tests/validation/recurrence plays them event by event.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_COST_RECURRENCE_H
#define WAFERFLOW_SIMULATOR_COST_RECURRENCE_H

#include <cmath>
#include <cstdint>
#include <vector>

namespace waferflow {

/// n(r, x): nonzeros of the r-th streamed row in column x of a group. Stored
/// row by row as bytes or 16-bit words; the rows need not be stored in the
/// order in which they stream, and a dense weight stores one row for all.
struct RowCounts {
  const uint8_t *bytes = nullptr;
  const uint16_t *words = nullptr; ///< read where bytes is null
  int64_t columns = 0;
  bool repeated = false;           ///< one stored row serves all
  const int32_t *stored = nullptr; ///< stream position -> stored row, or null

  int64_t at(int64_t r, int64_t x) const {
    int64_t i = (repeated ? 0 : stored ? stored[r] : r) * columns + x;
    return bytes ? bytes[i] : words[i];
  }
};

/// One set of switches. Cycles may be fractional.
struct RecurrenceVariant {
  // A column's work on a row is `workOn` its count.
  double perNonzero = 0;
  double perResult = 0; ///< sddmm: a dot's result joins the chain
  double rowEnd = 0;
  double resultsEnd = 0;    ///< sddmm: more where a row has results
  double clearPerCycle = 0; ///< sddmm: places of results, cleared behind them
  // The count: n(r, x) [* columnScale[x]], or a mean of the row or the column.
  const double *columnScale = nullptr;
  const double *rowMeans = nullptr;    ///< by stream position
  const double *columnMeans = nullptr; ///< read where rowMeans is null

  double slots = 0;     ///< issue slots that a row's stream takes in each core
  bool ring = false;    ///< latencies and finite buffers
  double stream = 0;    ///< cycles from a stream's first wavelet to its last
  double queue = 0;     ///< part of a stream that fits between neighbours, in
                        ///< cycles; at least `stage`, or it would throttle
  double wrapQueue = 0; ///< spmm: the same on the way back, at least `wrap`
  double stage = 0;     ///< head to head between neighbours
  double wrap = 0;      ///< spmm: from the last column back to the first
  double hop = 0;       ///< sddmm: head to head while a broadcast passes
  double rootMove = 0;  ///< sddmm: added when the next row has another root

  double ofWeight() const { return perNonzero + perResult; }
  double workOn(double count) const {
    double work = count * ofWeight() + rowEnd;
    if (count <= 0)
      return work;
    double clear = clearPerCycle > 0 ? count / clearPerCycle : 0;
    bool whole = count == std::floor(count);
    return work + resultsEnd + (whole ? std::ceil(clear) : clear);
  }

  bool io = false;
  double cyclesPerWavelet = 0; ///< of this group's share of the edge
};

struct RecurrenceProblem {
  RowCounts counts;
  std::vector<int32_t> owner; ///< column that owns a row, by stream position
  std::vector<bool> holds;    ///< by column: has features of the reduced side
  int64_t buffers = 1;        ///< B
  int64_t largest = 0;        ///< no n(r, x) is larger
  /// Wavelets of a row over all lanes, by stream position: in through the edge,
  /// and (sddmm) out of it.
  std::vector<int64_t> waveletsIn, waveletsOut;
  int64_t rowsAhead = 1; ///< the store runs at most so far ahead
  std::vector<RecurrenceVariant> variants;

  int64_t rows() const { return static_cast<int64_t>(owner.size()); }
};

/// Cycles from the first weight at a column to the last row's last partial sum
/// in its owner, by variant.
std::vector<double> runSpmmRecurrence(const RecurrenceProblem &problem);

/// Cycles from the first broadcast to the last result at the end of a column's
/// chain or through the edge, by variant.
std::vector<double> runSddmmRecurrence(const RecurrenceProblem &problem);

/// Sums of `byCount[n(r, x)]` over the columns that hold features, for each of
/// `rows` rows in stream order.
std::vector<int64_t> waveletsByRow(const RowCounts &counts, int64_t rows,
                                   const std::vector<bool> &holds,
                                   const std::vector<int32_t> &byCount);

/// The row that a lane has room to start: one more than the whole rows that
/// `fifoWavelets` a lane hold on average when `totalWavelets` go to `rows` rows
/// of `lanes` lanes.
int64_t rowsAheadOf(int64_t fifoWavelets, int64_t totalWavelets, int64_t rows,
                    int64_t lanes);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_COST_RECURRENCE_H
