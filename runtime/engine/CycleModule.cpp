//===- CycleModule.cpp - Fabric programs, executed with values ------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/engine/CycleModule.h"

#include "runtime/engine/Diagnostics.h"
#include "runtime/engine/LossScaleConstant.h"
#include "runtime/engine/ReadProgram.h"
#include "runtime/translate/FabricTasks.h"
#include "runtime/translate/FabricToProgram.h"
#include "runtime/translate/HostBuffers.h"
#include "runtime/translate/HostStreams.h"
#include "simulator/cycle/system/FabricSystem.h"

#include "mlir/IR/Verifier.h"

#include <new>

using namespace mlir;
using namespace waferflow::fabric;

namespace waferflow {

CycleModule::~CycleModule() = default;

Result<std::unique_ptr<CycleModule>>
CycleModule::load(const std::string &program) {
  auto context = makeContext();
  auto read = readProgram(program, *context);
  if (!read)
    return read.errors;
  return of(std::move(context), std::move(*read));
}

Result<std::unique_ptr<CycleModule>>
CycleModule::of(std::unique_ptr<MLIRContext> context, Module read) {
  std::unique_ptr<CycleModule> result(new CycleModule);
  result->context = std::move(context);
  result->op = std::move(read);
  DiagnosticCollector collector(*result->context);
  ModuleOp module = *result->op;
  if (module.getOps<ProgramOp>().empty())
    return Error{"program", "expected fabric programs (waferflow compile ... "
                            "--to fabric), got none"};
  auto side = HostSide::of(module, maskFactory(result->files));
  if (!side)
    return side.errors;
  result->side = *side;
  return result;
}

double CycleModule::lossScale() { return lossScaleOf(*op); }

std::optional<Error> CycleModule::setLossScale(double scale) {
  if (waferflow::setLossScale(*op, scale))
    return std::nullopt;
  return Error{"loss scaling",
               "expected a training step compiled with a loss scale other than "
               "1 (--loss-scale, the scale to begin with)"};
}

Result<HostTensor> CycleModule::fromCheckpoint(const HostDeclaration &weight) {
  flow::SourceAttr source = weight.weight.getSource();
  auto file = cachedFile(source.getFile().str(), files);
  if (!file)
    return file.errors;
  std::string name = source.getTensor().str();
  auto tensor = (*file)->tensor(name);
  if (!tensor)
    return tensor.errors;
  if (!source.getHash().empty()) {
    auto hash = (*file)->hash(name);
    if (!hash)
      return hash.errors;
    if (*hash != source.getHash())
      return Error{tensor->where(), "expected content " +
                                        source.getHash().str() + ", got " +
                                        *hash};
  }
  int64_t columns = weight.shape.empty() ? 1 : weight.shape.back();
  int64_t rows = elementsOf(weight.shape) / std::max<int64_t>(1, columns);
  if (tensor->shape != weight.shape)
    return Error{tensor->where(), "expected shape " +
                                      shapeString(weight.shape) + ", got " +
                                      shapeString(tensor->shape)};
  TensorView matrix = *tensor;
  matrix.shape = {rows, columns};
  if (auto errors = checkMatrix(matrix, rows, columns); !errors.empty())
    return errors;
  HostTensor values = HostTensor::zeros(weight.shape, false);
  for (int64_t r = 0; r < rows; ++r)
    readRow(matrix, r, values.floats().data() + r * columns);
  return values;
}

static std::string namesOf(const std::vector<HostDeclaration> &arguments) {
  std::string text;
  int64_t weights = 0;
  for (const HostDeclaration &argument : arguments)
    if (argument.weight)
      ++weights;
    else
      text += (text.empty() ? "" : ", ") + argument.name;
  if (weights)
    text +=
        (text.empty() ? "" : " and ") + std::to_string(weights) + " weights";
  return text;
}

std::optional<Error> CycleModule::completeSome(HostTensors &inputs,
                                               bool weightsAlone) {
  for (const auto &[name, tensor] : inputs) {
    const HostDeclaration *argument = side->argument(name);
    if (!argument)
      return Error{"input '" + name + "'", "no argument of that name; the "
                                           "program takes " +
                                               namesOf(side->arguments())};
    if (weightsAlone && !argument->weight)
      return Error{"input '" + name + "'", "expected a weight"};
  }
  for (const HostDeclaration &argument : side->arguments()) {
    if (weightsAlone && !argument.weight)
      continue;
    auto it = inputs.find(argument.name);
    if (it == inputs.end()) {
      if (!argument.weight || !argument.weight.getSource())
        return Error{"input '" + argument.name + "'",
                     "expected " + describe(argument.integer, argument.shape) +
                         ", got none" +
                         (argument.weight ? "; the program names no checkpoint "
                                            "for this weight"
                                          : "")};
      auto values = fromCheckpoint(argument);
      if (!values)
        return values.errors.front();
      inputs.emplace(argument.name, std::move(*values));
      continue;
    }
    const HostTensor &given = it->second;
    if (given.isInteger() != argument.integer || given.shape != argument.shape)
      return Error{"input '" + argument.name + "'",
                   "expected " + describe(argument.integer, argument.shape) +
                       ", got " + describe(given.isInteger(), given.shape)};
  }
  return std::nullopt;
}

std::optional<Error> CycleModule::completeWeights(HostTensors &weights) {
  return completeSome(weights, true);
}

std::optional<Error> CycleModule::complete(HostTensors &inputs) {
  if (auto error = completeSome(inputs, false))
    return error;
  return checkTokenNumbers(inputs);
}

int64_t CycleModule::vocabulary() {
  int64_t rows = 0;
  op->walk([&](InjectOp inject) {
    if (HostAttr host = inject.getHostAttr(); host && host.getForm() == "table")
      if (auto *table = side->argument(host.getTensor().str()))
        rows = std::max(rows, table->shape.front());
  });
  return rows;
}

/// A token number that no row of the vocabulary has would find nothing, without
/// a word.
std::optional<Error> CycleModule::checkTokenNumbers(const HostTensors &inputs) {
  int64_t rows = vocabulary();
  if (!rows)
    return std::nullopt;
  for (auto write : op->getOps<WriteOp>()) {
    HostAttr host = write.getHost();
    auto it = inputs.find(host.getTensor().str());
    bool labels = host.getForm() == "tokens";
    if (it == inputs.end() || !it->second.isInteger() ||
        !(labels || host.getForm() == "sorted_tokens"))
      continue;
    for (auto [i, value] : llvm::enumerate(it->second.integers()))
      if ((value < 0 || value >= rows) && !(labels && value == host.getPad()))
        return Error{"input '" + it->first + "'",
                     "expected token numbers in [0, " + std::to_string(rows) +
                         ")" +
                         (labels ? " or " + std::to_string(host.getPad())
                                 : std::string()) +
                         ", got " + std::to_string(value) + " at element " +
                         std::to_string(i)};
  }
  return std::nullopt;
}

template <typename StreamOp> struct LaneOf {
  StreamOp stream;
  int64_t lane;
};

/// In the order of the translated program's inputs or outputs.
template <typename StreamOp>
static std::vector<LaneOf<StreamOp>> allLanes(ProgramOp program) {
  std::vector<LaneOf<StreamOp>> lanes;
  for (auto stream : program.getBody().getOps<StreamOp>())
    for (int64_t lane : lanesOf(stream))
      lanes.push_back({stream, lane});
  return lanes;
}

/// The number of the lane of the first token group that stands for lane `i` of
/// a further one; -1 where there is none.
template <typename StreamOp>
static int32_t firstGroups(const HostSide &side,
                           ArrayRef<LaneOf<StreamOp>> lanes, size_t i) {
  StreamOp stream = lanes[i].stream;
  int64_t lane = lanes[i].lane;
  if (!stream.getHostAttr() || !side.hasGroup(lane) || !side.groupOf(lane))
    return -1;
  int64_t first = lane - side.groupOf(lane) * side.tokens().groupColumns;
  const auto *found = llvm::find_if(lanes, [&](const auto &other) {
    return other.stream == stream && other.lane == first;
  });
  return found == lanes.end() ? -1
                              : static_cast<int32_t>(found - lanes.begin());
}

/// Lanes of token groups behind the first get copies of what its lanes get, and
/// what they send out is added to what those send: the edge does both.
static void shareGroups(ArrayRef<LaneOf<InjectOp>> sources,
                        ArrayRef<LaneOf<DrainOp>> sinks, const HostSide &side,
                        cycle::FabricProgram &program) {
  auto same = [](const cycle::Wavelet &a, const cycle::Wavelet &b) {
    return a.data == b.data && a.control == b.control;
  };
  for (auto [i, input] : llvm::enumerate(program.inputs)) {
    int32_t first = firstGroups(side, sources, i);
    if (first < 0 ||
        !llvm::equal(*program.inputs[first].wavelets, *input.wavelets, same))
      continue;
    input.wavelets = program.inputs[first].wavelets;
    input.copyOf = first;
  }
  for (auto [i, output] : llvm::enumerate(program.outputs))
    output.addedTo = firstGroups(side, sinks, i);
}

std::optional<Error> CycleModule::runProgram(
    cycle::ProgramRunner &runner, ProgramOp program, const HostTensors &inputs,
    const cycle::CycleOptions &options, cycle::Recorder *recorder,
    cycle::SramImage &image, CycleRun &run) {
  ProgramRun counted;
  counted.name = program.getSymName().str();
  HostStreams streams(*side);
  StreamSource source =
      [&](InjectOp inject,
          int64_t lane) -> Result<std::vector<cycle::Wavelet>> {
    auto stream = streams.stream(inject, lane, inputs);
    if (!stream)
      return stream.errors;
    bool first = side->hasGroup(lane) && side->groupOf(lane) == 0;
    (first ? counted.nonzeros : counted.copies) += stream->nonzeros;
    return std::move(stream->wavelets);
  };
  DiagnosticCollector collector(*context);
  auto translated = translateFabric(program, source);
  if (failed(translated))
    return collector.error("program @" + counted.name);

  auto sinks = allLanes<DrainOp>(program);
  shareGroups(allLanes<InjectOp>(program), sinks, *side, *translated);
  for (auto [sink, output] : llvm::zip_equal(sinks, translated->outputs)) {
    if (!sink.stream.getHostAttr())
      continue;
    auto expected = streams.expectedWavelets(sink.stream, sink.lane);
    if (!expected)
      return expected.errors.front();
    output.expected = *expected;
  }

  // Steps follow one another: each program meets the routes of another. What
  // cores do by themselves needs none.
  if (!program.getBody().getOps<RouteOp>().empty()) {
    counted.rerouteCycles = side->machine().rerouteCycles;
    run.rerouteCycles += counted.rerouteCycles;
    run.cycles += counted.rerouteCycles;
    runner.pass(counted.rerouteCycles);
  }
  // The store knows the schedule: it sends ahead, so that its latency is met
  // once.
  if (!run.programs.empty())
    for (cycle::EdgeInput &input : translated->inputs)
      input.sentAhead = true;

  cycle::CycleOptions observed = options;
  if (recorder)
    observed.observer = recorder->begin(counted.name, run.cycles);
  auto done = runner.run(*translated, image, observed);
  if (!done)
    return Error{"program @" + counted.name, done.errors.front().str()};
  if (recorder)
    if (auto error = recorder->end(run.cycles + done->cycles))
      return error;
  for (auto [i, sink] : llvm::enumerate(sinks)) {
    HostAttr host = sink.stream.getHostAttr();
    const std::vector<cycle::TimedWavelet> &left = done->outputs[i];
    if (!host)
      continue;
    std::vector<uint32_t> words;
    for (const cycle::TimedWavelet &wavelet : left)
      if (!wavelet.wavelet.control)
        words.push_back(wavelet.wavelet.data);
    if (auto error =
            streams.collect(sink.stream, sink.lane, words, run.outputs))
      return Error{"program @" + counted.name, error->str()};
    if (left.empty())
      continue;
    int64_t first = run.cycles + left.front().cycle;
    int64_t last = run.cycles + left.back().cycle;
    auto [it, fresh] = run.gradients.insert(
        {host.getTensor().str(), GradientWindow{first, last}});
    if (!fresh) {
      it->second.firstCycle = std::min(it->second.firstCycle, first);
      it->second.lastCycle = std::max(it->second.lastCycle, last);
    }
  }
  counted.cycles = done->cycles;
  counted.counters = std::move(done->counters);
  run.cycles += counted.cycles;
  run.programs.push_back(std::move(counted));
  return std::nullopt;
}

Result<std::unique_ptr<cycle::Recorder>>
CycleModule::recorder(const cycle::TraceRequest &request) {
  std::vector<std::string> names;
  for (auto program : op->getOps<ProgramOp>())
    names.push_back(program.getSymName().str());
  const Machine &machine = side->machine();
  return cycle::Recorder::create(request, machine.width, machine.height, names);
}

/// Memory of all cores; an error where this computer does not have as much.
static Result<cycle::SramImage> imageOf(const Machine &machine, int64_t bytes) {
  try {
    return cycle::SramImage(machine.width, machine.height, bytes);
  } catch (const std::bad_alloc &) {
    return Error{"machine '" + machine.name + "'",
                 "fidelity cycle expected " + std::to_string(bytes) +
                     " bytes of memory for each of " +
                     std::to_string(machine.width) + " x " +
                     std::to_string(machine.height) +
                     " cores, got less here; compile for fewer cores "
                     "(--machine tiny, or --set fabric.width=64 "
                     "fabric.height=64)"};
  }
}

/// Bytes of a core's memory that any program or the host may touch.
static int64_t bytesUsed(ModuleOp module, int64_t sramBytes) {
  int64_t bytes = 8;
  auto use = [&](Type type, int64_t address) {
    auto memref = cast<MemRefType>(type);
    int64_t width = cycle::dataBytes(toDataType(memref.getElementType()));
    bytes = std::max(bytes, address + memref.getNumElements() * width);
  };
  module.walk([&](Operation *op) {
    if (auto write = dyn_cast<WriteOp>(op))
      use(write.getType(), write.getAddress());
    else if (auto read = dyn_cast<ReadOp>(op))
      use(read.getType(), read.getAddress());
    else if (auto buffer = dyn_cast<BufferOp>(op);
             buffer && buffer.getAddress())
      use(buffer.getType(), *buffer.getAddress());
    else if (buffer) // the simulator chooses its place
      bytes = sramBytes;
  });
  return std::min(bytes, sramBytes);
}

Result<CycleRun> CycleModule::run(const HostTensors &inputs,
                                  const CycleProgress &progress,
                                  const cycle::CycleOptions &options,
                                  cycle::Recorder *recorder) {
  cycle::FabricSystem system;
  return runOn(system, inputs, progress, options, recorder);
}

Result<CycleRun> CycleModule::runOn(cycle::ProgramRunner &runner,
                                    const HostTensors &inputs,
                                    const CycleProgress &progress,
                                    const cycle::CycleOptions &options,
                                    cycle::Recorder *recorder) {
  CycleRun run;
  const Machine &machine = side->machine();
  auto memory = imageOf(machine, bytesUsed(*op, machine.sramBytes));
  if (!memory)
    return memory.errors;
  cycle::SramImage &image = *memory;
  HostBuffers buffers(*side);
  auto programs = op->getOps<ProgramOp>();
  int total = static_cast<int>(std::distance(programs.begin(), programs.end()));
  for (Operation &each : *op->getBody()) {
    if (auto write = dyn_cast<WriteOp>(each)) {
      auto bytes = buffers.write(write, inputs, image);
      if (!bytes)
        return bytes.errors;
      run.bytesWritten += *bytes;
    } else if (auto read = dyn_cast<ReadOp>(each)) {
      auto bytes = buffers.read(read, image, run.outputs);
      if (!bytes)
        return bytes.errors;
      run.bytesRead += *bytes;
    } else if (auto program = dyn_cast<ProgramOp>(each)) {
      int done = static_cast<int>(run.programs.size());
      if (progress)
        progress(program.getSymName().str(), done, total);
      if (auto error = runProgram(runner, program, inputs, options, recorder,
                                  image, run))
        return *error;
    }
  }
  if (auto error = buffers.checkWhole())
    return *error;
  for (const HostDeclaration &result : side->results())
    if (!run.outputs.count(result.name))
      return Error{"result '" + result.name + "'",
                   "no program drains it and nothing reads it"};
  return run;
}

} // namespace waferflow
