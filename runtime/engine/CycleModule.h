//===- CycleModule.h - Fabric programs, executed with values ----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Fidelity `cycle`: what a module says of its host is done in its order. The
// programs run one after the other on the same SRAM, and routes are set anew
// between them.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_ENGINE_CYCLEMODULE_H
#define WAFERFLOW_RUNTIME_ENGINE_CYCLEMODULE_H

#include "runtime/engine/Session.h"
#include "runtime/translate/HostSide.h"
#include "simulator/cycle/ProgramRunner.h"
#include "simulator/cycle/traces/Recorder.h"

#include <functional>

namespace waferflow {

/// What one program did.
struct ProgramRun {
  std::string name;
  int64_t cycles = 0;
  int64_t rerouteCycles = 0; ///< before it, and not in its cycles
  /// Weight elements that entered: those of the first token group, and again
  /// for each of the others.
  int64_t nonzeros = 0, copies = 0;
  cycle::Counters counters;
};

/// When the gradient of a weight left, in cycles of the step.
struct GradientWindow {
  int64_t firstCycle = 0, lastCycle = 0;
};

struct CycleRun {
  HostTensors outputs;
  std::vector<ProgramRun> programs;
  int64_t cycles = 0;        ///< of the programs, and before them
  int64_t rerouteCycles = 0; ///< of these: before them
  /// What the host wrote into SRAM and read back between programs. It is no
  /// part of the cycles: reports say it apart.
  int64_t bytesWritten = 0, bytesRead = 0;
  std::map<std::string, GradientWindow> gradients; ///< by result
};

/// Told before a program runs: its name, how many are done, of how many.
using CycleProgress =
    std::function<void(const std::string &program, int done, int total)>;

class CycleModule {
public:
  /// Parses and verifies bytecode or text.
  static Result<std::unique_ptr<CycleModule>> load(const std::string &program);
  /// Takes over a verified module and its context.
  static Result<std::unique_ptr<CycleModule>>
  of(std::unique_ptr<mlir::MLIRContext> context, Module module);
  ~CycleModule();

  mlir::ModuleOp module() { return *op; }
  HostSide &host() { return *side; }
  /// Rows of the table in which token numbers are looked up; 0 without one.
  int64_t vocabulary();
  /// What the program multiplies its gradients by, a constant of its code.
  double lossScale();
  /// Another. An error: the program was compiled without one.
  std::optional<Error> setLossScale(double scale);

  /// Adds weights that are not given from the checkpoint that the program
  /// names, and judges what is given: unknown and missing names, shapes, types,
  /// token numbers. One error.
  std::optional<Error> complete(HostTensors &inputs);
  /// The same of weights alone: nothing but weights may be given.
  std::optional<Error> completeWeights(HostTensors &weights);

  /// Records programs of this module. An error names a core that the machine
  /// or a program that the module does not have.
  Result<std::unique_ptr<cycle::Recorder>>
  recorder(const cycle::TraceRequest &request);

  /// Runs all programs on memory of zeros, on SystemC modules of its own that
  /// are elaborated once. `inputs` must be complete; `recorder` (not null) sees
  /// the programs in place of the options' observer.
  Result<CycleRun> run(const HostTensors &inputs,
                       const CycleProgress &progress = nullptr,
                       const cycle::CycleOptions &options = {},
                       cycle::Recorder *recorder = nullptr);
  /// The same on something else that runs programs.
  Result<CycleRun> runOn(cycle::ProgramRunner &runner,
                         const HostTensors &inputs,
                         const CycleProgress &progress = nullptr,
                         const cycle::CycleOptions &options = {},
                         cycle::Recorder *recorder = nullptr);

private:
  CycleModule() = default;
  std::optional<Error>
  runProgram(cycle::ProgramRunner &runner, fabric::ProgramOp program,
             const HostTensors &inputs, const cycle::CycleOptions &options,
             cycle::Recorder *recorder, cycle::SramImage &image, CycleRun &run);
  std::optional<Error> completeSome(HostTensors &inputs, bool weightsAlone);
  Result<HostTensor> fromCheckpoint(const HostDeclaration &weight);
  std::optional<Error> checkTokenNumbers(const HostTensors &inputs);

  std::unique_ptr<mlir::MLIRContext> context;
  Module op;
  MaskCache files;
  std::shared_ptr<HostSide> side;
};

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_ENGINE_CYCLEMODULE_H
