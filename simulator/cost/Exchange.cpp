//===- Exchange.cpp -------------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/Exchange.h"
#include "simulator/cost/Arithmetic.h"

#include <algorithm>
#include <set>
#include <vector>

namespace waferflow::cost {

namespace {

/// Scalar code a piece, as the lowered program has it (Exchange.cpp of
/// lower-to-fabric): its loop takes four slots, the half of the buffer and
/// whether it is sent on two each.
constexpr int64_t kPieceSlots = 8;
/// A question about the distance, and what follows from the answers.
constexpr int64_t kAskSlots = 1, kBranchSlots = 1;

/// Of all questions about a piece that comes from one side.
int64_t slotsOf(const std::vector<Taking> &takings) {
  int64_t slots = kPieceSlots;
  for (const Taking &taking : takings) {
    int64_t asked = taking.exactly ? 1 : taking.notBefore + taking.notBehind;
    if (asked)
      slots += asked * kAskSlots + (asked - 1) + kBranchSlots;
  }
  return slots;
}

} // namespace

Travel travelOf(const std::vector<Move> &moves, const ColumnLayout &from,
                const ColumnLayout &to) {
  Travel travel;
  for (const Move &move : moves) {
    int64_t distance = move.toColumn - move.fromColumn;
    travel.east = std::max(travel.east, distance);
    travel.west = std::max(travel.west, -distance);
  }
  std::vector<int64_t> taken(to.columns()), sources(to.columns());
  for (Side side : {Side::Own, Side::West, Side::East}) {
    int64_t by = side == Side::West ? -from.slots() : from.slots();
    auto takings = takingsFrom(moves, to.columns(), side, by);
    for (const Taking &taking : takings)
      for (int64_t c = 0; c < to.columns(); ++c) {
        const Run &run = taking.byColumn[c];
        if (run.count == 0)
          continue;
        int64_t pieces = run.last - run.first + 1;
        sources[c] += pieces;
        taken[c] += pieces * run.count;
      }
    if (side == Side::West)
      travel.westSlots = slotsOf(takings);
    if (side == Side::East)
      travel.eastSlots = slotsOf(takings);
  }
  for (int64_t c = 0; c < to.columns(); ++c) {
    travel.taken = std::max(travel.taken, taken[c]);
    travel.sources = std::max(travel.sources, sources[c]);
  }
  return travel;
}

Travel gatherTravel(int64_t columns, int64_t groups, GroupForm form,
                    int64_t f) {
  Travel travel;
  if (groups == 1)
    return travel;
  // A member's share comes from `groups` neighbouring columns. Those are its
  // own block, or lie anywhere on the way from the first group to the last.
  int64_t members = std::max<int64_t>(1, columns / groups);
  travel.east = travel.west =
      (groups - 1) * (form == GroupForm::Contiguous ? members : 1);
  travel.sources = groups;
  travel.taken = groups * f;
  travel.westSlots = travel.eastSlots = kPieceSlots + kAskSlots + kBranchSlots;
  return travel;
}

Travel regroupTravel(const FeatureOrder &from, const FeatureOrder &to) {
  Travel travel;
  std::vector<std::set<int32_t>> sources(to.columns);
  for (int64_t feature = 0; feature < from.features(); ++feature) {
    int64_t a = from.column[feature], b = to.column[feature];
    travel.east = std::max(travel.east, b - a);
    travel.west = std::max(travel.west, a - b);
    sources[b].insert(static_cast<int32_t>(a));
  }
  if (travel.hops() == 0)
    return Travel();
  travel.taken = to.featuresPerColumn();
  travel.westSlots = travel.eastSlots = kPieceSlots + kAskSlots + kBranchSlots;
  for (const std::set<int32_t> &columns : sources)
    travel.sources =
        std::max(travel.sources, static_cast<int64_t>(columns.size()));
  return travel;
}

double exchangeCycles(const Machine &machine, const Travel &travel, int64_t f,
                      int64_t tokensPerCore, ElementType type) {
  double piece =
      copySlots(machine, type, static_cast<double>(f * tokensPerCore), true);
  double way =
      static_cast<double>(machine.dispatchCycles) + stageCycles(machine, 1);
  auto shift = [&](int64_t pieces, int64_t slots) {
    double each = std::max(2 * piece + static_cast<double>(slots), piece + way);
    return static_cast<double>(pieces) * each;
  };
  double cycles =
      shift(travel.east, travel.westSlots) +
      shift(travel.west, travel.eastSlots) -
      static_cast<double>(std::min(travel.east, travel.west)) * piece;
  if (travel.taken > 0)
    cycles +=
        moveCycles(machine, type,
                   static_cast<double>(travel.taken * tokensPerCore), true) +
        static_cast<double>((travel.sources - 1) * machine.launchCycles);
  return cycles;
}

} // namespace waferflow::cost
