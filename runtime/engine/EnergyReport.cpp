//===- EnergyReport.cpp - What a run takes, and who says so ---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/engine/EnergyReport.h"

#include "simulator/machine/Parameters.h"

#include "mlir/IR/Builders.h"

using namespace llvm;

namespace waferflow {

EnergySources energySources(const MachineFile &file) {
  EnergySources sources;
  for (const std::string &key : cycle::energyKeys())
    if (const MachineEntry *entry = file.find(key))
      sources[key] = {std::string(1, entry->trust), entry->source};
  return sources;
}

mlir::DictionaryAttr toAttr(mlir::MLIRContext *context,
                            const EnergySources &sources) {
  mlir::Builder builder(context);
  SmallVector<mlir::NamedAttribute> entries;
  for (const auto &[key, from] : sources)
    entries.push_back(builder.getNamedAttr(
        key, builder.getStrArrayAttr({from.trust, from.source})));
  return builder.getDictionaryAttr(entries);
}

EnergySources energySources(mlir::DictionaryAttr attr) {
  EnergySources sources;
  if (!attr)
    return sources;
  for (mlir::NamedAttribute entry : attr) {
    auto pair = dyn_cast<mlir::ArrayAttr>(entry.getValue());
    if (!pair || pair.size() != 2)
      continue;
    auto trust = dyn_cast<mlir::StringAttr>(pair[0]);
    auto source = dyn_cast<mlir::StringAttr>(pair[1]);
    if (trust && source)
      sources[entry.getName().str()] = {trust.str(), source.str()};
  }
  return sources;
}

json::Value energyJson(const std::vector<cycle::Counters> &counted,
                       const Machine &machine, const EnergySources &sources) {
  cycle::Energy total;
  for (const cycle::Counters &counters : counted) {
    auto energy = cycle::energyOf(counters, machine);
    if (!energy)
      return nullptr;
    total += *energy;
  }
  json::Array parameters;
  for (const std::string &key : cycle::energyKeys()) {
    auto from = sources.find(key);
    parameters.push_back(json::Object{
        {"key", key},
        {"value", machine.facts.at(key).front()},
        {"unit", findParameter(key)->unit},
        {"trust", from == sources.end() ? "?" : from->second.trust},
        {"source", from == sources.end() ? "" : from->second.source}});
  }
  return json::Object{{"arithmetic_pj", total.arithmeticPj},
                      {"issue_pj", total.issuePj},
                      {"sram_pj", total.sramPj},
                      {"ramp_pj", total.rampPj},
                      {"link_pj", total.linkPj},
                      {"edge_pj", total.edgePj},
                      {"total_pj", total.totalPj()},
                      {"parameters", std::move(parameters)}};
}

} // namespace waferflow
