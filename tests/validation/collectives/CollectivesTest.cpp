//===- CollectivesTest.cpp - Collectives against publications -------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/collectives/Collectives.h"
#include "simulator/cycle/FabricSimulation.h"
#include "simulator/machine/Reader.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace waferflow;
using namespace waferflow::cycle;

namespace {

Machine load(const char *name) {
  auto file = loadMachine(name, WAFERFLOW_MACHINES, {});
  EXPECT_TRUE(bool(file)) << file.str();
  return file->machine;
}

float valueOf(int64_t x, int64_t i) {
  return static_cast<float>((x * 7 + i * 3) % 11) - 5; // sums are exact
}

/// Runs with data on every core, returns cycles, and leaves the simulation for
/// a look at the values.
struct Ran {
  FabricProgram program;
  std::unique_ptr<FabricSimulation> simulation;
  int64_t cycles = 0;

  Ran(FabricProgram p, const CollectiveShape &shape) : program(std::move(p)) {
    auto created = FabricSimulation::create(program);
    EXPECT_TRUE(bool(created)) << created.str();
    if (!created)
      return;
    simulation = std::make_unique<FabricSimulation>(std::move(*created));
    for (int64_t x = 0; x < shape.cores; ++x) {
      int64_t extent = simulation->read(x, 0, "data")->size();
      std::vector<float> values(extent, 0);
      for (int64_t i = 0; i < shape.elements; ++i)
        values[i] = valueOf(x, i);
      EXPECT_FALSE(simulation->write(x, 0, "data", values));
    }
    auto error = simulation->run();
    EXPECT_FALSE(error) << error->str();
    cycles = simulation->cycles();
  }

  void expectSum(int64_t x, const CollectiveShape &shape) {
    auto got = simulation->read(x, 0, "data");
    for (int64_t i = 0; i < shape.elements; ++i) {
      float sum = 0;
      for (int64_t c = 0; c < shape.cores; ++c)
        sum += valueOf(c, i);
      ASSERT_EQ((*got)[i], sum) << "core " << x << " element " << i;
    }
  }
};

void expectWithin(int64_t got, double published, double share,
                  const std::string &what) {
  double off = (got - published) / published;
  std::printf("%-34s %8lld cycles, published %9.1f, off %+.2f %%\n",
              what.c_str(), static_cast<long long>(got), published, 100 * off);
  EXPECT_LE(std::abs(off), share) << what;
}

} // namespace

TEST(VendorSimulator, ChainOf512Cores) {
  CollectiveShape shape{512, 4096};
  Ran run(chainReduce(load("cs2"), shape), shape);
  run.expectSum(511, shape);
  expectWithin(run.cycles, 7218, 0.02, "chain P=512 B=4096");
}

TEST(VendorSimulator, TwoPhaseOf512Cores) {
  for (auto [group, cycles] : {std::pair(8, 9117), {32, 8973}, {128, 9297}}) {
    CollectiveShape shape{512, 4096, DataType::F32, group};
    Ran run(twoPhaseReduce(load("cs2"), shape), shape);
    run.expectSum(511, shape);
    expectWithin(run.cycles, cycles, 0.02,
                 "two-phase P=512 B=4096 S=" + std::to_string(group));
  }
}

TEST(Formulas, Broadcast) {
  Machine machine = load("cs2");
  for (auto [p, b] : {std::pair(512, 4096), {512, 1024}, {64, 4096}}) {
    CollectiveShape shape{p, b};
    Ran run(broadcastLine(machine, shape), shape);
    auto got = run.simulation->read(p - 1, 0, "data");
    for (int64_t i = 0; i < b; ++i)
      ASSERT_EQ((*got)[i], valueOf(0, i));
    expectWithin(run.cycles, publishedBroadcast(p, b, machine.rampCycles), 0.02,
                 "broadcast P=" + std::to_string(p) +
                     " B=" + std::to_string(b));
  }
}

TEST(Formulas, ChainAndTwoPhase) {
  Machine machine = load("cs2");
  for (auto [p, b] : {std::pair(512, 2048), {256, 4096}, {64, 4096}}) {
    CollectiveShape shape{p, b, DataType::F32, 16};
    Ran chain(chainReduce(machine, shape), shape);
    chain.expectSum(p - 1, shape);
    std::string size = " P=" + std::to_string(p) + " B=" + std::to_string(b);
    expectWithin(chain.cycles, publishedChain(p, b, machine.rampCycles), 0.02,
                 "chain" + size);
    Ran two(twoPhaseReduce(machine, shape), shape);
    two.expectSum(p - 1, shape);
    expectWithin(two.cycles, publishedTwoPhase(p, b, 16, machine.rampCycles),
                 0.02, "two-phase" + size + " S=16");
  }
}

TEST(Formulas, Star) {
  Machine machine = load("cs2");
  CollectiveShape shape{16, 1024};
  Ran run(starReduce(machine, shape), shape);
  run.expectSum(15, shape);
  expectWithin(run.cycles, publishedStar(16, 1024, machine.rampCycles), 0.02,
               "star P=16 B=1024");
}

/// The formula lets a core take a wavelet and give one in the same cycle. With
/// one issue slot a cycle these are two: that, and nothing else, is the gap.
TEST(Formulas, RingTakesTwoSlotsAWavelet) {
  Machine machine = load("cs2");
  for (auto [p, b] : {std::pair(8, 512), {16, 2048}}) {
    CollectiveShape shape{p, b};
    Ran run(ringAllReduce(machine, shape), shape);
    for (int64_t x = 0; x < p; ++x)
      run.expectSum(x, shape);
    int64_t published = publishedRing(p, b, machine.rampCycles);
    std::string size = " P=" + std::to_string(p) + " B=" + std::to_string(b);
    expectWithin(run.cycles, published, 1, "ring" + size);
    expectWithin(run.cycles, published + 2 * (p - 1) * b / p, 0.02,
                 "ring, a slot more a wavelet" + size);
  }
}

/// A group that does not divide the cores, odd elements, 16-bit types.
TEST(Formulas, SizesThatDoNotDivide) {
  Machine machine = load("cs2");
  for (DataType type : {DataType::F16, DataType::BF16, DataType::F32})
    for (int64_t p : {2, 3, 7}) {
      CollectiveShape shape{p, 33, type, 3};
      Ran chain(chainReduce(machine, shape), shape);
      chain.expectSum(p - 1, shape);
      Ran two(twoPhaseReduce(machine, shape), shape);
      two.expectSum(p - 1, shape);
      Ran star(starReduce(machine, shape), shape);
      star.expectSum(p - 1, shape);
      Ran ring(ringAllReduce(machine, shape), shape);
      for (int64_t x = 0; x < p; ++x)
        ring.expectSum(x, shape);
    }
}

TEST(Formulas, RelayOnCs3) {
  Machine machine = load("cs3");
  for (auto [n, b] : {std::pair(8, 16), {64, 16}, {64, 256}, {256, 1024}}) {
    CollectiveShape shape{n + 1, b};
    Ran run(relay(machine, shape), shape);
    expectWithin(run.cycles, 1.001 * n * b + 16.1 * n + 16.5, 0.04,
                 "relay N=" + std::to_string(n) + " B=" + std::to_string(b));
  }
}
