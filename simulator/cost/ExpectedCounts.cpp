//===- ExpectedCounts.cpp - The recurrence on random counts ---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/Expected.h"
#include "simulator/cost/Grouping.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace waferflow::cost {

namespace {

/// Counter-based: the same number for the same (seed, counter).
uint64_t scramble(uint64_t seed, uint64_t counter) {
  uint64_t z = seed * 0x9e3779b97f4a7c15u + (counter + 1) * 0xd1342543de82ef95u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/// thresholds[n]: probability of at most n of `features` nonzeros, in 2^-32.
std::vector<uint64_t> binomialThresholds(int64_t features, double density) {
  std::vector<uint64_t> thresholds;
  double cumulative = 0;
  for (int64_t n = 0; n <= features; ++n) {
    double logChoose = std::lgamma(features + 1.0) - std::lgamma(n + 1.0) -
                       std::lgamma(features - n + 1.0);
    double p = density >= 1 ? (n == features)
                            : std::exp(logChoose + n * std::log(density) +
                                       (features - n) * std::log1p(-density));
    cumulative += p;
    thresholds.push_back(
        static_cast<uint64_t>(std::ldexp(std::min(cumulative, 1.0), 32)));
  }
  thresholds.back() = uint64_t(1) << 32;
  return thresholds;
}

/// Counts of the group that streams most rows, members in the proportions of a
/// blocked order.
struct ExpectedGroup {
  RecurrenceProblem problem;
  std::vector<uint16_t> counts;

  ExpectedGroup(const Machine &machine, const TokenLayout &tokens,
                const StreamShape &shape, bool hasResults, uint64_t seed) {
    int64_t members =
        membersOf(std::max(shape.featureColumns, shape.rowColumns),
                  shape.outputGroups, tokens.groupColumns);
    int64_t rows = (shape.rows + shape.outputGroups - 1) / shape.outputGroups;
    int64_t f = featuresOfMember(shape, members);
    std::vector<int64_t> features(members);
    for (int64_t x = 0, left = shape.features; x < members && left > 0; ++x)
      left -= features[x] = std::min(f, left);

    bool repeated = shape.density >= 1;
    counts.resize((repeated ? 1 : rows) * members);
    if (repeated) {
      std::copy(features.begin(), features.end(), counts.begin());
    } else {
      for (int64_t x = 0; x < members; ++x) {
        auto thresholds = binomialThresholds(features[x], shape.density);
        for (int64_t r = 0; r < rows; ++r) {
          uint64_t u = scramble(seed, r * members + x) >> 32;
          counts[r * members + x] = static_cast<uint16_t>(
              std::upper_bound(thresholds.begin(), thresholds.end(), u) -
              thresholds.begin());
        }
      }
    }
    problem.counts.words = counts.data();
    problem.counts.columns = members;
    problem.counts.repeated = repeated;
    problem.buffers = shape.buffers;
    int64_t owners =
        std::min(members, (shape.rowColumns + shape.outputGroups - 1) /
                              shape.outputGroups);
    for (int64_t r = 0; r < rows; ++r)
      problem.owner.push_back(static_cast<int32_t>(r * owners / rows));
    problem.largest = f;
    std::vector<int32_t> ofCountIn, ofCountOut;
    for (int64_t n = 0; n <= f; ++n) {
      int64_t in = weightWavelets(shape.types.storage, shape.indexFree, n);
      if (hasResults) // indices only, none for all positions
        in = shape.indexFree ? 0 : n + 1;
      ofCountIn.push_back(static_cast<int32_t>(in));
      ofCountOut.push_back(static_cast<int32_t>(n));
    }
    int64_t lanes = 0;
    for (int64_t x = 0; x < members; ++x) {
      problem.holds.push_back(features[x] > 0);
      lanes += features[x] > 0;
    }
    problem.waveletsIn =
        waveletsByRow(problem.counts, rows, problem.holds, ofCountIn);
    if (hasResults)
      problem.waveletsOut =
          waveletsByRow(problem.counts, rows, problem.holds, ofCountOut);
    int64_t wavelets = std::accumulate(problem.waveletsIn.begin(),
                                       problem.waveletsIn.end(), int64_t(0));
    problem.rowsAhead =
        rowsAheadOf(machine.edgeColumnFifo + machine.inputQueueWavelets,
                    wavelets, rows, lanes);
  }
};

RowShape rowShape(const TokenLayout &tokens, const StreamShape &shape) {
  RowShape row;
  row.types = shape.types;
  row.tokens = static_cast<double>(tokens.tokensPerCore);
  row.members = membersOf(std::max(shape.featureColumns, shape.rowColumns),
                          shape.outputGroups, tokens.groupColumns);
  row.distance = shape.form == GroupForm::Interleaved ? shape.outputGroups : 1;
  row.indexFree = shape.indexFree;
  return row;
}

RecurrenceVariant allOn(const Machine &machine, RecurrenceVariant variant,
                        int64_t groups) {
  variant.ring = variant.io = true;
  variant.cyclesPerWavelet = edgeCyclesPerWavelet(machine, groups);
  return variant;
}

} // namespace

int64_t featuresOfMember(const StreamShape &shape, int64_t members) {
  int64_t over = shape.outputGroups == 1 ? shape.featureColumns : members;
  return (shape.features + over - 1) / over;
}

double simulateSpmm(const Machine &machine, const TokenLayout &tokens,
                    const StreamShape &shape, uint64_t seed) {
  ExpectedGroup group(machine, tokens, shape, /*hasResults=*/false, seed);
  CostSwitches on;
  group.problem.variants.push_back(
      allOn(machine, spmmRow(machine, on, rowShape(tokens, shape)),
            shape.outputGroups));
  return runSpmmRecurrence(group.problem)[0] + spmmOutside(machine, on, tokens);
}

double simulateSddmm(const Machine &machine, const TokenLayout &tokens,
                     const StreamShape &shape, uint64_t seed) {
  ExpectedGroup group(machine, tokens, shape, /*hasResults=*/true, seed);
  CostSwitches on;
  group.problem.variants.push_back(
      allOn(machine, sddmmRow(machine, on, rowShape(tokens, shape)), 1));
  return runSddmmRecurrence(group.problem)[0] +
         sddmmOutside(machine, on, tokens);
}

} // namespace waferflow::cost
