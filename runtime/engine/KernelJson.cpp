//===- KernelJson.cpp - `waferflow kernel`, from and to text --------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/engine/EnergyReport.h"
#include "runtime/engine/Kernel.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

using namespace llvm;

namespace waferflow {

static Result<KernelRequest> requestOf(StringRef text) {
  Expected<json::Value> parsed = json::parse(text);
  if (!parsed)
    return Error{"request", toString(parsed.takeError())};
  KernelRequest request;
  json::Path::Root root("request");
  json::ObjectMapper map(*parsed, root);
  if (map && map.map("operation", request.operation) &&
      map.map("rows", request.rows) && map.map("cols", request.columns) &&
      map.map("tokens", request.tokens) &&
      map.map("density", request.density) && map.map("type", request.type) &&
      map.map("width", request.width) && map.map("height", request.height) &&
      map.map("machine", request.machine) &&
      map.map("machines_dir", request.machinesDir) &&
      map.map("fidelity", request.fidelity) &&
      map.map("set", request.settings) && map.map("seed", request.seed) &&
      map.mapOptional("traces", request.traces))
    return request;
  return Error{"request", toString(root.getError())};
}

Result<Answer> kernel(const std::string &text) {
  Result<KernelRequest> request = requestOf(text);
  if (!request)
    return request.errors;
  Result<KernelResult> run = runKernel(*request);
  if (!run)
    return run.errors;
  json::Object counters;
  for (const auto &[name, value] : run->counters)
    counters[name] = value;
  json::Array parts;
  for (const auto &[name, cycles] : run->parts)
    parts.push_back(json::Object{{"name", name}, {"cycles", cycles}});
  json::Value energy = request->fidelity == "cycle"
                           ? energyJson(run->counted, run->machineFile.machine,
                                        energySources(run->machineFile))
                           : json::Value(nullptr);
  auto optional = [](std::optional<double> value) {
    return value ? json::Value(*value) : json::Value(nullptr);
  };
  std::string answer = formatv(
      "{0}",
      json::Value(json::Object{{"operation", request->operation},
                               {"machine", run->machineFile.machine.name},
                               {"fidelity", request->fidelity},
                               {"width", run->machineFile.machine.width},
                               {"height", run->machineFile.machine.height},
                               {"rows", request->rows},
                               {"cols", request->columns},
                               {"tokens", request->tokens},
                               {"density", request->density},
                               {"type", request->type},
                               {"seed", request->seed},
                               {"nonzeros", run->nonzeros},
                               {"cycles", run->cycles},
                               {"seconds", run->seconds},
                               {"error", optional(run->error)},
                               {"allowed_error", optional(run->allowedError)},
                               {"parts", std::move(parts)},
                               {"counters", std::move(counters)},
                               {"energy", energy}}));
  return Answer{std::move(answer), std::move(run->traces)};
}

} // namespace waferflow
