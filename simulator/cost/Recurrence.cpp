//===- Recurrence.cpp - What both recurrences share -----------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/Recurrence.h"
#include "simulator/cost/LaneState.h"

namespace waferflow {

namespace {

template <typename Count>
int64_t sumOfRow(const Count *n, const std::vector<int32_t> &lanes,
                 const std::vector<int32_t> &byCount) {
  int64_t sum = 0;
  for (int32_t x : lanes)
    sum += byCount[n[x]];
  return sum;
}

} // namespace

std::vector<int64_t> waveletsByRow(const RowCounts &counts, int64_t rows,
                                   const std::vector<bool> &holds,
                                   const std::vector<int32_t> &byCount) {
  std::vector<int32_t> lanes;
  for (size_t x = 0; x < holds.size(); ++x)
    if (holds[x])
      lanes.push_back(static_cast<int32_t>(x));
  std::vector<int64_t> sums(rows);
  for (int64_t r = 0; r < rows; ++r) {
    if (counts.repeated && r > 0) {
      sums[r] = sums[0];
      continue;
    }
    int64_t stored = counts.repeated ? 0 : counts.stored ? counts.stored[r] : r;
    sums[r] =
        counts.bytes
            ? sumOfRow(counts.bytes + stored * counts.columns, lanes, byCount)
            : sumOfRow(counts.words + stored * counts.columns, lanes, byCount);
  }
  return sums;
}

int64_t rowsAheadOf(int64_t fifoWavelets, int64_t totalWavelets, int64_t rows,
                    int64_t lanes) {
  if (totalWavelets <= 0)
    return 1 + fifoWavelets;
  double perRow = static_cast<double>(totalWavelets) /
                  (static_cast<double>(rows) * static_cast<double>(lanes));
  return 1 + static_cast<int64_t>(static_cast<double>(fifoWavelets) / perRow);
}

bool fitsWholeCycles(const RecurrenceProblem &problem) {
  auto whole = [](double cycles) { return cycles == std::floor(cycles); };
  double largest = static_cast<double>(problem.largest);
  double columns = static_cast<double>(problem.counts.columns);
  double wavelets = 0;
  for (const std::vector<int64_t> *rows :
       {&problem.waveletsIn, &problem.waveletsOut})
    for (int64_t row : *rows)
      wavelets += static_cast<double>(row);
  for (const RecurrenceVariant &v : problem.variants) {
    for (double cycles :
         {v.perNonzero, v.rowEnd, v.resultsEnd, v.slots, v.perResult, v.stream,
          v.queue, v.wrapQueue, v.stage, v.wrap, v.hop, v.rootMove})
      if (!whole(cycles))
        return false;
    if (v.columnScale || v.rowMeans || v.columnMeans)
      return false;
    // No row takes longer than everything it can wait for, one after another.
    double row = v.workOn(largest) + v.rowEnd + v.slots + v.stream +
                 v.rootMove + 2 * v.wrap + columns * (v.stage + v.hop);
    double io = v.io ? wavelets * v.cyclesPerWavelet : 0;
    if (row * static_cast<double>(problem.rows()) + io > std::ldexp(1.0, 30))
      return false;
  }
  return true;
}

} // namespace waferflow
