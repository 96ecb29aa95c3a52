//===- ProgramRunner.h - Programs one after the other ---------- -*- C++
//-*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_PROGRAMRUNNER_H
#define WAFERFLOW_SIMULATOR_CYCLE_PROGRAMRUNNER_H

#include "simulator/cycle/FabricSimulation.h"

namespace waferflow::cycle {

/// What a program that ended well has to say.
struct ProgramRun {
  int64_t cycles = 0;
  Counters counters;
  std::vector<std::vector<TimedWavelet>> outputs; ///< as program.outputs
};

/// What a host runs programs on. FabricSystem is one; tests have others to
/// compare it with.
class ProgramRunner {
public:
  virtual ~ProgramRunner() = default;
  /// `image` is what the program finds in SRAM, and afterwards what it left,
  /// also where it ends in an error.
  virtual Result<ProgramRun> run(const FabricProgram &program, SramImage &image,
                                 const CycleOptions &options) = 0;
  /// Time between two programs in which the fabric does nothing.
  virtual void pass(int64_t cycles) = 0;
};

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_PROGRAMRUNNER_H
