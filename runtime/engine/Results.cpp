//===- Results.cpp - Reports as JSON --------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/engine/Results.h"

#include <sys/resource.h>

using namespace llvm;

namespace waferflow {

namespace {

json::Object costs(const CostCycles &cycles) {
  json::Object object;
  for (int i = 0; i < kNumCosts; ++i)
    object[costKey(static_cast<Cost>(i))] = cycles[i];
  return object;
}

json::Object ledger(const Ledger &ledger) {
  return json::Object{{"expected_cycles", ledger.expectedCycles},
                      {"entries", costs(ledger.entries)},
                      {"sparse", costs(ledger.sparse)},
                      {"dense", costs(ledger.dense)}};
}

json::Object mapping(const std::map<std::string, std::string> &choices) {
  json::Object object;
  for (const auto &[key, value] : choices)
    object[key] = value;
  return object;
}

json::Object kernel(const KernelReport &report,
                    const KernelComparison *versus) {
  json::Object object{{"name", report.name},
                      {"kind", report.kind},
                      {"layer", report.layer},
                      {"phase", phaseName(report.phase)},
                      {"cycles", report.cycles},
                      {"nonzeros", report.nonzeros},
                      {"theory", nullptr},
                      {"speedup", nullptr},
                      {"ledger", nullptr},
                      {"bottleneck", report.bottleneck},
                      {"mapping", mapping(report.mapping)}};
  if (versus && versus->denseId >= 0) {
    object["theory"] = versus->speedup.theory;
    object["speedup"] = versus->speedup.measured;
    object["ledger"] = costs(versus->ledger.entries);
  }
  return object;
}

json::Array kernels(const Point &point) {
  std::map<int32_t, const KernelComparison *> versus;
  if (point.comparison)
    for (const KernelComparison &comparison : point.comparison->kernels)
      if (comparison.sparseId >= 0)
        versus[comparison.sparseId] = &comparison;
  json::Array array;
  for (const KernelReport &report : point.report.kernels) {
    auto it = versus.find(report.id);
    array.push_back(kernel(report, it == versus.end() ? nullptr : it->second));
  }
  return array;
}

json::Object stepMapping(const Program &program) {
  const TokenLayout &tokens = program.tokens;
  return json::Object{{"gt", tokens.groups},
                      {"keep_every", program.keepEvery},
                      {"tokens_per_core", tokens.tokensPerCore},
                      {"rows_used", tokens.rowsUsed},
                      {"group_columns", tokens.groupColumns}};
}

template <typename T> json::Value orNull(const std::optional<T> &value) {
  return value ? json::Value(*value) : json::Value(nullptr);
}

json::Array sensitivity(const std::vector<SensitivityRow> &rows) {
  json::Array array;
  for (const SensitivityRow &row : rows)
    array.push_back(
        json::Object{{"parameter", row.parameter},
                     {"value", row.value},
                     {"default", row.standard},
                     {"cycles", orNull(row.cycles)},
                     {"measured", orNull(row.measured)},
                     {"linears", orNull(row.linears)},
                     {"over_bytes", orNull(row.overBytes)},
                     {"tokens_that_fit", orNull(row.tokensThatFit)}});
  return array;
}

} // namespace

json::Value toJson(const Point &point) {
  const Report &report = point.report;
  Utilization used = utilization(report);
  int64_t nonzeros = 0;
  for (const KernelReport &kernel : report.kernels)
    nonzeros += kernel.nonzeros;
  json::Object sram;
  for (const auto &[item, bytes] : point.program.sram)
    sram[item] = bytes;
  json::Object object{
      {"model", point.model},
      {"machine", point.program.machine.name},
      {"step", point.train ? "train" : "forward"},
      {"sparsity", point.sparsity},
      {"tokens", point.program.tokens.tokens},
      {"seq", point.program.tokens.seq},
      {"fidelity", point.fidelity},
      {"seed", point.seed},
      {"mask", point.mask},
      {"cycles", report.cycles},
      {"seconds", report.seconds},
      {"tokens_per_second",
       static_cast<double>(point.program.tokens.tokens) / report.seconds},
      {"utilization", json::Object{{"useful_4", used.useful4},
                                   {"useful_8", used.useful8},
                                   {"executed_4", used.executed4},
                                   {"executed_8", used.executed8}}},
      {"speedup", nullptr},
      {"ledger", nullptr},
      {"kernels", kernels(point)},
      {"sram", std::move(sram)},
      {"mapping", stepMapping(point.program)},
      {"reasons", json::Array(point.reasons)},
      {"host",
       json::Object{{"wall_s", point.wallSeconds},
                    {"peak_rss_mb", peakMemoryMb()},
                    {"nonzeros_per_s", point.wallSeconds > 0
                                           ? nonzeros / point.wallSeconds
                                           : 0}}}};
  if (point.comparison) {
    const Comparison &versus = *point.comparison;
    object["speedup"] =
        json::Object{{"measured", versus.step.measured},
                     {"linears", versus.linears.measured},
                     {"theory_step", point.theoryStep},
                     {"theory_executed", versus.step.theory},
                     {"theory_matmul", 1 / (1 - point.sparsity)},
                     {"ratio", versus.step.ratio}};
    object["ledger"] = ledger(versus.ledger);
  }
  if (point.sensitivity)
    object["sensitivity"] = sensitivity(*point.sensitivity);
  return object;
}

double peakMemoryMb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

} // namespace waferflow
