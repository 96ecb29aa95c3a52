//===- Recurrence.cpp - What both recurrences share -----------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/Recurrence.h"
#include "simulator/cost/LaneState.h"

namespace waferflow {

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
  double counts = static_cast<double>(problem.waveletsIn.size());
  double columns = static_cast<double>(problem.counts.columns);
  for (const RecurrenceVariant &v : problem.variants) {
    for (double cycles :
         {v.perNonzero, v.rowEnd, v.slots, v.perResult, v.stream, v.queue,
          v.wrapQueue, v.stage, v.wrap, v.hop, v.rootMove})
      if (!whole(cycles))
        return false;
    if (v.columnScale || v.rowMeans || v.columnMeans)
      return false;
    // No row takes longer than everything it can wait for, one after another.
    double row = counts * (v.perNonzero + v.perResult) + v.rowEnd + v.slots +
                 v.stream + v.rootMove + 2 * v.wrap +
                 columns * (v.stage + v.hop);
    if (v.io) {
      double most = 0;
      for (size_t n = 0; n < problem.waveletsIn.size(); ++n)
        most = std::max(most, double(problem.waveletsIn[n]) +
                                  (problem.waveletsOut.empty()
                                       ? 0.0
                                       : double(problem.waveletsOut[n])));
      row += columns * most * v.cyclesPerWavelet;
    }
    if (row * static_cast<double>(problem.rows()) > std::ldexp(1.0, 30))
      return false;
  }
  return true;
}

} // namespace waferflow
