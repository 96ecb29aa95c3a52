//===- FabricSystem.h - Fabric programs in SystemC time ------- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Nothing of SystemC is visible from here.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_SYSTEM_FABRICSYSTEM_H
#define WAFERFLOW_SIMULATOR_CYCLE_SYSTEM_FABRICSYSTEM_H

#include "simulator/cycle/FabricSimulation.h"

namespace waferflow::cycle {

/// What a program that ended well has to say.
struct ProgramRun {
  int64_t cycles = 0; ///< of SystemC's time
  Counters counters;
  std::vector<std::vector<TimedWavelet>> outputs; ///< as program.outputs
};

/// Host, fabric region, edge I/O and weight store as SystemC modules joined by
/// TLM-2.0 sockets, elaborated once. Programs run on them one after the other,
/// each from where SystemC's time stands, with the same cycles, values and
/// errors as in a FabricSimulation.
///
/// While a program runs, nothing else in the process may be in SystemC: others
/// wait.
class FabricSystem {
public:
  FabricSystem();
  ~FabricSystem();
  FabricSystem(const FabricSystem &) = delete;
  FabricSystem &operator=(const FabricSystem &) = delete;

  /// `image` is what the program finds in SRAM, and afterwards what it left,
  /// also where it ends in an error.
  Result<ProgramRun> run(const FabricProgram &program, SramImage &image,
                         const CycleOptions &options = {});

  /// SystemC's time: cycles of all programs so far.
  int64_t cycles() const;

private:
  struct Modules;
  std::unique_ptr<Modules> modules;
};

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_SYSTEM_FABRICSYSTEM_H
