//===- FabricFuzz.cpp - Does any checked fabric program run? --------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Whatever `check` accepts runs to an end, an error or the limit of cycles; and
// it does so alike in whatever order cores and routers are visited.
//
//===----------------------------------------------------------------------===//
#include "RandomFabric.h"
#include "Sanitizers.h"

#include "simulator/cycle/FabricSimulation.h"
#include "simulator/machine/Reader.h"

#include <cstdio>
#include <cstdlib>

using namespace waferflow;
using namespace waferflow::cycle;

static const Machine &tiny() {
  static const Machine machine = [] {
    auto file = loadMachine("tiny", WAFERFLOW_MACHINES);
    if (!file)
      std::abort();
    return file->machine;
  }();
  return machine;
}

/// All that a run says, as text.
static std::string outcome(const FabricProgram &program, uint64_t shuffleSeed) {
  CycleOptions options;
  options.maxCycles = 1500;
  options.shuffleSeed = shuffleSeed;
  auto simulation = FabricSimulation::create(program, options);
  if (!simulation)
    return "refused: " + simulation.str();
  auto error = simulation->run();
  if (error)
    return error->str(); // others may have gone on when it was found
  std::string text = "complete in " + std::to_string(simulation->cycles()) +
                     " slots " + std::to_string(simulation->counters().slots) +
                     " adds " +
                     std::to_string(simulation->counters().multiplyAdds);
  for (size_t i = 0; i < program.outputs.size(); ++i)
    for (const TimedWavelet &wavelet : simulation->output(i))
      text += "\nout " + std::to_string(i) + " " +
              std::to_string(wavelet.cycle) + " " +
              std::to_string(wavelet.wavelet.data);
  return text;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  FuzzedDataProvider bytes(data, size);
  FabricProgram program = cycle::fuzz::randomFabric(tiny(), bytes);
  std::string first = outcome(program, 0);
  if (first.compare(0, 8, "refused:") == 0)
    return 0;
  std::string second = outcome(program, 1 + size);
  if (first != second) {
    std::fprintf(stderr, "the order of visits matters:\n%s\nbut\n%s\n",
                 first.c_str(), second.c_str());
    std::abort();
  }
  return 0;
}
