//===- SlotsTest.cpp - Is it fair to take a stream's slots at its head? ---===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// In a core each wavelet takes the slot of the cycle in which it passes. The
// recurrence takes a stream's slots in one piece from its head on, which
// differs where the stream stops on its way because the next core is late.
//
//===----------------------------------------------------------------------===//
#include "EventSimulator.h"

#include <algorithm>
#include <cstdio>
#include <gtest/gtest.h>
#include <random>

using namespace waferflow;
using namespace waferflow::test;

namespace {

/// Recurrence over slots taken wavelet by wavelet, on 48 columns of 6 features,
/// 114 tokens a core.
double ratio(double density, int64_t buffers, bool sddmm) {
  constexpr int64_t columns = 48, rows = 288, features = 6;
  std::mt19937_64 random(1);
  std::binomial_distribution<int> binomial(features, density);
  std::vector<uint8_t> counts;
  for (int64_t i = 0; i < rows * columns; ++i)
    counts.push_back(static_cast<uint8_t>(binomial(random)));
  RecurrenceProblem problem;
  problem.counts.bytes = counts.data();
  problem.counts.columns = columns;
  problem.holds.assign(columns, true);
  problem.largest = features;
  problem.buffers = buffers;
  problem.waveletsIn.assign(rows, 0);
  for (int64_t r = 0; r < rows; ++r)
    problem.owner.push_back(static_cast<int32_t>(r / features));
  RecurrenceVariant v;
  v.perNonzero = 31;
  v.rowEnd = 8;
  v.slots = v.stream = 57;
  v.ring = true;
  v.stage = 7;
  v.wrap = 5 + 2 * (columns - 1);
  v.queue = 12;
  v.wrapQueue = 200;
  problem.variants.push_back(v);
  if (sddmm) {
    v.perNonzero = 59;
    v.perResult = 1;
    v.hop = 2;
    v.rootMove = 1;
    problem.variants[0] = v;
    return runSddmmRecurrence(problem)[0] /
           static_cast<double>(playSddmm(problem, 0, Slots::AsSent));
  }
  return runSpmmRecurrence(problem)[0] /
         static_cast<double>(playSpmm(problem, 0, Slots::AsSent));
}

TEST(Slots, AtTheHeadAndAsSentAgreeWithinHalfAPercent) {
  for (bool sddmm : {false, true})
    for (double density : {1.0, 0.5, 0.3, 0.1})
      for (int64_t buffers : {2, 8, 32}) {
        double r = ratio(density, buffers, sddmm);
        std::printf("%s, density %.1f, B = %2d: recurrence / as sent %.4f\n",
                    sddmm ? "sddmm" : "spmm", density,
                    static_cast<int>(buffers), r);
        EXPECT_NEAR(r, 1, 0.005);
      }
}

} // namespace
