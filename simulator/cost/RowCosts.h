//===- RowCosts.h - What a streamed row costs a column ----------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_COST_ROWCOSTS_H
#define WAFERFLOW_SIMULATOR_COST_ROWCOSTS_H

#include "simulator/cost/Arithmetic.h"
#include "simulator/cost/Recurrence.h"
#include "simulator/program/Layout.h"
#include "simulator/report/Report.h"

namespace waferflow::cost {

/// One column of an output group and the group around it.
struct RowShape {
  StepTypes types;
  double tokens = 0;      ///< Tl; fractional where padding is off
  int64_t members = 1;    ///< columns of the group
  int64_t distance = 1;   ///< hops between neighbours
  bool indexFree = false; ///< weights stream without indices
};

/// Cycles a row with `on` costs: everything but ring, io, counts and means.
RecurrenceVariant spmmRow(const Machine &machine, const CostSwitches &on,
                          const RowShape &shape);
RecurrenceVariant sddmmRow(const Machine &machine, const CostSwitches &on,
                           const RowShape &shape);

/// Once a kernel: routes rewritten, the multicast's skew down y and over the
/// copies of token groups, the pipeline into a core and out of it.
double spmmOutside(const Machine &machine, const CostSwitches &on,
                   const TokenLayout &tokens);
/// The same, with the trip of the last row's results down y.
double sddmmOutside(const Machine &machine, const CostSwitches &on,
                    const TokenLayout &tokens);

/// Cycles of the shared edge for each wavelet of one of `groups` groups.
double edgeCyclesPerWavelet(const Machine &machine, int64_t groups);

} // namespace waferflow::cost

#endif // WAFERFLOW_SIMULATOR_COST_ROWCOSTS_H
