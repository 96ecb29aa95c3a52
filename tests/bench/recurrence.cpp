//===- recurrence.cpp - How fast are the column recurrences? --------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One (row, column) pair is what the recurrence visits; a training step of
// LLaMA-2-7B has 2.9e9 of them at one sparsity: forward, dX and dW of 224
// linears over about 700 columns.
//
//===----------------------------------------------------------------------===//
#include "models/masks/Uniform.h"
#include "simulator/machine/Reader.h"
#include "simulator/tile/KernelModel.h"

#include <benchmark/benchmark.h>

using namespace waferflow;

namespace {

/// One linear of 7B on the cs3's wafer, 131,072 tokens.
Program oneLinear(int64_t rows, int64_t columns, double sparsity) {
  Program program;
  program.machine = loadMachine("cs3", WAFERFLOW_MACHINES)->machine;
  program.tokens =
      layTokens(131072, 2048, 1, program.machine.width, program.machine.height);
  Weight weight;
  weight.name = "linear";
  weight.rows = rows;
  weight.columns = columns;
  if (sparsity > 0)
    weight.mask = uniformMask(rows, columns, sparsity, 1, weight.name);
  program.weights.push_back(weight);
  int64_t width = program.tokens.groupColumns;
  program.orders = {blockedOrder("in", columns, width),
                    blockedOrder("out", rows, width)};
  return program;
}

void report(benchmark::State &state, const Program &program, int64_t rows,
            int64_t columns) {
  double pairs = static_cast<double>(rows * columns);
  state.counters["pairs/s"] =
      benchmark::Counter(pairs, benchmark::Counter::kIsIterationInvariantRate);
}

void spmm(benchmark::State &state, bool transposed) {
  Program program =
      oneLinear(4096, 11008, static_cast<double>(state.range(0)) / 100);
  CostSwitches switches;
  Spmm body;
  body.weight = 0;
  body.transposed = transposed;
  body.inOrder = transposed ? 1 : 0;
  body.outOrder = transposed ? 0 : 1;
  body.outputGroups = state.range(1);
  for (auto _ : state) {
    TileContext context(program, switches);
    benchmark::DoNotOptimize(timeSpmm(Kernel(), body, context));
  }
  report(state, program, transposed ? 11008 : 4096,
         program.orders[body.inOrder].columns / body.outputGroups);
}

void sddmm(benchmark::State &state) {
  Program program =
      oneLinear(4096, 11008, static_cast<double>(state.range(0)) / 100);
  CostSwitches switches;
  Sddmm body;
  body.weight = 0;
  body.inOrder = 0;
  body.outOrder = 1;
  for (auto _ : state) {
    TileContext context(program, switches);
    benchmark::DoNotOptimize(timeSddmm(Kernel(), body, context));
  }
  report(state, program, 4096, program.orders[0].columns);
}

BENCHMARK_CAPTURE(spmm, forward, false)
    ->Args({0, 1})
    ->Args({50, 1})
    ->Args({90, 1})
    ->Args({90, 4})
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(spmm, transposed, true)
    ->Args({90, 1})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(sddmm)->Arg(0)->Arg(90)->Unit(benchmark::kMillisecond);

} // namespace
