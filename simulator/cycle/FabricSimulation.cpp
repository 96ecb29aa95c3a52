//===- FabricSimulation.cpp - A fabric program, wavelet by wavelet --------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/FabricSimulation.h"
#include "simulator/cycle/Engine.h"
#include "simulator/machine/Parameters.h"

#include <unistd.h>

namespace waferflow::cycle {

struct FabricSimulation::Parts {
  Engine engine;
  Streams streams;
  Edge edge;

  Parts(const FabricProgram &program, SramImage &&image,
        const CycleOptions &options)
      : engine(program, std::move(image), options), streams(program),
        edge(program, streams, engine) {}
};

/// Of SRAM, queues and wavelets' buffers: what grows with the program.
static double stateBytes(const FabricProgram &program) {
  const Machine &machine = program.machine;
  auto depths = [&](const std::vector<Queue> &queues, const char *key) {
    double total = 0;
    for (const Queue &queue : queues)
      total += machine.facts.at(key).at(queue.id) +
               static_cast<double>(machine.rampCycles);
    return total * sizeof(Slot);
  };
  double total = 0;
  for (const CoreProgram &core : program.cores) {
    double each = static_cast<double>(layOut(core, machine).dataEnd) +
                  depths(core.inputs, "core.input_queues_wavelets") +
                  depths(core.outputs, "core.output_queues_wavelets");
    total += each * static_cast<double>(core.where.cores.width) *
             static_cast<double>(core.where.cores.height);
  }
  double buffer =
      static_cast<double>(machine.bufferWavelets + machine.rampCycles) *
      sizeof(Slot);
  for (const Route &route : program.routes)
    total += buffer * static_cast<double>(route.positions.size()) *
             static_cast<double>(route.where.cores.width) *
             static_cast<double>(route.where.cores.height);
  return total;
}

std::vector<Error> checkRun(const FabricProgram &program,
                            const SramImage *image,
                            const CycleOptions &options) {
  std::vector<Error> errors = check(program);
  if (options.maxCycles < 1 || options.maxCycles > 2147483646)
    errors.push_back({"maxCycles", "expected 1 to 2147483646, got " +
                                       std::to_string(options.maxCycles)});
  if (!errors.empty())
    return errors;
  double bytes = stateBytes(program);
  double have = static_cast<double>(sysconf(_SC_PHYS_PAGES)) *
                static_cast<double>(sysconf(_SC_PAGESIZE));
  if (bytes > have)
    errors.push_back({program.name, "needs up to " + numberText(bytes) +
                                        " bytes of memory here, this computer "
                                        "has " +
                                        numberText(have)});
  if (!image)
    return errors;
  if (image->width() != program.width || image->height() != program.height)
    errors.push_back(
        {program.name, "expected an image of " + std::to_string(program.width) +
                           " x " + std::to_string(program.height) +
                           " cores, got " + std::to_string(image->width()) +
                           " x " + std::to_string(image->height())});
  for (const CoreProgram &core : program.cores) {
    int64_t bytes = layOut(core, program.machine).dataEnd;
    if (bytes > image->bytesPerCore())
      errors.push_back({"core program '" + core.name + "'",
                        "its buffers end at byte " + std::to_string(bytes) +
                            "; the image has " +
                            std::to_string(image->bytesPerCore()) + " a core"});
  }
  return errors;
}

Result<FabricSimulation> FabricSimulation::create(const FabricProgram &program,
                                                  const CycleOptions &options) {
  std::vector<Error> errors = checkRun(program, nullptr, options);
  if (!errors.empty())
    return errors;
  return FabricSimulation(
      std::make_unique<Parts>(program, SramImage(), options));
}

Result<FabricSimulation> FabricSimulation::create(const FabricProgram &program,
                                                  SramImage &&image,
                                                  const CycleOptions &options) {
  std::vector<Error> errors = checkRun(program, &image, options);
  if (!errors.empty())
    return errors;
  return FabricSimulation(
      std::make_unique<Parts>(program, std::move(image), options));
}

FabricSimulation::FabricSimulation(std::unique_ptr<Parts> parts)
    : parts(std::move(parts)) {}
FabricSimulation::FabricSimulation(FabricSimulation &&) noexcept = default;
FabricSimulation::~FabricSimulation() = default;

/// The buffer's first element in the engine's memory.
static Result<uint8_t *> find(Engine &engine, int64_t x, int64_t y,
                              const std::string &name, BufferPlace &place) {
  Result<BufferPlace> found = placeOf(engine.program, x, y, name);
  if (!found)
    return found.errors;
  if (engine.sram.empty())
    return Error{"buffer '" + name + "'", "the memory's image has been taken"};
  place = *found;
  return engine.sram.data() +
         int64_t(engine.cores[engine.coreAt(x, y)].sram) * 8 + place.address;
}

std::optional<Error> FabricSimulation::write(int64_t x, int64_t y,
                                             const std::string &buffer,
                                             const std::vector<float> &values) {
  BufferPlace place;
  Result<uint8_t *> at = find(parts->engine, x, y, buffer, place);
  if (!at)
    return at.errors.front();
  if (static_cast<int64_t>(values.size()) != place.extent)
    return Error{"buffer '" + buffer + "'",
                 "expected " + std::to_string(place.extent) + " values, got " +
                     std::to_string(values.size())};
  writeElements(place.type, values, *at);
  return std::nullopt;
}

Result<std::vector<float>>
FabricSimulation::read(int64_t x, int64_t y, const std::string &buffer) const {
  BufferPlace place;
  Result<uint8_t *> at = find(parts->engine, x, y, buffer, place);
  if (!at)
    return at.errors;
  return readElements(place.type, place.extent, *at);
}

SramImage FabricSimulation::takeImage() { return parts->engine.takeImage(); }

std::optional<Error> FabricSimulation::run() {
  parts->engine.runUntil(INT64_MAX, parts->edge);
  return parts->engine.judge(parts->edge);
}
int64_t FabricSimulation::cycles() const { return parts->engine.end; }
const Counters &FabricSimulation::counters() const {
  return parts->engine.counters;
}
const std::vector<TimedWavelet> &FabricSimulation::output(size_t index) const {
  return parts->edge.outputs[index];
}

double FabricSimulation::stateBytesPerCore() const {
  const Engine &e = parts->engine;
  auto bytes = [](const auto &v) {
    return static_cast<double>(v.capacity() * sizeof(v[0]));
  };
  double total = bytes(e.slots) + bytes(e.channels) + bytes(e.routes) +
                 bytes(e.routers) + bytes(e.cores) + bytes(e.threads) +
                 bytes(e.registers) + bytes(e.taskReadyAt) + bytes(e.integers) +
                 bytes(e.occupied);
  total += 16.0 * e.cores.size(); // bits of the wheel
  return total / static_cast<double>(e.cores.size());
}

} // namespace waferflow::cycle
