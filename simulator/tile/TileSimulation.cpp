//===- TileSimulation.cpp -------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/tile/TileSimulation.h"

#include "simulator/tile/Gate.h"
#include "simulator/tile/TimeKernels.h"
#include "simulator/tile/system/Schedule.h"

namespace waferflow {

namespace {

int64_t counter(const KernelTiming &timing, const char *name) {
  auto found = timing.counters.find(name);
  return found == timing.counters.end() ? 0 : found->second;
}

/// The weight that a kernel streams in or whose gradient it sends out, or -1.
int32_t weightOf(const Kernel &kernel) {
  if (const Spmm *spmm = std::get_if<Spmm>(&kernel.body))
    return spmm->weight;
  if (const Sddmm *sddmm = std::get_if<Sddmm>(&kernel.body))
    return sddmm->weight;
  if (const Gather *gather = std::get_if<Gather>(&kernel.body))
    return gather->weight;
  return -1;
}

constexpr int64_t waveletBytes = 4;

ScheduledKernel scheduled(const Kernel &kernel, const KernelTiming &timing) {
  ScheduledKernel result;
  result.bytesIn = waveletBytes * counter(timing, "edge wavelets in");
  result.bytesOut = waveletBytes * counter(timing, "edge wavelets out");
  // What streams into an sddmm are positions, which no update changes.
  bool sddmm = std::holds_alternative<Sddmm>(kernel.body);
  result.weightIn = sddmm ? -1 : weightOf(kernel);
  result.weightOut = weightOf(kernel);
  // A gradient leaves the wafer in f32, a wavelet each.
  result.updates = counter(timing, "edge wavelets out");
  return result;
}

std::map<std::string, std::string> mappingOf(const Kernel &kernel,
                                             const Program &program) {
  std::map<std::string, std::string> mapping;
  mapping["gt"] = std::to_string(program.tokens.groups);
  auto form = [](GroupForm value) {
    return value == GroupForm::Contiguous ? "contiguous" : "interleaved";
  };
  if (const Spmm *spmm = std::get_if<Spmm>(&kernel.body)) {
    mapping["go"] = std::to_string(spmm->outputGroups);
    if (spmm->outputGroups > 1)
      mapping["groups"] = form(spmm->form);
    mapping["buffers"] = std::to_string(spmm->buffers);
  } else if (const Sddmm *sddmm = std::get_if<Sddmm>(&kernel.body)) {
    mapping["broadcast"] =
        sddmm->broadcast == Sddmm::Broadcast::Input ? "input" : "output";
    mapping["positions"] = sddmm->dense ? "all" : "mask";
    mapping["buffers"] = std::to_string(sddmm->buffers);
  } else if (const Attention *attention =
                 std::get_if<Attention>(&kernel.body)) {
    mapping["key_block"] = std::to_string(attention->keyBlock);
  } else if (const Relayout *relayout = std::get_if<Relayout>(&kernel.body)) {
    switch (relayout->form) {
    case Relayout::Form::AllGather:
      mapping["form"] = "all-gather";
      mapping["go"] = std::to_string(relayout->outputGroups);
      mapping["groups"] = form(relayout->groupForm);
      break;
    case Relayout::Form::Regroup:
      mapping["form"] = "regroup";
      break;
    case Relayout::Form::Transpose:
      mapping["form"] = "transpose";
      break;
    }
  }
  return mapping;
}

KernelReport describe(const Kernel &kernel, const KernelTiming &timing,
                      const Program &program) {
  KernelReport report;
  report.id = kernel.id;
  report.name = kernel.name;
  report.kind = kindName(kernel);
  report.layer = kernel.layer;
  report.phase = kernel.phase;
  report.section = kernel.section;
  report.nonzeros = timing.nonzeros;
  report.multiplyAdds = timing.multiplyAdds;
  report.usefulMultiplyAdds =
      kernel.phase == Phase::Recompute ? 0 : timing.multiplyAdds;
  report.bottleneck = timing.bottleneck;
  report.mapping = mappingOf(kernel, program);
  int32_t weight = weightOf(kernel);
  report.pruned = weight >= 0 && program.weights[weight].pruned;
  return report;
}

/// The first `position` costs, as far as the user has them on.
CostSwitches firstCosts(const CostSwitches &switches, int position) {
  CostSwitches result = switches;
  for (int i = position; i < kNumCosts; ++i)
    result.on[i] = false;
  return result;
}

} // namespace

std::variant<Report, Error> simulateTile(const Program &program,
                                         const SimulateOptions &options) {
  auto timed = timeKernels(program, options.switches, options.threads);
  if (Error *error = std::get_if<Error>(&timed))
    return std::move(*error);
  const auto &timings = std::get<std::vector<KernelTiming>>(timed);

  Report report;
  report.fidelity = options.fidelity;
  report.cores = program.machine.width * program.machine.height;
  report.tokens = program.tokens.tokens;
  std::vector<ScheduledKernel> kernels;
  std::vector<CumulativeCycles> ledgers;
  for (size_t k = 0; k < timings.size(); ++k) {
    const Kernel &kernel = program.kernels[k];
    report.kernels.push_back(describe(kernel, timings[k], program));
    kernels.push_back(scheduled(kernel, timings[k]));
    ledgers.push_back(gate(timings[k].cumulative, kernel, options.switches));
    for (const auto &[name, amount] : timings[k].counters)
      report.counters[name] += amount;
  }

  // Each position of the ledger is a run of its own.
  for (int position = 0; position <= kNumCosts; ++position) {
    CostSwitches on = firstCosts(options.switches, position);
    std::vector<ScheduledKernel> now = kernels;
    for (size_t k = 0; k < now.size(); ++k) {
      now[k].cycles = ledgers[k][position];
      std::optional<Cost> entry = wholeEntry(program.kernels[k]);
      if (entry && !on[*entry])
        now[k].bytesIn = now[k].bytesOut = 0;
    }
    auto run = runSchedule(program.machine, now, on);
    if (Error *error = std::get_if<Error>(&run))
      return std::move(*error);
    const ScheduleResult &result = std::get<ScheduleResult>(run);
    report.cumulative[position] = result.stepCycles;
    for (size_t k = 0; k < kernels.size(); ++k)
      report.kernels[k].cumulative[position] = result.kernelCycles[k];
    if (position == kNumCosts) {
      report.counters["first step cycles"] = result.firstStepCycles;
      report.counters["optimizer cycles"] = result.optimizerCycles;
      report.counters["optimizer exposed cycles"] = result.exposedCycles;
    }
  }
  report.cycles = report.cumulative[kNumCosts];
  for (KernelReport &kernel : report.kernels)
    kernel.cycles = kernel.cumulative[kNumCosts];
  if (report.cycles == 0)
    return Error{"program '" + program.model + "'",
                 "expected a step that takes time, got 0 cycles from " +
                     std::to_string(program.kernels.size()) + " kernels"};
  report.seconds =
      static_cast<double>(report.cycles) / (program.machine.clockGhz * 1e9);
  return report;
}

} // namespace waferflow
