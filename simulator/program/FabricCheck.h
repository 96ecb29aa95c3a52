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

/// Whether a rectangle lies on the program's cores, whatever its numbers are.
inline bool onFabric(const Rectangle &r, const FabricProgram &program) {
  return r.x >= 0 && r.y >= 0 && r.width >= 0 && r.height >= 0 &&
         r.width <= program.width && r.height <= program.height &&
         r.x <= program.width - r.width && r.y <= program.height - r.height;
}

inline bool fits32(int64_t value) {
  return value >= INT32_MIN && value <= INT32_MAX;
}

/// Judges one core program by its own tables and the machine.
void checkCore(const FabricProgram &program, const CoreProgram &core,
               std::vector<Error> &errors);

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_PROGRAM_FABRICCHECK_H
