//===- DensityTest.cpp - What a nonzero costs, over density ---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/FabricSimulation.h"
#include "simulator/cycle/kernels/StreamedSpmm.h"
#include "simulator/machine/Reader.h"
#include "tests/validation/Page.h"

#include <random>

using namespace waferflow;
using namespace waferflow::cycle;
using namespace waferflow::validation;

namespace {

constexpr int64_t columns = 16, tokens = 114, weightRows = 64;

struct Point {
  double cycles = 0;
  double cyclesANonzero = 0; ///< of a column's mean
  double efficiency = 0;     ///< of 4 multiply-adds a core-cycle
};

/// A random mask on one row of cores of cs3, the store next door: what a core
/// does, not what the edge's latency costs a matrix this small.
Point simulate(int64_t features, double sparsity) {
  auto file =
      loadMachine("cs3", WAFERFLOW_MACHINES, {"edge.latency_seconds=0"});
  EXPECT_TRUE(bool(file)) << file.str();
  StreamedSpmm s{columns, 1, features, tokens, DataType::F16, weightRows, {}};
  std::mt19937 random(1);
  int64_t nonzeros = 0;
  for (int64_t i = 0; i < weightRows * columns * features; ++i) {
    bool kept = static_cast<double>(random() % 10000) >= sparsity * 10000;
    nonzeros += kept;
    s.weights.push_back(kept ? 0.5f : 0);
  }
  FabricProgram program = streamedSpmm(file->machine, s);
  auto created = FabricSimulation::create(program);
  EXPECT_TRUE(bool(created)) << created.str();
  auto error = created->run();
  EXPECT_FALSE(error) << error->str();
  EXPECT_EQ(created->counters().axpys, nonzeros);
  double cycles = static_cast<double>(created->cycles());
  double aColumn = static_cast<double>(nonzeros) / columns;
  return {cycles, cycles / aColumn, aColumn * tokens / 4 / cycles};
}

} // namespace

/// With 11 features a column a row's end and its reduction weigh as much as
/// several nonzeros; with 88, as output groups give, a nonzero costs the same
/// from dense to 70 %. Beyond 99 % most of the machine waits.
TEST(Density, CyclesANonzeroAreFlatThenEfficiencyCollapses) {
  std::vector<Point> few, many;
  for (double sparsity : {0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999}) {
    few.push_back(simulate(11, sparsity));
    many.push_back(simulate(88, sparsity));
    const Point &a = few.back(), &b = many.back();
    row({sparsity > 0 ? fixed(100 * sparsity, sparsity > 0.99 ? 1 : 0) + " %"
                      : "dense",
         fixed(a.cyclesANonzero, 1), fixed(a.efficiency, 3),
         fixed(few[0].cycles / a.cycles, 2), fixed(b.cyclesANonzero, 1),
         fixed(b.efficiency, 3), fixed(many[0].cycles / b.cycles, 2)});
  }
  for (int i : {1, 2})
    EXPECT_NEAR(many[i].cyclesANonzero / many[0].cyclesANonzero, 1, 0.15);
  for (const auto &points : {few, many}) {
    EXPECT_LT(points[6].efficiency, points[0].efficiency / 2);
    EXPECT_LT(points[7].efficiency, points[0].efficiency / 10);
  }
}
