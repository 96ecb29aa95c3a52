//===- CycleReport.cpp - What a run of fabric programs counted ------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/engine/CycleReport.h"

#include "runtime/engine/CycleCounters.h"
#include "runtime/engine/EnergyReport.h"
#include "runtime/engine/Results.h"

#include <cmath>

using namespace llvm;

namespace waferflow {

namespace {

/// Counters with the names that reports give them.
std::vector<std::pair<std::string, int64_t>> valuesOf(const ProgramRun &run) {
  auto values = counterValues(run.counters);
  values.insert(values.begin(), {{"cycles", run.cycles},
                                 {"nonzeros", run.nonzeros},
                                 {"nonzero_copies", run.copies}});
  return values;
}

/// What `waferflow compile` said of the point, where it did.
template <typename AttrT>
AttrT pointAttr(mlir::ModuleOp module, StringRef name) {
  auto point = module->getAttrOfType<mlir::DictionaryAttr>("flow.point");
  return point ? point.getAs<AttrT>(name) : AttrT();
}

/// A number, which JSON has only where it is finite.
json::Value lossOf(const CycleRun &run) {
  auto it = run.outputs.find("loss");
  if (it == run.outputs.end() || it->second.isInteger() ||
      !std::isfinite(it->second.floats().front()))
    return nullptr;
  return it->second.floats().front();
}

std::string typeName(mlir::Type type) {
  std::string text;
  raw_string_ostream(text) << type;
  return text;
}

} // namespace

json::Value toJson(CycleModule &module, const CycleRun &run,
                   const std::string &weights, double wallSeconds) {
  mlir::ModuleOp op = module.module();
  HostSide &host = module.host();
  const Machine &machine = host.machine();
  json::Array kernels;
  json::Object totals;
  int64_t active = 0;
  std::vector<cycle::Counters> counted;
  for (const ProgramRun &program : run.programs) {
    json::Object counters;
    for (const auto &[key, value] : valuesOf(program)) {
      counters[key] = value;
      totals[key] = totals.getInteger(key).value_or(0) + value;
    }
    counted.push_back(program.counters);
    active += program.counters.activeCoreCycles;
    kernels.push_back(json::Object{{"name", program.name},
                                   {"reroute_cycles", program.rerouteCycles},
                                   {"counters", std::move(counters)}});
  }
  auto model = op->getAttrOfType<mlir::StringAttr>("flow.model");
  auto mask = pointAttr<mlir::StringAttr>(op, "mask");
  auto train = pointAttr<mlir::BoolAttr>(op, "train");
  auto sparsity = pointAttr<mlir::FloatAttr>(op, "sparsity");
  auto seed = pointAttr<mlir::IntegerAttr>(op, "seed");
  double seconds = static_cast<double>(run.cycles) / machine.clockGhz / 1e9;
  const TokenLayout &tokens = host.tokens();
  return json::Object{
      {"model", model ? json::Value(model.str()) : json::Value(nullptr)},
      {"machine", machine.name},
      {"step", train ? json::Value(train.getValue() ? "train" : "forward")
                     : json::Value(nullptr)},
      {"sparsity", sparsity ? json::Value(sparsity.getValueAsDouble())
                            : json::Value(nullptr)},
      {"mask", mask ? json::Value(mask.str()) : json::Value(nullptr)},
      {"seed", seed ? json::Value(seed.getInt()) : json::Value(nullptr)},
      {"weights", weights},
      {"loss", lossOf(run)},
      {"loss_scale", module.lossScale()},
      {"tokens", tokens.tokens},
      {"seq", tokens.seq},
      {"type", typeName(host.step().getType())},
      {"accumulate", host.step().getAccumulate().str()},
      {"fidelity", "cycle"},
      {"cycles", run.cycles},
      {"reroute_cycles", run.rerouteCycles},
      {"seconds", seconds},
      {"tokens_per_second", static_cast<double>(tokens.tokens) / seconds},
      {"mapping", json::Object{{"gt", tokens.groups},
                               {"tokens_per_core", tokens.tokensPerCore},
                               {"rows_used", tokens.rowsUsed},
                               {"group_columns", tokens.groupColumns}}},
      {"host_written_bytes", run.bytesWritten},
      {"host_read_bytes", run.bytesRead},
      {"kernels", std::move(kernels)},
      {"totals", std::move(totals)},
      {"energy",
       energyJson(counted, machine,
                  energySources(op->getAttrOfType<mlir::DictionaryAttr>(
                      "flow.energy_sources")))},
      {"host",
       json::Object{
           {"wall_s", wallSeconds},
           {"peak_rss_mb", peakMemoryMb()},
           {"core_cycles_per_s",
            wallSeconds > 0 ? static_cast<double>(active) / wallSeconds : 0}}}};
}

} // namespace waferflow
