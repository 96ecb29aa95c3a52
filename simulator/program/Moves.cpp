//===- Moves.cpp - Slots that go to other columns -------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/program/Moves.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <tuple>

namespace waferflow {

std::vector<Move> movesBetween(const ColumnLayout &from,
                               const ColumnLayout &to) {
  std::map<int32_t, std::vector<std::pair<int32_t, int32_t>>> holders;
  for (int64_t c = 0; c < from.columns(); ++c)
    for (int64_t s = 0; s < from.slotsOf(c); ++s)
      if (from.features[c][s] >= 0)
        holders[from.features[c][s]].push_back({c, s});
  std::vector<Move> moves;
  for (int32_t c = 0; c < to.columns(); ++c)
    for (int32_t s = 0; s < to.slotsOf(c); ++s) {
      if (to.features[c][s] < 0)
        continue;
      const auto &places = holders.at(to.features[c][s]);
      auto nearest =
          *std::min_element(places.begin(), places.end(), [&](auto a, auto b) {
            return std::abs(a.first - c) < std::abs(b.first - c);
          });
      moves.push_back({nearest.first, nearest.second, c, s});
    }
  return moves;
}

/// Runs of one distance each, nearest first.
static std::vector<std::vector<Run>> runsFrom(const std::vector<Move> &moves,
                                              int64_t columns, Side side) {
  std::vector<std::vector<Run>> byColumn(columns);
  for (const Move &move : moves) {
    int64_t distance = move.toColumn - move.fromColumn;
    Side where = distance == 0  ? Side::Own
                 : distance > 0 ? Side::West
                                : Side::East;
    if (where != side)
      continue;
    distance = std::abs(distance);
    std::vector<Run> &runs = byColumn[move.toColumn];
    auto before = std::find_if(runs.begin(), runs.end(), [&](const Run &run) {
      return run.first == distance && run.from + run.count == move.fromSlot &&
             run.to + run.count == move.toSlot;
    });
    if (before == runs.end())
      runs.push_back({distance, distance, move.fromSlot, move.toSlot, 1});
    else
      ++before->count;
  }
  for (std::vector<Run> &runs : byColumn)
    std::sort(runs.begin(), runs.end(), [](const Run &a, const Run &b) {
      return std::tie(a.first, a.to) < std::tie(b.first, b.to);
    });
  return byColumn;
}

/// Of the pieces that pass a column, the one from farthest.
static std::vector<int64_t> farthestOf(const std::vector<Move> &moves,
                                       int64_t columns, Side side) {
  std::vector<int64_t> farthest(columns, 0);
  int64_t step = side == Side::West ? 1 : side == Side::East ? -1 : 0;
  for (const Move &move : moves)
    for (int64_t c = move.fromColumn, n = 1; (move.toColumn - c) * step > 0;
         ++n) {
      c += step;
      farthest[c] = std::max(farthest[c], n);
    }
  return farthest;
}

std::vector<Taking> takingsFrom(const std::vector<Move> &moves, int64_t columns,
                                Side side, int64_t by) {
  std::vector<std::vector<Run>> byColumn(columns);
  size_t most = 0;
  auto single = runsFrom(moves, columns, side);
  std::vector<int64_t> farthest = farthestOf(moves, columns, side);
  for (int64_t c = 0; c < columns; ++c) {
    std::vector<Run> &runs = byColumn[c];
    for (Run run : single[c]) {
      run.to -= by * run.first;
      auto before = std::find_if(runs.begin(), runs.end(), [&](const Run &r) {
        return r.last + 1 == run.first && r.from == run.from &&
               r.to == run.to && r.count == run.count;
      });
      if (before == runs.end())
        runs.push_back(run);
      else
        before->last = run.last;
    }
    most = std::max(most, runs.size());
  }
  std::vector<Taking> takings(most);
  for (size_t i = 0; i < most; ++i) {
    Taking &taking = takings[i];
    taking.exactly = true;
    for (int64_t c = 0; c < columns; ++c) {
      Run run = i < byColumn[c].size() ? byColumn[c][i] : Run();
      taking.exactly &= run.first == run.last;
      taking.notBefore |= run.first > 1;
      taking.notBehind |= run.last < farthest[c];
      taking.byColumn.push_back(run);
    }
  }
  return takings;
}

} // namespace waferflow
