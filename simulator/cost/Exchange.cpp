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
  for (const std::set<int32_t> &columns : sources)
    travel.sources =
        std::max(travel.sources, static_cast<int64_t>(columns.size()));
  return travel;
}

double exchangeCycles(const Machine &machine, const Travel &travel, int64_t f,
                      int64_t tokensPerCore, ElementType type) {
  double piece =
      copySlots(machine, type, static_cast<double>(f * tokensPerCore), true);
  int64_t pieces =
      2 * (travel.east + travel.west) - std::min(travel.east, travel.west);
  double moved = 0;
  if (travel.taken > 0)
    moved =
        moveCycles(machine, type,
                   static_cast<double>(travel.taken * tokensPerCore), true) +
        static_cast<double>((travel.sources - 1) * machine.launchCycles);
  return static_cast<double>(pieces) * piece + moved;
}

} // namespace waferflow::cost
