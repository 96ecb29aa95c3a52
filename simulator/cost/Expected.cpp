//===- Expected.cpp - Closed forms of spmm and sddmm ----------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/Expected.h"
#include "simulator/cost/Grouping.h"

#include <algorithm>
#include <cmath>

namespace waferflow::cost {

namespace {

// How long a column waits a row for others, in deviations of a row's work. The
// exponent of B is that of tandem queues; the factors, which grow with the
// share of the slots that streams take, were measured on the recurrence
// (tests/validation/recurrence), not on anything published.
constexpr double kWaiting = 0.15, kWaitingBySlots = 1.75;
constexpr double kWaitingAlone = 1.2, kWaitingAloneBySlots = 0.6; // B = 1

/// Cycles between two rows where B buffers couple columns. A row takes the
/// fullest column `mean` cycles, give or take `deviation`, `above` more than
/// the mean column, which waits for it.
double rowPeriod(const RecurrenceVariant &v, double mean, double deviation,
                 double above, int64_t buffers) {
  deviation *= std::max(0.0, 1 - above / (2 * std::max(deviation, 1e-9)));
  double share = v.slots / mean;
  if (buffers == 1) // a stream has left before the next row starts
    return mean + v.stream - v.slots +
           deviation * (kWaitingAlone + kWaitingAloneBySlots * share);
  // A stream that is slow because it shares links keeps its buffer.
  double kept = (v.stream - v.slots) / std::max(mean, v.stream);
  double waiting = deviation * (kWaiting + kWaitingBySlots * share) /
                   std::pow(static_cast<double>(buffers) - kept, 2.0 / 3);
  if (v.stream <= mean)
    return mean + waiting;
  // The streams are the bound; columns still wait where work comes near.
  double apart = (v.stream - mean) / (2 * std::max(deviation, 1e-9));
  return v.stream + waiting * std::max(0.0, 1 - apart);
}

/// Expected largest of `n` standard normal numbers.
double largestNormal(double n) {
  if (n < 2)
    return 0;
  double root = std::sqrt(2 * std::log(n));
  return std::max(0.56, root - (std::log(std::log(n)) + std::log(4 * M_PI)) /
                                   (2 * root));
}

/// What both kinds derive from a shape.
struct Derived {
  int64_t members;
  double rows, f;                  ///< of a group
  double fullest, mean, deviation; ///< of n(r, x): columns, their spread
  RowShape row;

  Derived(const TokenLayout &tokens, const StreamShape &shape) {
    members = membersOf(std::max(shape.featureColumns, shape.rowColumns),
                        shape.outputGroups, tokens.groupColumns);
    rows = std::ceil(static_cast<double>(shape.rows) /
                     static_cast<double>(shape.outputGroups));
    f = static_cast<double>(featuresOfMember(shape, members));
    fullest = mean = f * shape.density;
    if (shape.counted) {
      mean = shape.counted->mean;
      fullest = shape.counted->fullest;
    }
    deviation = std::sqrt(fullest * (1 - shape.density));
    row.types = shape.types;
    row.tokens = static_cast<double>(tokens.tokensPerCore);
    row.members = members;
    row.distance =
        shape.form == GroupForm::Interleaved ? shape.outputGroups : 1;
    row.indexFree = shape.indexFree;
  }

  /// Columns that hold features.
  double lanes(const StreamShape &shape) const {
    return std::ceil(static_cast<double>(shape.features) / f);
  }
  /// Of the fullest column over all rows.
  double critical(const StreamShape &shape) const {
    if (shape.counted)
      return rows * fullest;
    return rows * mean +
           std::sqrt(rows) * deviation * largestNormal(lanes(shape));
  }
};

} // namespace

double expectedSpmm(const Machine &machine, const TokenLayout &tokens,
                    const StreamShape &shape) {
  Derived d(tokens, shape);
  CostSwitches on;
  RecurrenceVariant v = spmmRow(machine, on, d.row);
  double fixed = v.rowEnd + v.slots;
  double column = d.critical(shape) * v.perNonzero + d.rows * fixed;
  double wavelets = waveletsPerWeight(shape.types.storage, shape.indexFree) *
                    (shape.indexFree ? d.f : d.mean);
  wavelets = (shape.indexFree ? std::ceil(wavelets) : wavelets) + 1;
  double edge = d.rows * wavelets * d.lanes(shape) *
                edgeCyclesPerWavelet(machine, shape.outputGroups);
  double outside = spmmOutside(machine, on, tokens);
  if (d.members == 1)
    return std::max(column, edge) + outside;

  double work =
      rowPeriod(v, d.fullest * v.perNonzero + fixed, d.deviation * v.perNonzero,
                (d.fullest - d.mean) * v.perNonzero, shape.buffers);
  double trip = v.stage * static_cast<double>(d.members - 2) + v.wrap;
  return std::max({column, d.rows * work + trip, edge}) + outside;
}

double expectedSddmm(const Machine &machine, const TokenLayout &tokens,
                     const StreamShape &shape) {
  Derived d(tokens, shape);
  CostSwitches on;
  RecurrenceVariant v = sddmmRow(machine, on, d.row);
  double perNonzero = v.ofWeight() + 1 / v.clearPerCycle;
  double empty = std::pow(1 - shape.density, d.f);
  double fixed = v.rowEnd + v.resultsEnd * (1 - empty) + v.slots;
  double column = d.critical(shape) * perNonzero + d.rows * fixed;
  double out = d.rows * d.mean * d.lanes(shape);
  double in = shape.indexFree ? 0 : out + d.rows * d.lanes(shape);
  double edge = std::max(in, out) * edgeCyclesPerWavelet(machine, 1);
  double outside = sddmmOutside(machine, on, tokens);
  if (d.members == 1)
    return std::max(column, edge) + outside;

  double work =
      rowPeriod(v, d.fullest * perNonzero + fixed, d.deviation * perNonzero,
                (d.fullest - d.mean) * perNonzero, shape.buffers);
  double trip = v.stage + v.hop * static_cast<double>(d.members - 2);
  return std::max({column, d.rows * work + trip, edge}) + outside;
}

} // namespace waferflow::cost
