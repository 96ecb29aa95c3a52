//===- Run.cpp - The calls behind the command line ------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/engine/Run.h"

#include "compiler/ChooseMapping.h"
#include "runtime/engine/Clock.h"
#include "runtime/engine/Diagnostics.h"
#include "runtime/engine/EnergyReport.h"
#include "runtime/engine/LossScaleConstant.h"
#include "runtime/engine/ReadProgram.h"
#include "runtime/engine/Results.h"
#include "runtime/engine/Sensitivity.h"
#include "runtime/engine/Session.h"
#include "runtime/engine/Theory.h"
#include "simulator/Simulate.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace waferflow::flow;

namespace waferflow {

namespace {

SimulateOptions optionsOf(const Request &request) {
  SimulateOptions options;
  options.fidelity = request.fidelity;
  options.switches = request.switches;
  options.threads = request.threads;
  return options;
}

std::vector<std::string> reasonsOf(ModuleOp module) {
  std::vector<std::string> reasons;
  if (auto list = findStep(module)->getAttrOfType<ArrayAttr>("flow.reasons"))
    for (auto reason : list.getAsRange<StringAttr>())
      reasons.push_back(reason.str());
  return reasons;
}

/// Translates and simulates a placed module.
Result<Point> simulatePlaced(ModuleOp module, const Request &request,
                             MaskCache &masks) {
  auto program = loadProgram(module, masks);
  if (!program)
    return program.errors;
  auto simulated = simulate(*program, optionsOf(request));
  if (auto *error = std::get_if<Error>(&simulated))
    return *error;
  Point point;
  point.model = program->model;
  point.fidelity = request.fidelity;
  point.seed = request.seed;
  point.report = std::get<Report>(std::move(simulated));
  point.program = std::move(*program);
  point.reasons = reasonsOf(module);
  return point;
}

Result<Point> simulatePoint(Session &session, double sparsity) {
  Clock clock;
  MaskCache masks;
  auto module = session.placed(sparsity, masks);
  if (!module)
    return module.errors;
  auto point = simulatePlaced(**module, session.request(), masks);
  if (!point)
    return point.errors;
  point->sparsity = sparsity;
  point->train = session.request().train;
  point->mask = session.describeMask(sparsity);
  point->wallSeconds = clock.seconds();
  return point;
}

std::string print(const llvm::json::Value &value) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << value;
  return text;
}

} // namespace

Result<std::string> run(const Request &request, const Progress &progress) {
  int total = static_cast<int>(request.sparsity.size()) + 1, done = 0;
  progress("reading the model", done, total);
  auto session = Session::open(request);
  if (!session)
    return session.errors;
  Session &open = **session;
  std::vector<double> points;
  for (double sparsity : request.sparsity) {
    auto resolved = open.pointSparsity(sparsity);
    if (!resolved)
      return resolved.errors;
    points.push_back(*resolved);
  }
  auto unmasked = open.flow(0);
  if (!unmasked)
    return unmasked.errors;
  auto counted = countMultiplyAdds(**unmasked, true);
  if (failed(counted))
    return Error{"theory", "failed to count multiply-adds"};

  progress("dense", done, total);
  auto dense = simulatePoint(open, 0);
  if (!dense)
    return dense.errors;
  llvm::json::Array results;
  for (double sparsity : points) {
    progress("sparsity " + std::to_string(sparsity).substr(0, 5), ++done,
             total);
    auto point = sparsity == 0 ? dense : simulatePoint(open, sparsity);
    if (!point)
      return point.errors;
    auto compared = compare(point->report, dense->report);
    if (auto *error = std::get_if<Error>(&compared))
      return *error;
    point->comparison = std::get<Comparison>(std::move(compared));
    point->theoryStep = counted->speedup(sparsity);
    if (request.sensitivity) {
      auto rows = sensitivityRows(open, *point, *dense);
      if (!rows)
        return rows.errors;
      point->sensitivity = std::move(*rows);
    }
    results.push_back(toJson(*point));
  }
  progress("done", total, total);
  return print(llvm::json::Object{{"results", std::move(results)}});
}

Result<std::string> theory(const Request &request) {
  auto session = Session::open(request, /*sized=*/false);
  if (!session)
    return session.errors;
  auto module = (*session)->flow(0);
  if (!module)
    return module.errors;
  auto counted = countMultiplyAdds(**module, request.causal);
  if (failed(counted))
    return Error{"theory", "failed to count multiply-adds"};
  llvm::json::Array rows;
  for (double sparsity : request.sparsity)
    rows.push_back(llvm::json::Object{{"sparsity", sparsity},
                                      {"matmul", 1 / (1 - sparsity)},
                                      {"step", counted->speedup(sparsity)}});
  double tokens = static_cast<double>((*session)->tokens());
  return print(llvm::json::Object{
      {"model", request.model},
      {"seq", (*session)->seq()},
      {"attention", request.causal ? "causal" : "full"},
      {"rows", std::move(rows)},
      {"multiply_adds",
       llvm::json::Object{{"linears", counted->linears / tokens},
                          {"attention", counted->attention / tokens},
                          {"head", counted->head / tokens}}}});
}

static Result<Module> compiled(Session &session, double sparsity, Stage stage) {
  MaskCache masks;
  switch (stage) {
  case Stage::Graph:
    return session.graph();
  case Stage::Flow:
    return session.flow(sparsity);
  case Stage::Placed:
    return session.placed(sparsity, masks);
  case Stage::Fabric:
    return session.fabric(sparsity);
  }
  llvm_unreachable("every stage has a case");
}

Result<std::string> compile(const Request &request, Stage stage, bool asText) {
  Request asked = request;
  bool scales =
      stage == Stage::Fabric && request.train && request.lossScale != 1;
  if (scales)
    asked.lossScale = kLossScaleMark;
  auto session = Session::open(asked);
  if (!session)
    return session.errors;
  auto sparsity = (*session)->pointSparsity(request.sparsity.front());
  if (!sparsity)
    return sparsity.errors;
  auto module = compiled(**session, *sparsity, stage);
  if (!module)
    return module.errors;
  if (scales && !markLossScale(**module, request.lossScale))
    return Error{"--loss-scale", "the lowering left no constant of it"};
  Builder builder((*module)->getContext());
  auto point = builder.getDictionaryAttr(
      {builder.getNamedAttr("sparsity", builder.getF64FloatAttr(*sparsity)),
       builder.getNamedAttr("seed", builder.getI64IntegerAttr(request.seed)),
       builder.getNamedAttr(
           "mask", builder.getStringAttr((*session)->describeMask(*sparsity))),
       builder.getNamedAttr("train", builder.getBoolAttr(request.train))});
  // The lowering to the fabric leaves no step to say it of.
  if (stage == Stage::Fabric) {
    (**module)->setAttr("flow.point", point);
    (**module)->setAttr(
        "flow.energy_sources",
        toAttr(builder.getContext(), energySources((*session)->machine())));
  } else if (func::FuncOp step = findStep(**module))
    step->setAttr("flow.point", point);
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (asText) {
    (*module)->print(stream);
    return text;
  }
  auto bytecode = writeProgram(**module);
  if (!bytecode)
    return Error{"compile", "failed to write bytecode"};
  return *bytecode;
}

Result<std::string> simulateModule(const std::string &text,
                                   const Request &request) {
  Clock clock;
  auto context = makeContext();
  Module module;
  {
    auto read = readProgram(text, *context);
    if (!read)
      return read.errors;
    module = std::move(*read);
    DiagnosticCollector collector(*context);
    if (!findStep(*module))
      return collector.error("program");
  }
  MaskCache masks;
  auto point = simulatePlaced(*module, request, masks);
  if (!point)
    return point.errors;
  if (auto meta =
          findStep(*module)->getAttrOfType<DictionaryAttr>("flow.point")) {
    if (auto sparsity = meta.getAs<FloatAttr>("sparsity"))
      point->sparsity = sparsity.getValueAsDouble();
    if (auto seed = meta.getAs<IntegerAttr>("seed"))
      point->seed = seed.getInt();
    if (auto mask = meta.getAs<StringAttr>("mask"))
      point->mask = mask.str();
    if (auto train = meta.getAs<BoolAttr>("train"))
      point->train = train.getValue();
  }
  point->wallSeconds = clock.seconds();
  llvm::json::Array results;
  results.push_back(toJson(*point));
  return print(llvm::json::Object{{"results", std::move(results)}});
}

} // namespace waferflow
