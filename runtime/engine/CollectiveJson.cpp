//===- CollectiveJson.cpp - `waferflow collective`, from and to text ------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/engine/Collective.h"
#include "runtime/engine/CycleCounters.h"
#include "runtime/engine/EnergyReport.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

using namespace llvm;

namespace waferflow {

static Result<CollectiveRequest> requestOf(StringRef text) {
  Expected<json::Value> parsed = json::parse(text);
  if (!parsed)
    return Error{"request", toString(parsed.takeError())};
  CollectiveRequest request;
  json::Path::Root root("request");
  json::ObjectMapper map(*parsed, root);
  if (map && map.map("operation", request.operation) &&
      map.map("cores", request.cores) && map.map("rows", request.rows) &&
      map.map("elements", request.elements) &&
      map.map("group", request.group) && map.map("type", request.type) &&
      map.map("machine", request.machine) &&
      map.map("machines_dir", request.machinesDir) &&
      map.map("set", request.overrides) &&
      map.mapOptional("traces", request.traces))
    return request;
  return Error{"request", toString(root.getError())};
}

Result<Answer> collective(const std::string &text) {
  Result<CollectiveRequest> request = requestOf(text);
  if (!request)
    return request.errors;
  Result<CollectiveResult> run = runCollective(*request);
  if (!run)
    return run.errors;
  json::Object counters;
  for (const auto &[name, value] : counterValues(run->counters))
    counters[name] = value;
  json::Value energy = energyJson({run->counters}, run->machineFile.machine,
                                  energySources(run->machineFile));
  const PublishedCycles &published = run->published;
  double difference = static_cast<double>(run->cycles - published.cycles) /
                      static_cast<double>(published.cycles);
  std::string answer = formatv(
      "{0}", json::Value(json::Object{
                 {"operation", request->operation},
                 {"machine", run->machineFile.machine.name},
                 {"width", request->cores},
                 {"height", request->rows},
                 {"elements", request->elements},
                 {"type", request->type},
                 {"group",
                  run->group ? json::Value(run->group) : json::Value(nullptr)},
                 {"wavelets", run->wavelets},
                 {"hop_cycles", run->hopCycles},
                 {"cycles", run->cycles},
                 {"seconds", run->seconds},
                 {"published", json::Object{{"cycles", published.cycles},
                                            {"difference", difference},
                                            {"formula", published.formula},
                                            {"source", published.source}}},
                 {"counters", std::move(counters)},
                 {"energy", energy}}));
  return Answer{std::move(answer), std::move(run->traces)};
}

} // namespace waferflow
