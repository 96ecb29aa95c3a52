//===- Simulate.cpp -------------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/Simulate.h"

#include "simulator/tile/TileSimulation.h"

namespace waferflow {

std::variant<Report, Error> simulate(const Program &program,
                                     const SimulateOptions &options) {
  if (options.fidelity != "tile")
    return Error{"fidelity", "expected tile, got '" + options.fidelity + "'"};
  if (options.threads < 1)
    return Error{"threads",
                 "expected at least 1, got " + std::to_string(options.threads)};
  if (std::vector<Error> errors = check(program); !errors.empty())
    return errors.front();
  return simulateTile(program, options);
}

} // namespace waferflow
