//===- TileSimulation.h - A step at tile fidelity ---------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_TILE_TILESIMULATION_H
#define WAFERFLOW_SIMULATOR_TILE_TILESIMULATION_H

#include "simulator/Simulate.h"

namespace waferflow {

/// Times every kernel alone, then runs the schedule in SystemC once for each
/// position of the ledger; all cycles of the report are SystemC's. Expects a
/// program that `check` has accepted.
std::variant<Report, Error> simulateTile(const Program &program,
                                         const SimulateOptions &options);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_TILE_TILESIMULATION_H
