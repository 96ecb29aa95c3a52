//===- cycle.cpp - Active core-cycles a second at fidelity cycle ----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A busy spmm with values: every core has AXPYs, control wavelets and partial
// sums that pass. A core-cycle is active from a task's start until the core has
// nothing left to do.
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/FabricSimulation.h"
#include "simulator/cycle/kernels/StreamedSpmm.h"
#include "simulator/machine/Reader.h"

#include <benchmark/benchmark.h>

#include <random>

using namespace waferflow;
using namespace waferflow::cycle;

static StreamedSpmm spmm(int64_t size, int64_t tokens, int64_t weightRows,
                         DataType type) {
  StreamedSpmm s{size, size, 12, tokens, type, weightRows, {}};
  std::mt19937 random(1);
  for (int64_t i = 0; i < weightRows * size * 12; ++i)
    s.weights.push_back(random() % 10 < 3 ? 0.5f : 0);
  return s;
}

/// Arguments: side, tokens a core, weight rows, 1 for f32.
static void busySpmm(benchmark::State &state) {
  auto file = loadMachine("cs3", WAFERFLOW_MACHINES, {});
  if (!file)
    return state.SkipWithError(file.str().c_str());
  FabricProgram program = streamedSpmm(
      file->machine, spmm(state.range(0), state.range(1), state.range(2),
                          state.range(3) ? DataType::F32 : DataType::F16));
  double active = 0, cycles = 0, bytes = 0, products = 0;
  for (auto _ : state) {
    state.PauseTiming();
    auto created = FabricSimulation::create(program);
    if (!created)
      return state.SkipWithError(created.str().c_str());
    state.ResumeTiming();
    if (auto error = created->run())
      return state.SkipWithError(error->str().c_str());
    active += static_cast<double>(created->counters().activeCoreCycles);
    cycles += static_cast<double>(created->cycles());
    products += static_cast<double>(created->counters().multiplyAdds);
    bytes = created->stateBytesPerCore();
  }
  state.counters["active_core_cycles/s"] =
      benchmark::Counter(active, benchmark::Counter::kIsRate);
  state.counters["nonzero_multiply_adds/s"] =
      benchmark::Counter(products, benchmark::Counter::kIsRate);
  state.counters["cycles"] = cycles / static_cast<double>(state.iterations());
  state.counters["state_bytes/core"] = bytes;
}
BENCHMARK(busySpmm)
    ->Args({64, 114, 64, 0})
    ->Args({64, 16, 64, 0})
    ->Args({64, 114, 32, 1})
    ->Args({256, 114, 4, 0})
    ->Unit(benchmark::kMillisecond);
