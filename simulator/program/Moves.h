//===- Moves.h - Slots that go to other columns -----------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_PROGRAM_MOVES_H
#define WAFERFLOW_SIMULATOR_PROGRAM_MOVES_H

#include "simulator/program/ColumnLayout.h"

namespace waferflow {

/// One slot of one column that goes to a slot of another (or the same) column.
struct Move {
  int32_t fromColumn = 0, fromSlot = 0, toColumn = 0, toSlot = 0;
};

/// Every slot of `to` from the nearest column of `from` that has its feature,
/// west before east where two are as near. Expects that one has it.
std::vector<Move> movesBetween(const ColumnLayout &from,
                               const ColumnLayout &to);

/// From where a column takes slots: itself, the columns in its west (pieces go
/// east), those in its east.
enum class Side { Own, West, East };

/// Neighbouring slots that are neighbours again where they go, from each of the
/// columns `first` to `last` away: behind slot to + by * distance.
struct Run {
  int64_t first = -1, last = -1, from = 0, to = 0, count = 0;
};

/// One run for every column, with no slots where a column has none.
struct Taking {
  std::vector<Run> byColumn;
  /// What a column asks about a distance before it takes anything: whether it
  /// is exactly one, or not too near, not too far.
  bool exactly = false, notBefore = false, notBehind = false;
};

/// All that columns take from pieces of one side, by the distance of a piece.
/// Slots go `by` slots further where a piece comes from a column further.
std::vector<Taking> takingsFrom(const std::vector<Move> &moves, int64_t columns,
                                Side side, int64_t by);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_PROGRAM_MOVES_H
