//===- Energy.h - What a run takes, by component -------------- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_ENERGY_H
#define WAFERFLOW_SIMULATOR_CYCLE_ENERGY_H

#include "simulator/cycle/Counters.h"
#include "simulator/machine/Machine.h"
#include "simulator/program/Result.h"

namespace waferflow::cycle {

/// In picojoules: events times the machine's energy of one. What a core takes
/// while nothing happens (leakage, clock) is not in it; energy.core_cycle_pj
/// bounds it from above.
struct Energy {
  double arithmeticPj = 0; ///< multiplications, additions, functions
  double issuePj = 0;      ///< issue slots: fetch and decode
  double sramPj = 0;       ///< bits read and written
  double rampPj = 0;       ///< wavelets between cores and routers
  double linkPj = 0;       ///< hops between routers
  double edgePj = 0;       ///< wavelets that enter and leave
  double totalPj() const {
    return arithmeticPj + issuePj + sramPj + rampPj + linkPj + edgePj;
  }
  Energy &operator+=(const Energy &other);
};

/// The machine's parameters that all of this is made of: energies of events.
const std::vector<std::string> &energyKeys();

/// An error names the parameter that the machine does not give.
Result<Energy> energyOf(const Counters &counters, const Machine &machine);

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_ENERGY_H
