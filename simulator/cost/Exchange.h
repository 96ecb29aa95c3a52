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

#include <algorithm>

namespace waferflow::cost {

/// Columns pass pieces (all features of one column) on to their neighbours,
/// first those that go east, then those that go west.
struct Travel {
  int64_t east = 0, west = 0; ///< columns of the longest way
  int64_t taken = 0;          ///< vectors that the fullest column keeps
  int64_t sources = 0;        ///< columns from where those come

  int64_t hops() const { return std::max(east, west); }
};

/// `columns` in `groups` output groups; each group gets all features, `f` a
/// column.
Travel gatherTravel(int64_t columns, int64_t groups, GroupForm form, int64_t f);

/// Every feature from its column in one order to that in the other.
Travel regroupTravel(const FeatureOrder &from, const FeatureOrder &to);

/// Cycles of the exchange of pieces of `f` vectors, which a core takes in and
/// sends on in its issue slots, and of moving what is kept to its place:
/// (2 E + 2 W - min(E, W)) pieces, since the first piece that goes west may
/// wait for the last one that went east at one end of the way only.
double exchangeCycles(const Machine &machine, const Travel &travel, int64_t f,
                      int64_t tokensPerCore, ElementType type);

} // namespace waferflow::cost

#endif // WAFERFLOW_SIMULATOR_COST_EXCHANGE_H
