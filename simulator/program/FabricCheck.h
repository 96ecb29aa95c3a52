//===- FabricCheck.h - The two halves of `check` -------------- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_PROGRAM_FABRICCHECK_H
#define WAFERFLOW_SIMULATOR_PROGRAM_FABRICCHECK_H

#include "simulator/program/Fabric.h"

namespace waferflow::cycle {

/// As errors name it: "core (1, 2)".
inline std::string coreText(int64_t x, int64_t y) {
  return "core (" + std::to_string(x) + ", " + std::to_string(y) + ")";
}

/// Judges one core program by its own tables and the machine.
void checkCore(const FabricProgram &program, const CoreProgram &core,
               std::vector<Error> &errors);

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_PROGRAM_FABRICCHECK_H
