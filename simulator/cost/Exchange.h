//===- Exchange.h - Features travel between columns -------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_COST_EXCHANGE_H
#define WAFERFLOW_SIMULATOR_COST_EXCHANGE_H

#include "simulator/machine/Machine.h"
#include "simulator/program/Kernels.h"
#include "simulator/program/Layout.h"
#include "simulator/program/Moves.h"

#include <algorithm>
#include <vector>

namespace waferflow::cost {

/// Columns pass pieces (all features of one column) on to their neighbours,
/// first those that go east, then those that go west.
struct Travel {
  int64_t east = 0, west = 0; ///< columns of the longest way
  int64_t taken = 0;          ///< vectors that the fullest column keeps
  int64_t sources = 0;        ///< moves in which it takes them
  /// Slots of scalar code a piece that comes from the west, from the east: the
  /// loop, where it goes, and whether anything of it is for here.
  int64_t westSlots = 0, eastSlots = 0;

  int64_t hops() const { return std::max(east, west); }
};

/// `columns` in `groups` output groups; each group gets all features, `f` a
/// column.
Travel gatherTravel(int64_t columns, int64_t groups, GroupForm form, int64_t f);

/// The exchange of these moves, as the lowered program does it.
Travel travelOf(const std::vector<Move> &moves, const ColumnLayout &from,
                const ColumnLayout &to);

/// Every feature from its column in one order to that in the other.
Travel regroupTravel(const FeatureOrder &from, const FeatureOrder &to);

/// Cycles of the exchange of pieces of `f` vectors, which a core takes in and
/// sends on in its issue slots beside scalar code, and of moving what is kept
/// to its place. A piece is sent on when it is whole, so a short one takes at
/// least itself and the way to the neighbour. (2 E + 2 W - min(E, W)) pieces,
/// since the first piece that goes west may wait for the last one that went
/// east at one end of the way only.
double exchangeCycles(const Machine &machine, const Travel &travel, int64_t f,
                      int64_t tokensPerCore, ElementType type);

} // namespace waferflow::cost

#endif // WAFERFLOW_SIMULATOR_COST_EXCHANGE_H
