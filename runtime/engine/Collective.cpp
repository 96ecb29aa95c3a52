//===- Collective.cpp - What a collective costs on a machine --------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/engine/Collective.h"

#include "simulator/cycle/system/FabricSystem.h"
#include "simulator/machine/Reader.h"

#include <algorithm>
#include <cmath>

namespace waferflow {

using namespace cycle;

namespace {

std::string number(int64_t value) { return std::to_string(value); }

/// One operation of the library: its program, its formula, and who ends up
/// with the result.
struct Operation {
  std::string name;
  FabricProgram (*build)(const Machine &, const CollectiveShape &);
  int64_t (*published)(const CollectiveShape &, int64_t wavelets, int64_t ramp);
  std::string formula;
  bool quoted; ///< else derived from the paper's model
  bool toAll;  ///< else to the last core
};

const std::vector<Operation> &operations() {
  using Shape = const CollectiveShape &;
  static const std::vector<Operation> table = {
      {"broadcast", broadcastLine,
       [](Shape s, int64_t b, int64_t r) {
         return publishedBroadcast(s.cores, b, r);
       },
       "B + P + 2 T_R", true, true},
      {"chain", chainReduce,
       [](Shape s, int64_t b, int64_t r) {
         return publishedChain(s.cores, b, r);
       },
       "B + (2 T_R + 2) (P - 1)", true, false},
      {"tree", treeReduce,
       [](Shape s, int64_t b, int64_t r) {
         return publishedTree(s.cores, b, r);
       },
       "max(B log P, B P log P / (2 (P - 1)) + P - 1) + (2 T_R + 1) log P",
       false, false},
      {"two-phase", twoPhaseReduce,
       [](Shape s, int64_t b, int64_t r) {
         return publishedTwoPhase(s.cores, b, s.group, r);
       },
       "2 B + (P / S - 1) (S + 2 T_R + 1) + (2 T_R + 2) (S - 1)", true, false},
      {"star", starReduce,
       [](Shape s, int64_t b, int64_t r) {
         return publishedStar(s.cores, b, r);
       },
       "B (P - 1) + 2 T_R + 1", true, false},
      {"ring", ringAllReduce,
       [](Shape s, int64_t b, int64_t r) {
         return publishedRing(s.cores, b, r);
       },
       "2 (P - 1) B / P + 4 P - 6 + 2 (P - 1) (2 T_R + 1)", true, true},
      {"2d", gridAllReduce,
       [](Shape s, int64_t b, int64_t r) {
         return publishedGrid(s.cores, s.rows, b, s.group, r);
       },
       "reduce along x + reduce along y + B + W + H - 1 + 2 T_R", false, true},
  };
  return table;
}

/// Small integers whose sums over any run of cores are exact in every type:
/// eleven cores in a row add up to nothing.
float valueOf(int64_t core, int64_t element) {
  return static_cast<float>((core * 7 + element * 3) % 11) - 5;
}

std::optional<Error> checkRequest(const CollectiveRequest &request,
                                  const Operation &operation,
                                  const Machine &machine) {
  bool grid = operation.name == "2d";
  if (request.rows != 1 && !grid)
    return Error{"pes", operation.name + " runs on one row of cores, got " +
                            number(request.cores) + "x" + number(request.rows)};
  if (request.cores < 1 || request.rows < 1 || request.cores * request.rows < 2)
    return Error{"pes", "expected at least 2 cores, got " +
                            number(request.cores) +
                            (grid ? "x" + number(request.rows) : "")};
  if (request.cores > machine.width || request.rows > machine.height)
    return Error{"pes", number(request.cores) + "x" + number(request.rows) +
                            " cores do not fit machine '" + machine.name +
                            "', which has " + number(machine.width) + "x" +
                            number(machine.height)};
  if (request.elements < 1)
    return Error{"elements",
                 "expected at least 1, got " + number(request.elements)};
  int64_t bytes = request.type == "f32" ? 4 : 2;
  int64_t room = (machine.sramBytes - machine.codeBytes) / bytes;
  if (request.elements > room)
    return Error{"elements", number(request.elements) + " of type " +
                                 request.type + " do not fit a core: at most " +
                                 number(room) + " beside " +
                                 number(machine.codeBytes) + " bytes of code"};
  if (!request.group)
    return std::nullopt;
  if (!grid && operation.name != "two-phase")
    return Error{"group", operation.name + " has no groups"};
  int64_t most = std::max(request.cores, request.rows);
  if (*request.group < 1 || *request.group > most)
    return Error{"group", "expected 1 to " + number(most) + " cores, got " +
                              number(*request.group)};
  return std::nullopt;
}

std::optional<Error> checkValues(const FabricProgram &program,
                                 const SramImage &image,
                                 const Operation &operation,
                                 const CollectiveShape &shape) {
  int64_t count = shape.cores * shape.rows;
  std::vector<float> expected(shape.elements);
  for (int64_t i = 0; i < shape.elements; ++i) {
    expected[i] = valueOf(0, i);
    for (int64_t c = 1; operation.name != "broadcast" && c < count; ++c)
      expected[i] += valueOf(c, i);
  }
  for (int64_t c = operation.toAll ? 0 : count - 1; c < count; ++c) {
    int64_t x = c % shape.cores, y = c / shape.cores;
    auto place = placeOf(program, x, y, "data");
    if (!place)
      return place.errors.front();
    auto got = image.read(x, y, *place);
    if (!got)
      return got.errors.front();
    for (int64_t i = 0; i < shape.elements; ++i)
      if ((*got)[i] != expected[i])
        return Error{operation.name, "core (" + number(x) + ", " + number(y) +
                                         ") has " + std::to_string((*got)[i]) +
                                         " in element " + number(i) +
                                         ", expected " +
                                         std::to_string(expected[i])};
  }
  return std::nullopt;
}

} // namespace

const std::vector<std::string> &collectiveNames() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> result;
    for (const Operation &operation : operations())
      result.push_back(operation.name);
    return result;
  }();
  return names;
}

Result<CollectiveResult> runCollective(const CollectiveRequest &request) {
  const auto &known = operations();
  auto operation =
      std::find_if(known.begin(), known.end(), [&](const Operation &o) {
        return o.name == request.operation;
      });
  if (operation == known.end())
    return Error{"operation", "unknown '" + request.operation + "'"};
  if (request.type != "f16" && request.type != "bf16" && request.type != "f32")
    return Error{"type",
                 "expected f16, bf16 or f32, got '" + request.type + "'"};
  auto file =
      loadMachine(request.machine, request.machinesDir, request.overrides);
  if (!file)
    return file.errors;
  const Machine &machine = file->machine;
  if (auto error = checkRequest(request, *operation, machine))
    return *error;

  CollectiveShape shape;
  shape.cores = request.cores;
  shape.rows = request.rows;
  shape.elements = request.elements;
  shape.type = request.type == "f32"    ? DataType::F32
               : request.type == "bf16" ? DataType::BF16
                                        : DataType::F16;
  if (request.group)
    shape.group = *request.group;
  else if (operation->name == "two-phase") // where its formula is least
    shape.group = std::max<int64_t>(
        1, std::llround(std::sqrt(static_cast<double>(shape.cores))));

  FabricProgram program = operation->build(machine, shape);
  // Before memory is asked for.
  if (auto errors = checkRun(program, nullptr, {}); !errors.empty())
    return errors;
  SramImage image = SramImage::of(program);
  for (int64_t c = 0; c < shape.cores * shape.rows; ++c) {
    int64_t x = c % shape.cores, y = c / shape.cores;
    auto place = placeOf(program, x, y, "data");
    if (!place)
      return place.errors;
    std::vector<float> values(static_cast<size_t>(place->extent)); // padded
    for (int64_t i = 0; i < shape.elements; ++i)
      values[i] = valueOf(c, i);
    if (auto error = image.write(x, y, *place, values))
      return *error;
  }
  FabricSystem system;
  auto recorder = Recorder::create(request.traces, program.width,
                                   program.height, {program.name});
  if (!recorder)
    return recorder.errors;
  CycleOptions options;
  options.observer = (*recorder)->begin(program.name, 0);
  auto run = system.run(program, image, options);
  if (!run)
    return run.errors;
  if (auto error = (*recorder)->end(run->cycles))
    return *error;
  auto traces = (*recorder)->texts();
  if (!traces)
    return traces.errors;
  if (auto error = checkValues(program, image, *operation, shape))
    return *error;

  CollectiveResult result;
  result.group = shape.group;
  result.hopCycles = machine.hopCycles;
  int64_t perWavelet = 4 / dataBytes(shape.type);
  result.wavelets = (shape.elements + perWavelet - 1) / perWavelet;
  result.cycles = run->cycles;
  result.seconds = static_cast<double>(result.cycles) / machine.clockGhz / 1e9;
  result.counters = std::move(run->counters);
  result.published.cycles =
      operation->published(shape, result.wavelets, machine.rampCycles);
  result.published.formula = operation->formula;
  result.published.source =
      operation->quoted ? "HPDC'24, Near-Optimal Wafer-Scale Reduce"
                        : "derived from the model of HPDC'24, Near-Optimal "
                          "Wafer-Scale Reduce";
  result.machineFile = std::move(*file);
  result.traces = std::move(*traces);
  return result;
}

} // namespace waferflow
