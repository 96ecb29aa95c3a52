//===- CycleTrainer.h - Several steps in a row ------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The weight store between two runs of a module: weights go to the fabric
// rounded to the step's type, gradients come back in f32, AdamW updates f32
// masters at the mask's positions.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_ENGINE_CYCLETRAINER_H
#define WAFERFLOW_RUNTIME_ENGINE_CYCLETRAINER_H

#include "runtime/engine/CycleModule.h"
#include "simulator/store/MasterStore.h"

namespace waferflow {

struct TrainedStep {
  double loss = 0;
  store::StepOutcome outcome;
  CycleRun run;
  /// When the store has made the last update, counted from the step's begin.
  int64_t optimizerDoneCycle = 0;
};

class CycleTrainer {
public:
  /// `module` must outlive the trainer and be a training step: a loss, and a
  /// gradient for each weight. What of `weights` the masks prune becomes zero.
  /// The store's loss scale is set in the module before each step; without
  /// loss scaling the module's own is static.
  static Result<std::unique_ptr<CycleTrainer>>
  create(CycleModule &module, HostTensors weights,
         const store::StoreOptions &options);

  /// One step on a batch, which is the module's arguments without weights.
  /// `recorder`: as for `CycleModule::run`.
  Result<TrainedStep> step(const HostTensors &batch,
                           const CycleProgress &progress = nullptr,
                           const cycle::CycleOptions &options = {},
                           cycle::Recorder *recorder = nullptr);

  /// Records programs of the module, as `CycleModule::recorder`.
  Result<std::unique_ptr<cycle::Recorder>>
  recorder(const cycle::TraceRequest &request) {
    return module.recorder(request);
  }

  /// The f32 masters.
  Result<HostTensors> masters() const;

private:
  CycleTrainer(CycleModule &module, store::MasterStore store)
      : module(module), store(std::move(store)) {}

  CycleModule &module;
  store::MasterStore store;
  std::vector<HostDeclaration> weights;
  std::map<std::string, std::string> gradientOf; ///< weight -> result
};

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_ENGINE_CYCLETRAINER_H
