//===- RecurrenceTest.cpp - Does the recurrence play by the rules? --------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "EventSimulator.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>

using namespace waferflow;
using namespace waferflow::test;

namespace {

constexpr int kCases = 1000;

/// A small problem with anything in it: idle columns, empty rows, scattered
/// owners, streams longer and shorter than what fits between two columns.
struct RandomCase {
  RecurrenceProblem problem;
  std::vector<uint8_t> bytes;
  std::vector<uint16_t> words;
  std::vector<int32_t> stored;

  RandomCase(uint64_t seed, bool hasResults) : random(seed) {
    int64_t columns = pick(1, 7), rows = pick(1, 16), most = pick(1, 5);
    bool dense = pick(0, 4) == 0, inOrder = pick(0, 2) > 0;
    for (int64_t x = 0; x < columns; ++x)
      problem.holds.push_back(x == 0 || pick(0, 5) > 0);
    for (int64_t r = 0; r < (dense ? 1 : rows); ++r)
      for (int64_t x = 0; x < columns; ++x)
        bytes.push_back(
            static_cast<uint8_t>(problem.holds[x] ? pick(0, most) : 0));
    words.assign(bytes.begin(), bytes.end());
    for (int64_t r = 0; r < rows; ++r) {
      stored.push_back(static_cast<int32_t>(r));
      problem.owner.push_back(static_cast<int32_t>(
          inOrder ? r * columns / rows : pick(0, columns - 1)));
    }
    std::shuffle(stored.begin(), stored.end(), random);
    problem.counts.bytes = pick(0, 1) ? bytes.data() : nullptr;
    problem.counts.words = words.data();
    problem.counts.columns = columns;
    problem.counts.repeated = dense;
    problem.counts.stored = dense ? nullptr : stored.data();
    problem.buffers = pick(1, 4);
    problem.rowsAhead = pick(1, 4);
    problem.largest = most;
    for (int64_t r = 0; r < rows; ++r) {
      problem.waveletsIn.push_back(pick(0, 3 * columns));
      if (hasResults)
        problem.waveletsOut.push_back(pick(0, 3 * columns));
    }
    for (int64_t count = pick(1, 6); count > 0; --count)
      problem.variants.push_back(variant(columns, hasResults));
  }

private:
  RecurrenceVariant variant(int64_t columns, bool hasResults) {
    RecurrenceVariant v;
    auto cycles = [&](int64_t low, int64_t high) {
      return static_cast<double>(pick(low, high));
    };
    v.perNonzero = cycles(1, 9);
    v.rowEnd = cycles(0, 4);
    v.slots = cycles(0, 6);
    v.perResult = hasResults ? cycles(0, 2) : 0;
    v.resultsEnd = hasResults ? cycles(0, 12) : 0;
    v.clearPerCycle = hasResults ? cycles(0, 4) : 0;
    v.stream = v.slots + cycles(0, 4);
    v.stage = cycles(1, 5);
    v.hop = cycles(1, 3);
    v.wrap = v.stage + 2 * static_cast<double>(columns - 1);
    v.queue = std::max({v.stage, v.hop, cycles(1, 8)});
    v.wrapQueue = v.wrap + cycles(0, 3);
    v.rootMove = cycles(0, 3);
    v.ring = pick(0, 3) > 0;
    v.io = pick(0, 2) > 0;
    v.cyclesPerWavelet = cycles(1, 48) / 16;
    return v;
  }
  int64_t pick(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  }
  std::mt19937_64 random;
};

TEST(Recurrence, SpmmEqualsTheEventSimulator) {
  for (int seed = 0; seed < kCases; ++seed) {
    RandomCase random(seed, false);
    std::vector<double> cycles = runSpmmRecurrence(random.problem);
    for (size_t v = 0; v < cycles.size(); ++v)
      ASSERT_EQ(cycles[v], playSpmm(random.problem, static_cast<int>(v)))
          << "case " << seed << " variant " << v;
  }
}

TEST(Recurrence, SddmmEqualsTheEventSimulator) {
  for (int seed = 0; seed < kCases; ++seed) {
    RandomCase random(seed, true);
    std::vector<double> cycles = runSddmmRecurrence(random.problem);
    for (size_t v = 0; v < cycles.size(); ++v)
      ASSERT_EQ(cycles[v], playSddmm(random.problem, static_cast<int>(v)))
          << "case " << seed << " variant " << v;
  }
}

/// A fractional variant puts all lanes into 64 bits: whole costs keep their
/// result, but for times that the edge leaves between two cycles.
TEST(Recurrence, WholeAndFractionalLanesAgree) {
  for (int seed = 0; seed < kCases; ++seed) {
    RandomCase random(seed, true);
    for (RecurrenceVariant &v : random.problem.variants)
      v.io = false;
    RecurrenceProblem fractional = random.problem;
    fractional.variants.push_back(fractional.variants[0]);
    fractional.variants.back().perNonzero += 0.5;
    for (auto run : {runSpmmRecurrence, runSddmmRecurrence}) {
      std::vector<double> whole = run(random.problem), both = run(fractional);
      for (size_t v = 0; v < whole.size(); ++v)
        ASSERT_EQ(whole[v], both[v]) << "case " << seed << " variant " << v;
    }
  }
}

/// Means in place of counts: the same as a problem whose counts are the means.
TEST(Recurrence, MeansStandForCounts) {
  RandomCase random(7, false);
  random.problem.largest = 2;
  RecurrenceProblem means = random.problem, counts = random.problem;
  std::vector<double> columns(means.counts.columns);
  std::vector<uint8_t> row(means.counts.columns);
  for (int64_t x = 0; x < means.counts.columns; ++x)
    columns[x] = row[x] = static_cast<uint8_t>(x % 2 + 1);
  for (RecurrenceVariant &v : means.variants)
    v.columnMeans = columns.data();
  counts.counts.bytes = row.data();
  counts.counts.repeated = true;
  for (auto *problem : {&means, &counts})
    for (RecurrenceVariant &v : problem->variants)
      v.io = false;
  EXPECT_EQ(runSpmmRecurrence(means), runSpmmRecurrence(counts));
}

} // namespace
