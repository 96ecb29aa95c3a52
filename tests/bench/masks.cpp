//===- masks.cpp - How fast masks are made and counted --------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/masks/Counts.h"
#include "models/masks/Magnitude.h"
#include "models/masks/NofM.h"
#include "models/masks/Random.h"
#include "models/masks/Uniform.h"

#include <benchmark/benchmark.h>

#include <numeric>

using namespace waferflow;

namespace {

constexpr int64_t kRows = 4096, kColumns = 4096;

void scanRows(benchmark::State &state, const MaskSource &mask) {
  std::vector<uint64_t> words(mask.wordsPerRow());
  int64_t r = 0;
  for (auto _ : state) {
    mask.row(r++ % mask.rows(), words.data());
    benchmark::DoNotOptimize(words.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * mask.columns());
}

void uniformRows(benchmark::State &state) {
  scanRows(state,
           *uniformMask(kRows, kColumns, state.range(0) / 100.0, 1, "w"));
}
BENCHMARK(uniformRows)->Arg(50)->Arg(70)->Arg(90);

void randomTwoOfFourRows(benchmark::State &state) {
  scanRows(state, *randomNOfMMask(kRows, kColumns, 2, 4, 1, "w"));
}
BENCHMARK(randomTwoOfFourRows);

/// Features dealt to groups: neighbours together, or by a random permutation.
FeatureGroups deal(int64_t features, int64_t perGroup, bool shuffled) {
  std::vector<int64_t> order(features);
  std::iota(order.begin(), order.end(), 0);
  if (shuffled)
    for (int64_t i = features - 1; i > 0; --i)
      std::swap(order[i], order[mix64(i) % (i + 1)]);
  FeatureGroups map;
  map.of.resize(features);
  for (int64_t i = 0; i < features; ++i)
    map.of[order[i]] = static_cast<int32_t>(i / perGroup);
  map.groups = (features + perGroup - 1) / perGroup;
  return map;
}

template <typename T> void bothDirections(benchmark::State &state) {
  int64_t rows = 11008;
  auto mask = uniformMask(rows, kColumns, state.range(0) / 100.0, 1, "w");
  bool shuffled = state.range(2);
  FeatureGroups input = deal(kColumns, state.range(1), shuffled);
  FeatureGroups output = deal(rows, state.range(1) * 5 / 2, shuffled);
  for (auto _ : state)
    benchmark::DoNotOptimize(
        countGroups<T>(*mask, &input, &output, unsigned(state.range(3)))
            ->nonzeros);
  state.SetItemsProcessed(state.iterations() * rows * kColumns);
}
void arguments(benchmark::internal::Benchmark *b) {
  b->ArgNames({"sparsity", "f", "shuffled", "threads"})->UseRealTime();
  for (int64_t sparsity : {50, 70, 90})
    b->Args({sparsity, 6, 0, 1});
  b->Args({70, 6, 1, 1})
      ->Args({70, 24, 1, 1})
      ->Args({70, 96, 1, 1})
      ->Args({70, 6, 1, 2});
}
BENCHMARK_TEMPLATE(bothDirections, uint8_t)->Apply(arguments);
BENCHMARK_TEMPLATE(bothDirections, uint16_t)->Apply(arguments);

void magnitude(benchmark::State &state) {
  bool wide = state.range(0);
  std::vector<uint64_t> values(kRows * kColumns * (wide ? 4 : 2) / 8);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = mix64(i) & 0x3bff3bff3bff3bff;
  TensorView view;
  view.dtype = wide ? DType::F32 : DType::F16;
  view.shape = {kRows, kColumns};
  view.data = reinterpret_cast<const uint8_t *>(values.data());
  for (auto _ : state)
    benchmark::DoNotOptimize(magnitudeMask(view, 0.7)->get());
  state.SetItemsProcessed(state.iterations() * kRows * kColumns);
}
BENCHMARK(magnitude)->ArgName("f32")->Arg(0)->Arg(1);

} // namespace
