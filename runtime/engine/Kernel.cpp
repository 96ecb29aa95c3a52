//===- Kernel.cpp - What one kernel costs on a machine --------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/engine/Kernel.h"

#include "runtime/engine/CycleCounters.h"
#include "runtime/engine/Diagnostics.h"
#include "runtime/engine/Difference.h"
#include "simulator/Simulate.h"
#include "simulator/machine/Reader.h"

#include <algorithm>
#include <cmath>

using namespace mlir;

namespace waferflow {

namespace {

std::string number(int64_t value) { return std::to_string(value); }

/// Machine parameters, mapping choices and costs, as `--set` mixes them.
struct Settings {
  std::vector<std::string> machine;
  std::optional<int64_t> gt, go;
  CostSwitches switches;
};

Result<Settings> settingsOf(const KernelRequest &request) {
  Settings settings;
  for (const std::string &setting : request.settings) {
    auto starts = [&](const char *what) { return setting.rfind(what, 0) == 0; };
    if (starts("mapping.gt=") || starts("mapping.go=")) {
      std::string text = setting.substr(11);
      bool digits = !text.empty() && text.size() < 10 &&
                    std::all_of(
                        text.begin(), text.end(),
                        [](char c) { return c >= '0' && c <= '9'; });
      if (!digits || std::stoll(text) < 1)
        return Error{setting.substr(0, 10),
                     "expected a whole number of at least 1, got '" + text +
                         "'"};
      (starts("mapping.gt=") ? settings.gt : settings.go) = std::stoll(text);
    } else if (starts("cost.")) {
      if (request.fidelity != "tile")
        return Error{setting, "costs are switched off at fidelity tile only"};
      if (auto error = setSwitch(settings.switches, setting))
        return *error;
    } else {
      settings.machine.push_back(setting);
    }
  }
  return settings;
}

/// With a streamed weight, or its positions.
bool isProduct(const KernelRequest &request) {
  return request.operation == "spmm" || request.operation == "spmm-t" ||
         request.operation == "sddmm";
}

std::optional<Error> checkRequest(const KernelRequest &request) {
  const auto &names = kernelNames();
  if (std::find(names.begin(), names.end(), request.operation) == names.end())
    return Error{"operation", "unknown '" + request.operation + "'"};
  struct Size {
    const char *what;
    int64_t value, least;
  };
  for (const Size &size :
       {Size{"rows", request.rows, 1}, Size{"cols", request.columns, 2},
        Size{"tokens", request.tokens, 2}})
    if (size.value < size.least)
      return Error{size.what, "expected at least " + number(size.least) +
                                  ", got " + number(size.value)};
  if (!(request.density > 0) || request.density > 1)
    return Error{"density", "expected a number above 0, at most 1, got " +
                                std::to_string(request.density)};
  if (request.density < 1 && !isProduct(request))
    return Error{"density", request.operation + " has no sparse weight"};
  if (request.fidelity != "cycle" && request.fidelity != "tile")
    return Error{"fidelity",
                 "expected cycle or tile, got '" + request.fidelity + "'"};
  if (request.fidelity != "cycle" && request.traces.any())
    return Error{"traces", "only fidelity cycle records them"};
  return std::nullopt;
}

/// The region as a machine of its own, with its share of the edge.
Result<MachineFile> regionOf(const KernelRequest &request,
                             std::vector<std::string> overrides) {
  auto whole = loadMachine(request.machine, request.machinesDir, overrides);
  if (!whole)
    return whole.errors;
  const Machine &machine = whole->machine;
  int64_t width = request.width.value_or(std::min<int64_t>(16, machine.width));
  int64_t height =
      request.height.value_or(std::min<int64_t>(16, machine.height));
  if (width < 1 || height < 1 || width > machine.width ||
      height > machine.height)
    return Error{"region", "expected 1x1 to " + number(machine.width) + "x" +
                               number(machine.height) + " cores of machine '" +
                               machine.name + "', got " + number(width) + "x" +
                               number(height)};
  whole->machine.edgeBytesPerSecond *=
      static_cast<double>(width) / static_cast<double>(machine.width);
  whole->machine.width = width;
  whole->machine.height = height;
  return whole;
}

/// What rounding may cost an element, as a fraction of the sum of its terms'
/// absolute values: once an addition, in the type of the sums.
double allowedError(const KernelRequest &request, ElementType type) {
  double exact = 1e-5;
  if (type == ElementType::F32)
    return exact;
  double half =
      type == ElementType::F16 ? std::ldexp(1, -11) : std::ldexp(1, -8);
  if (request.operation == "spmm")
    return half * static_cast<double>(request.columns + 1);
  if (request.operation == "spmm-t")
    return half * static_cast<double>(request.rows + 1);
  return request.operation == "map" ? 2 * half : exact;
}

/// The element that is furthest off; an error where that is too far.
Result<double> compare(const HostTensors &got, const HostTensors &expected,
                       const HostTensors &magnitudes, double allowed,
                       double least) {
  double worst = 0;
  for (const auto &[name, tensor] : expected)
    for (size_t i = 0; i < tensor.floats().size(); ++i) {
      double off = difference(got.at(name).floats()[i], tensor.floats()[i]);
      if (off == 0)
        continue;
      double scale = magnitudes.at(name).floats()[i];
      // Below the smallest normal number, rounding has a size of its own.
      double fraction = std::max(off - least, 0.0) / std::max(scale, 1e-30);
      if (!(fraction <= allowed))
        return Error{name, "element " + std::to_string(i) + " is " +
                               std::to_string(got.at(name).floats()[i]) +
                               " on the fabric and " +
                               std::to_string(tensor.floats()[i]) +
                               " on the CPU"};
      worst = std::max(worst, off / std::max(scale, 1e-30));
    }
  return worst;
}

std::optional<Error> runCycle(const KernelRequest &request,
                              const GraphRequest &graph, KernelResult &result) {
  auto module = compileGraph(graph);
  if (!module)
    return module.errors.front();
  auto inputs = randomInputs(**module, graph.type, request.seed, request.rows);
  if (!inputs)
    return inputs.errors.front();
  auto recorder = (*module)->recorder(request.traces);
  if (!recorder)
    return recorder.errors.front();
  auto run = (*module)->run(*inputs, nullptr, {}, recorder->get());
  if (!run)
    return run.errors.front();
  auto traces = (*recorder)->texts();
  if (!traces)
    return traces.errors.front();
  result.traces = std::move(*traces);
  result.cycles = run->cycles;
  std::map<std::string, int64_t> totals;
  for (const ProgramRun &program : run->programs) {
    result.parts.push_back({program.name, program.cycles});
    for (const auto &[name, value] : counterValues(program.counters))
      totals[name] += value;
    result.counted.push_back(program.counters);
  }
  for (const auto &entry : counterValues(cycle::Counters()))
    result.counters.push_back({entry.first, totals[entry.first]});

  if (isProduct(request)) {
    auto live = (*module)->host().positions("w");
    if (!live)
      return live.errors.front();
    for (int64_t r = 0; r < request.rows; ++r)
      for (int64_t c = 0; c < request.columns; ++c)
        result.nonzeros += (*live)->live(r, c);
  }

  auto expected = runOnCpu(**module, graph.graph, *inputs);
  auto magnitudes = runOnCpu(**module, graph.graph, *inputs, true);
  if (!expected || !magnitudes)
    return (expected ? magnitudes : expected).errors.front();
  // A gradient is wanted where the weight is.
  for (const HostDeclaration &declared : (*module)->host().results()) {
    if (!declared.gradient || declared.gradient.getAt() != "mask")
      continue;
    auto live =
        (*module)->host().positions(declared.gradient.getWeight().str());
    if (!live)
      return live.errors.front();
    std::vector<float> &values = expected->at(declared.name).floats();
    for (int64_t i = 0; i < static_cast<int64_t>(values.size()); ++i)
      if (!(*live)->live(i / declared.shape[1], i % declared.shape[1]))
        values[i] = 0;
  }
  result.allowedError = allowedError(request, graph.type);
  double least = graph.type == ElementType::F16 ? std::ldexp(1, -24) : 0;
  auto off =
      compare(run->outputs, *expected, *magnitudes, *result.allowedError,
              least * static_cast<double>(request.rows + request.columns));
  if (!off)
    return off.errors.front();
  result.error = *off;
  return std::nullopt;
}

std::optional<Error> runTile(const GraphRequest &graph,
                             const CostSwitches &switches,
                             KernelResult &result) {
  auto context = makeContext();
  auto module = placeGraph(*context, graph);
  if (!module)
    return module.errors.front();
  MaskCache masks;
  auto program = loadProgram(**module, masks);
  if (!program)
    return program.errors.front();
  SimulateOptions options;
  options.fidelity = "tile";
  options.switches = switches;
  auto simulated = simulate(*program, options);
  if (auto *error = std::get_if<Error>(&simulated))
    return *error;
  const Report &report = std::get<Report>(simulated);
  result.cycles = report.cycles;
  for (const KernelReport &kernel : report.kernels) {
    result.parts.push_back({kernel.name, kernel.cycles});
    result.nonzeros += kernel.nonzeros;
  }
  result.counters.assign(report.counters.begin(), report.counters.end());
  return std::nullopt;
}

} // namespace

Result<KernelResult> runKernel(const KernelRequest &request) {
  if (auto error = checkRequest(request))
    return *error;
  auto settings = settingsOf(request);
  if (!settings)
    return settings.errors;
  auto region = regionOf(request, settings->machine);
  if (!region)
    return region.errors;
  GraphRequest graph;
  // A sequence never spans token groups.
  int64_t sequences = settings->gt.value_or(1);
  if (request.tokens % sequences || request.tokens / sequences < 2)
    return Error{"tokens",
                 "expected a multiple of mapping.gt = " + number(sequences) +
                     ", at least 2 a group, got " + number(request.tokens)};
  graph.graph = kernelGraph(request, sequences);
  graph.machine = region->machine;
  graph.tokens = request.tokens;
  graph.seq = request.tokens / sequences;
  graph.gt = settings->gt;
  graph.go = settings->go;
  if (request.type == "f16")
    graph.type = ElementType::F16;
  else if (request.type == "bf16")
    graph.type = ElementType::BF16;
  else if (request.type == "f32")
    graph.type = ElementType::F32;
  else
    return Error{"type",
                 "expected f16, bf16 or f32, got '" + request.type + "'"};
  KernelResult result;
  auto error = request.fidelity == "cycle"
                   ? runCycle(request, graph, result)
                   : runTile(graph, settings->switches, result);
  if (error)
    return *error;
  result.seconds =
      static_cast<double>(result.cycles) / region->machine.clockGhz / 1e9;
  result.machineFile = std::move(*region);
  return result;
}

} // namespace waferflow
