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

#include "simulator/cycle/ProgramRunner.h"

namespace waferflow::cycle {

/// Host, fabric region, edge I/O and weight store as SystemC modules joined by
/// TLM-2.0 sockets, elaborated once. Programs run on them one after the other,
/// each from where SystemC's time stands, with the same cycles, values and
/// errors as in a FabricSimulation.
///
/// While a program runs, nothing else in the process may be in SystemC: others
/// wait.
class FabricSystem : public ProgramRunner {
public:
  FabricSystem();
  ~FabricSystem() override;
  FabricSystem(const FabricSystem &) = delete;
  FabricSystem &operator=(const FabricSystem &) = delete;

  Result<ProgramRun> run(const FabricProgram &program, SramImage &image,
                         const CycleOptions &options = {}) override;
  void pass(int64_t cycles) override;

  /// SystemC's time: cycles of all programs so far and what passed between.
  int64_t cycles() const;

private:
  struct Modules;
  std::unique_ptr<Modules> modules;
};

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_SYSTEM_FABRICSYSTEM_H
