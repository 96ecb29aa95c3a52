//===- Simulate.h - Program in, report out ----------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_SIMULATE_H
#define WAFERFLOW_SIMULATOR_SIMULATE_H

#include "simulator/program/Program.h"
#include "simulator/report/Report.h"

#include <variant>

namespace waferflow {

struct SimulateOptions {
  std::string fidelity = "tile";
  CostSwitches switches; ///< `--set cost.E=off`
  int threads = 1;       ///< of our own; the report does not depend on it
};

/// Checks the program and runs one training or inference step of it. May be
/// called from several threads: runs in SystemC wait for each other. The first
/// thing that is wrong comes back as an error, also where a program takes no
/// time at all.
std::variant<Report, Error> simulate(const Program &program,
                                     const SimulateOptions &options = {});

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_SIMULATE_H
