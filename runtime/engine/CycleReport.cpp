//===- CycleReport.cpp - What a run of fabric programs counted ------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/engine/CycleReport.h"

#include "runtime/engine/Results.h"

using namespace llvm;

namespace waferflow {

namespace {

/// Counters with the names that reports give them.
using Values = std::vector<std::pair<const char *, int64_t>>;

Values valuesOf(const ProgramRun &run) {
  const cycle::Counters &counted = run.counters;
  cycle::ColorCounters wavelets;
  for (const cycle::ColorCounters &color : counted.colors) {
    wavelets.entered += color.entered;
    wavelets.sent += color.sent;
    wavelets.hops += color.hops;
    wavelets.delivered += color.delivered;
    wavelets.left += color.left;
    wavelets.controls += color.controls;
  }
  return {{"cycles", run.cycles},
          {"nonzeros", run.nonzeros},
          {"nonzero_copies", run.copies},
          {"wavelets_entered", wavelets.entered},
          {"wavelets_sent", wavelets.sent},
          {"wavelets_left", wavelets.left},
          {"control_wavelets", wavelets.controls},
          {"hops", wavelets.hops},
          {"deliveries", wavelets.delivered},
          {"axpys", counted.axpys},
          {"dots", counted.dots},
          {"multiply_adds", counted.multiplyAdds},
          {"vector_instructions", counted.vectors},
          {"vector_elements", counted.elements},
          {"vector_slots", counted.slots},
          {"scalar_slots", counted.scalars},
          {"data_tasks", counted.dataTasks},
          {"control_tasks", counted.controlTasks},
          {"local_tasks", counted.localTasks},
          {"switch_advances", counted.switchAdvances},
          {"stalls_input", counted.stalls.input},
          {"stalls_output", counted.stalls.output},
          {"stalls_slot", counted.stalls.slot},
          {"stalls_router", counted.stalls.router},
          {"active_core_cycles", counted.activeCoreCycles},
          {"sram_read_bytes", counted.sramReadBytes},
          {"sram_write_bytes", counted.sramWriteBytes}};
}

/// What `waferflow compile` said of the point, where it did.
template <typename AttrT>
AttrT pointAttr(mlir::ModuleOp module, StringRef name) {
  auto point = module->getAttrOfType<mlir::DictionaryAttr>("flow.point");
  return point ? point.getAs<AttrT>(name) : AttrT();
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
  for (const ProgramRun &program : run.programs) {
    json::Object row{{"name", program.name}};
    for (auto [key, value] : valuesOf(program)) {
      row[key] = value;
      totals[key] = totals.getInteger(key).value_or(0) + value;
    }
    active += program.counters.activeCoreCycles;
    kernels.push_back(std::move(row));
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
      {"host",
       json::Object{
           {"wall_s", wallSeconds},
           {"peak_rss_mb", peakMemoryMb()},
           {"core_cycles_per_s",
            wallSeconds > 0 ? static_cast<double>(active) / wallSeconds : 0}}}};
}

} // namespace waferflow
