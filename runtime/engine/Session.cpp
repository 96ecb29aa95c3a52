//===- Session.cpp - One model on one machine -----------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/engine/Session.h"

#include "compiler/ChooseMapping.h"
#include "compiler/MappedStep.h"
#include "compiler/Passes.h"
#include "compiler/lower-to-fabric/LowerToFabric.h"
#include "dialects/flow/MachineAttr.h"
#include "models/llama/Builder.h"
#include "runtime/engine/Diagnostics.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Verifier.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace waferflow::flow;

namespace waferflow {

std::unique_ptr<MLIRContext> makeContext() {
  DialectRegistry registry;
  registerAllDialects(registry);
  registerAllExtensions(registry);
  registry.insert<FlowDialect, fabric::FabricDialect>();
  auto context =
      std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  return context;
}

Result<std::unique_ptr<Session>> Session::open(const Request &request,
                                               bool sized) {
  std::unique_ptr<Session> session(new Session);
  session->asked = request;
  auto machine = loadMachine(request.machine, request.machinesDir,
                             request.machineOverrides);
  if (!machine)
    return machine.errors;
  session->machineFile = std::move(*machine);
  session->context = makeContext();
  if (auto error = session->readModel())
    return *error;
  if (!sized)
    session->stepTokens = session->stepSeq;
  else if (auto error = session->chooseTokens())
    return *error;
  auto built = session->buildFlow(session->stepTokens / session->stepSeq);
  if (!built)
    return built.errors;
  session->flowModule = std::move(*built);
  return session;
}

std::optional<Error> Session::readModel() {
  auto read = readLlamaConfig(asked.config);
  if (!read)
    return Error{"", llvm::toString(read.takeError())};
  config = *read;
  if (asked.checkpoint) {
    auto opened = Checkpoint::open(*asked.checkpoint);
    if (!opened)
      return opened.errors.front();
    checkpoint = *opened;
  }
  mask =
      asked.mask.value_or(checkpoint ? MaskKind::Magnitude : MaskKind::Uniform);
  if (!checkpoint &&
      (mask == MaskKind::Magnitude || mask == MaskKind::Checkpoint))
    return Error{"--mask " + std::string(maskKindName(mask)),
                 "expected a model with weights, got '" + asked.model +
                     "', which has none here; --mask uniform makes synthetic "
                     "masks"};
  int64_t longest = config.maxPositions;
  stepSeq =
      asked.seq.value_or(longest > 0 ? std::min<int64_t>(2048, longest) : 2048);
  if (longest > 0 && stepSeq > longest)
    return Error{"--seq", "expected at most " + std::to_string(longest) +
                              " positions of " + asked.model + ", got " +
                              std::to_string(stepSeq)};
  return std::nullopt;
}

std::optional<Error> Session::chooseTokens() {
  if (asked.tokens) {
    stepTokens = *asked.tokens;
    return checkTokens(stepTokens, stepSeq);
  }
  // No step is larger than all SRAM filled with one block input.
  const Machine &machine = machineFile.machine;
  int64_t most = machine.width * machine.height * machine.sramBytes /
                 (elementBytes(asked.type) * config.hiddenSize);
  auto built = buildFlow(1);
  if (!built)
    return built.errors.front();
  DiagnosticCollector collector(*context);
  auto largest = findLargestTokens(**built, most);
  if (failed(largest))
    return collector.error("");
  if (*largest == 0) {
    // The mapping of one sequence says what is over and by how much.
    if (failed(chooseMapping(**built, {asked.go, asked.order, asked.chunks})))
      return collector.error("one sequence of " + std::to_string(stepSeq) +
                             " tokens does not fit");
    *largest = stepSeq;
  }
  stepTokens = *largest;
  return std::nullopt;
}

Result<Module> Session::buildGraph(int64_t batch) {
  StepOptions options;
  options.batch = batch;
  options.seq = stepSeq;
  options.train = asked.train;
  // Every position's logits: the head then does the work that a training step's
  // forward pass does, and the two can be compared.
  options.logits = LogitsAt::all;
  options.lossScale = asked.lossScale;
  DiagnosticCollector collector(*context);
  Module module = buildTrainStep(*context, config, options);
  if (!module)
    return collector.error(asked.model);
  StringRef entry = asked.train ? "train_step" : "forward";
  auto step = module->lookupSymbol<func::FuncOp>(entry);
  Builder builder(context.get());
  Type type = asked.type == ElementType::F32    ? Type(builder.getF32Type())
              : asked.type == ElementType::BF16 ? Type(builder.getBF16Type())
                                                : Type(builder.getF16Type());
  step->setAttr(
      "flow.step",
      StepAttr::get(context.get(), batch * stepSeq, stepSeq, type,
                    asked.accumulate == Accumulate::F32 ? "f32" : "storage",
                    asked.gt.value_or(0), asked.keepEvery.value_or(0)));
  step->setAttr("flow.model", builder.getStringAttr(asked.model));
  (*module)->setAttr("flow.machine",
                     machineToAttr(context.get(), machineFile.machine));
  return module;
}

Result<Module> Session::buildFlow(int64_t batch) {
  auto module = buildGraph(batch);
  if (!module)
    return module.errors;
  DiagnosticCollector collector(*context);
  PassManager manager(context.get(), ModuleOp::getOperationName());
  buildGraphToFlowPipeline(manager);
  if (failed(manager.run(**module)))
    return collector.error("");
  return module;
}

Result<Module> Session::graph() { return buildGraph(stepTokens / stepSeq); }

Result<Module> Session::flow(double sparsity) {
  Module module = flowModule->clone();
  if (auto error = maskWeights(*module, sparsity))
    return *error;
  return module;
}

Result<Module> Session::placed(double sparsity, MaskCache &masks) {
  auto module = flow(sparsity);
  if (!module)
    return module.errors;
  // In a uniform mask every column has as many nonzeros as any other but for
  // chance; counting it is worth its time only to deal features all the same.
  if (mask != MaskKind::Uniform || asked.order == OrderKind::Dealt)
    if (auto error = countMasks(**module, masks))
      return *error;
  DiagnosticCollector collector(*context);
  if (failed(chooseMapping(**module, {asked.go, asked.order, asked.chunks})) ||
      failed(insertRelayouts(**module)) || failed(planSram(**module)) ||
      failed(placeKernels(**module)))
    return collector.error("");
  return module;
}

Result<Module> Session::fabric(double sparsity) {
  MaskCache masks;
  auto module = placed(sparsity, masks);
  if (!module)
    return module.errors;
  DiagnosticCollector collector(*context);
  Attribute model = findStep(**module)->getAttr("flow.model");
  if (failed(fabric::lowerToFabric(**module)) || failed(verify(**module)))
    return collector.error("");
  (**module)->setAttr("flow.model", model);
  if (asked.lossScale != 1)
    (**module)->setAttr(
        "flow.loss_scale",
        Builder(context.get()).getF64FloatAttr(asked.lossScale));
  if (!checkpoint)
    return module;
  for (auto argument : (**module).getOps<fabric::ArgumentOp>()) {
    WeightAttr weight = argument.getWeightAttr();
    if (!weight || weight.getSource())
      continue;
    auto source = sourceOf(weight.getName().str());
    if (!source)
      return source.errors;
    argument.setWeightAttr(WeightAttr::get(context.get(), weight.getName(),
                                           weight.getPruned(), weight.getMask(),
                                           weight.getDensity(), *source));
  }
  return module;
}

} // namespace waferflow
