//===- CycleTrainer.cpp - Several steps in a row --------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/engine/CycleTrainer.h"

#include "simulator/store/UpdateTime.h"

#include <map>

namespace waferflow {

static const char kLoss[] = "loss";

static ElementType storageOf(mlir::Type type) {
  return type.isF16()    ? ElementType::F16
         : type.isBF16() ? ElementType::BF16
                         : ElementType::F32;
}

/// Sets what a mask prunes to zero; the positions that stay.
static std::optional<std::vector<int64_t>> prune(const LivePositions &live,
                                                 std::vector<float> &values) {
  if (live.bits.empty())
    return std::nullopt;
  std::vector<int64_t> positions;
  for (size_t i = 0; i < values.size(); ++i)
    if (live.bits[i])
      positions.push_back(static_cast<int64_t>(i));
    else
      values[i] = 0;
  return positions;
}

Result<std::unique_ptr<CycleTrainer>>
CycleTrainer::create(CycleModule &module, HostTensors weights,
                     const store::StoreOptions &options) {
  HostSide &host = module.host();
  if (!host.result(kLoss))
    return Error{"program", "expected a training step with a result 'loss'"};
  // None: the program's own, left as it is.
  using Kind = store::LossScaleOptions::Kind;
  store::StoreOptions scaled = options;
  if (scaled.lossScale.kind == Kind::None && module.lossScale() != 1) {
    scaled.lossScale.kind = Kind::Static;
    scaled.lossScale.scale = module.lossScale();
  }
  auto created = store::MasterStore::create(scaled);
  if (!created)
    return created.errors;
  if (scaled.lossScale.kind == Kind::Dynamic ||
      (scaled.lossScale.kind == Kind::Static &&
       scaled.lossScale.scale != module.lossScale()))
    if (auto error = module.setLossScale(scaled.lossScale.scale))
      return *error;
  std::unique_ptr<CycleTrainer> trainer(
      new CycleTrainer(module, std::move(*created)));
  for (const HostDeclaration &result : host.results())
    if (result.gradient)
      trainer->gradientOf[result.gradient.getWeight().str()] = result.name;
  if (auto error = module.completeWeights(weights))
    return *error;
  ElementType storage = storageOf(host.step().getType());
  for (const HostDeclaration &argument : host.arguments()) {
    if (!argument.weight)
      continue;
    std::string name = argument.weight.getName().str();
    if (!trainer->gradientOf.count(name))
      return Error{"weight '" + name + "'", "the program gives no gradient"};
    auto live = host.positions(argument.name);
    if (!live)
      return live.errors;
    std::vector<float> values = std::move(weights.at(argument.name).floats());
    auto positions = prune(**live, values);
    if (auto error =
            trainer->store.add(argument.name, values, storage, positions))
      return *error;
    trainer->weights.push_back(argument);
  }
  if (trainer->weights.empty())
    return Error{"program", "expected weights, got none"};
  return trainer;
}

Result<HostTensors> CycleTrainer::masters() const {
  HostTensors result;
  for (const HostDeclaration &weight : weights) {
    auto values = store.master(weight.name);
    if (!values)
      return values.errors;
    result[weight.name] = {weight.shape, std::move(*values)};
  }
  return result;
}

/// When the store has made the last update, in the order in which gradients
/// came; of a step that is left out, when the last gradient has come.
static int64_t optimizerDone(const Machine &machine,
                             const store::MasterStore &store,
                             const std::vector<HostDeclaration> &weights,
                             const std::map<std::string, std::string> &results,
                             const CycleRun &run, bool applied) {
  std::multimap<int64_t, store::GradientArrival> byTime;
  for (const HostDeclaration &weight : weights) {
    store::GradientArrival arrival;
    auto window = run.gradients.find(results.at(weight.weight.getName().str()));
    if (window != run.gradients.end()) {
      arrival.firstCycle = window->second.firstCycle;
      arrival.lastCycle = window->second.lastCycle;
    }
    arrival.updates = applied ? *store.stored(weight.name) : 0;
    byTime.insert({arrival.lastCycle, arrival});
  }
  std::vector<store::GradientArrival> arrivals;
  for (const auto &each : byTime)
    arrivals.push_back(each.second);
  return store::updateTimes(machine, arrivals, store.waitsForAllGradients())
      .doneCycle;
}

Result<TrainedStep> CycleTrainer::step(const HostTensors &batch,
                                       const CycleProgress &progress,
                                       const cycle::CycleOptions &options,
                                       cycle::Recorder *recorder) {
  HostTensors inputs = batch;
  for (const HostDeclaration &weight : weights) {
    if (inputs.count(weight.name))
      return Error{"input '" + weight.name + "'",
                   "is a weight, which the store has"};
    auto values = store.streamed(weight.name);
    if (!values)
      return values.errors;
    inputs[weight.name] = {weight.shape, std::move(*values)};
  }
  if (auto error = module.complete(inputs))
    return *error;
  if (store.scale() != module.lossScale())
    if (auto error = module.setLossScale(store.scale()))
      return *error;
  auto run = module.run(inputs, progress, options, recorder);
  if (!run)
    return run.errors;
  store::Gradients gradients;
  for (const HostDeclaration &weight : weights)
    gradients[weight.name] =
        run->outputs.at(gradientOf.at(weight.weight.getName().str())).floats();
  auto outcome = store.step(gradients);
  if (!outcome)
    return outcome.errors;
  TrainedStep result;
  result.loss = run->outputs.at(kLoss).floats().front();
  result.outcome = *outcome;
  result.optimizerDoneCycle =
      optimizerDone(module.host().machine(), store, weights, gradientOf, *run,
                    outcome->applied);
  result.run = std::move(*run);
  return result;
}

} // namespace waferflow
