//===- CollectivesTest.cpp - Collectives against publications -------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/collectives/Collectives.h"
#include "simulator/cycle/FabricSimulation.h"
#include "simulator/machine/Reader.h"
#include "tests/validation/Page.h"

#include <cmath>

using namespace waferflow;
using namespace waferflow::cycle;
using namespace waferflow::validation;

namespace {

Machine load(const char *name, const std::vector<std::string> &set = {}) {
  auto file = loadMachine(name, WAFERFLOW_MACHINES, set);
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
    for (int64_t c = 0; c < shape.cores * shape.rows; ++c) {
      int64_t x = c % shape.cores, y = c / shape.cores;
      int64_t extent = simulation->read(x, y, "data")->size();
      std::vector<float> values(extent, 0);
      for (int64_t i = 0; i < shape.elements; ++i)
        values[i] = valueOf(c, i);
      EXPECT_FALSE(simulation->write(x, y, "data", values));
    }
    auto error = simulation->run();
    EXPECT_FALSE(error) << error->str();
    cycles = simulation->cycles();
  }

  void expectSum(int64_t x, const CollectiveShape &shape, int64_t y = 0) {
    auto got = simulation->read(x, y, "data");
    for (int64_t i = 0; i < shape.elements; ++i) {
      float sum = 0;
      for (int64_t c = 0; c < shape.cores * shape.rows; ++c)
        sum += valueOf(c, i);
      ASSERT_EQ((*got)[i], sum) << "core " << x << " element " << i;
    }
  }
};

/// A row of the page: what, cycles, published, off.
void expectWithin(int64_t got, double published, double share,
                  const std::string &what) {
  double off = (static_cast<double>(got) - published) / published;
  row({what, std::to_string(got),
       fixed(published, published == std::floor(published) ? 0 : 1),
       percent(off)});
  EXPECT_LE(std::abs(off), share) << what;
}

std::string sizes(int64_t cores, int64_t elements) {
  return "P " + std::to_string(cores) + ", B " + std::to_string(elements);
}

} // namespace

TEST(VendorSimulator, ChainOf512Cores) {
  CollectiveShape shape{512, 4096};
  Ran run(chainReduce(load("cs2"), shape), shape);
  run.expectSum(511, shape);
  expectWithin(run.cycles, 7218, 0.02, "chain, P 512, B 4096");
}

TEST(VendorSimulator, TwoPhaseOf512Cores) {
  for (auto [group, cycles] : {std::pair(8, 9117), {32, 8973}, {128, 9297}}) {
    CollectiveShape shape{512, 4096, DataType::F32, group};
    Ran run(twoPhaseReduce(load("cs2"), shape), shape);
    run.expectSum(511, shape);
    expectWithin(run.cycles, cycles, 0.02,
                 "two-phase, P 512, B 4096, S " + std::to_string(group));
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
                 "broadcast, " + sizes(p, b));
  }
}

TEST(Formulas, ChainAndTwoPhase) {
  Machine machine = load("cs2");
  for (auto [p, b] : {std::pair(512, 2048), {256, 4096}, {64, 4096}}) {
    CollectiveShape shape{p, b, DataType::F32, 16};
    Ran chain(chainReduce(machine, shape), shape);
    chain.expectSum(p - 1, shape);
    expectWithin(chain.cycles, publishedChain(p, b, machine.rampCycles), 0.02,
                 "chain, " + sizes(p, b));
    Ran two(twoPhaseReduce(machine, shape), shape);
    two.expectSum(p - 1, shape);
    expectWithin(two.cycles, publishedTwoPhase(p, b, 16, machine.rampCycles),
                 0.02, "two-phase, " + sizes(p, b) + ", S 16");
  }
}

TEST(Formulas, Star) {
  Machine machine = load("cs2");
  CollectiveShape shape{16, 1024};
  Ran run(starReduce(machine, shape), shape);
  run.expectSum(15, shape);
  expectWithin(run.cycles, publishedStar(16, 1024, machine.rampCycles), 0.02,
               "star, " + sizes(16, 1024));
}

TEST(Formulas, Tree) {
  Machine machine = load("cs2");
  for (auto [p, b] : {std::pair(512, 4096), {64, 2048}, {64, 4096}}) {
    CollectiveShape shape{p, b};
    Ran run(treeReduce(machine, shape), shape);
    run.expectSum(p - 1, shape);
    expectWithin(run.cycles, publishedTree(p, b, machine.rampCycles), 0.02,
                 "tree, " + sizes(p, b));
  }
}

TEST(Formulas, Grid) {
  Machine machine = load("cs2");
  for (auto [w, h, b, s] :
       {std::tuple(32, 16, 2048, 0), {16, 16, 4096, 0}, {8, 24, 4096, 4}}) {
    CollectiveShape shape{w, b, DataType::F32, s, h};
    Ran run(gridAllReduce(machine, shape), shape);
    for (int64_t y = 0; y < h; y += 5)
      for (int64_t x = 0; x < w; x += 3)
        run.expectSum(x, shape, y);
    expectWithin(
        run.cycles, publishedGrid(w, h, b, s, machine.rampCycles), 0.02,
        "2d, " + std::to_string(w) + " x " + std::to_string(h) + ", B " +
            std::to_string(b) + (s ? ", S " + std::to_string(s) : ", chains"));
  }
}

/// The formula counts 2 (P - 1) B / P wavelets a core and lets a core wait in
/// each of the 2 (P - 1) rounds for the one before. Here a core that adds and
/// passes on in one slot has none to pass for its first part and none to take
/// with its last: 2 B / P slots more; and rounds overlap. Where parts are long
/// against the latency of a round the first shows, else the second.
TEST(Formulas, Ring) {
  Machine machine = load("cs2");
  struct Point {
    int64_t p, b;
    double share;
  };
  for (Point at : {Point{32, 4096, 0.02},
                   {64, 8192, 0.02},
                   {48, 6144, 0.02},
                   {16, 2048, 0.08},
                   {8, 512, 0.21},
                   {64, 4096, 0.04},
                   {128, 4096, 0.14}}) {
    CollectiveShape shape{at.p, at.b};
    Ran run(ringAllReduce(machine, shape), shape);
    for (int64_t x = 0; x < at.p; ++x)
      run.expectSum(x, shape);
    int64_t published = publishedRing(at.p, at.b, machine.rampCycles);
    double off = static_cast<double>(run.cycles - published) /
                 static_cast<double>(published);
    EXPECT_LE(std::abs(off), at.share);
    // Every core has two slots an element, and the formula 2 B / P less. What
    // else there is here: the slices, the roots, and once the way and set-up.
    int64_t slices = (at.b / at.p + ringSlice(machine, DataType::F32) - 1) /
                     ringSlice(machine, DataType::F32);
    int64_t rest = run.cycles - 2 * at.b;
    int64_t rounds = published - 2 * (at.p - 1) * at.b / at.p;
    row({"ring, " + sizes(at.p, at.b), std::to_string(run.cycles),
         std::to_string(published), percent(off),
         fixed(2.0 * at.b / at.p, 0, true), fixed(rest, 0, true),
         fixed(-rounds, 0, true)});
    EXPECT_LE(rest, 10 * slices + 6 * at.p + 180);
  }
}

/// A group that does not divide the cores, odd elements, 16-bit types, machines
/// with other queues and slow links.
TEST(Values, SizesThatDoNotDivide) {
  for (const Machine &machine :
       {load("cs2"), load("cs3"),
        load("cs3", {"fabric.link_wavelets_per_cycle=0.7",
                     "fabric.buffer_wavelets=1"})})
    for (DataType type : {DataType::F16, DataType::BF16, DataType::F32})
      for (int64_t p : {2, 3, 7, 12}) {
        CollectiveShape shape{p, 33 + 20 * p, type, 3};
        Ran chain(chainReduce(machine, shape), shape);
        chain.expectSum(p - 1, shape);
        Ran two(twoPhaseReduce(machine, shape), shape);
        two.expectSum(p - 1, shape);
        Ran tree(treeReduce(machine, shape), shape);
        tree.expectSum(p - 1, shape);
        Ran star(starReduce(machine, shape), shape);
        star.expectSum(p - 1, shape);
        Ran ring(ringAllReduce(machine, shape), shape);
        for (int64_t x = 0; x < p; ++x)
          ring.expectSum(x, shape);
        for (int64_t rows : {1, 2, 5})
          for (int64_t group : {0, 1, 2, 3}) {
            CollectiveShape flat{p, 33, type, group, rows};
            Ran grid(gridAllReduce(machine, flat), flat);
            for (int64_t c = 0; c < p * rows; ++c)
              grid.expectSum(c % p, flat, c / p);
          }
      }
}

/// More levels than a core has queues: two levels share a color.
TEST(Values, TreeOfMoreLevelsThanQueues) {
  Machine machine = load("cs2", {"core.input_queues_wavelets=6,6,4"});
  for (int64_t p : {9, 13, 16, 27, 33, 64}) {
    CollectiveShape shape{p, 40};
    Ran tree(treeReduce(machine, shape), shape);
    tree.expectSum(p - 1, shape);
  }
}

/// What short messages show: the formulas end where the last wavelet leaves a
/// core that was ready to send; here the first core is set up and dispatches
/// before (the wavelet on the ramp is in both).
TEST(Formulas, LeaveTheEndsOut) {
  for (int64_t setup : {13, 15, 17}) {
    Machine machine = load("cs2", {"pe.setup_cycles=" + std::to_string(setup)});
    int64_t ends = machine.setupCycles + machine.dispatchCycles - 1;
    for (auto [p, b] : {std::pair(8, 16), {512, 64}}) {
      CollectiveShape shape{p, b};
      Ran cast(broadcastLine(machine, shape), shape);
      int64_t broadcast = publishedBroadcast(p, b, machine.rampCycles);
      EXPECT_EQ(cast.cycles, broadcast + ends);
      Ran sum(chainReduce(machine, shape), shape);
      int64_t chain = publishedChain(p, b, machine.rampCycles);
      EXPECT_EQ(sum.cycles, chain + ends);
      if (setup != 15)
        continue;
      expectWithin(cast.cycles, broadcast, 1, "broadcast, " + sizes(p, b));
      expectWithin(sum.cycles, chain, 1, "chain, " + sizes(p, b));
    }
  }
}

TEST(Formulas, RelayOnCs3) {
  Machine machine = load("cs3");
  for (auto [n, b] : {std::pair(8, 16), {64, 16}, {64, 256}, {256, 1024}}) {
    CollectiveShape shape{n + 1, b};
    Ran run(relay(machine, shape), shape);
    expectWithin(run.cycles, 1.001 * n * b + 16.1 * n + 16.5, 0.04,
                 "relay, N " + std::to_string(n) + ", B " + std::to_string(b));
  }
}

/// A stage is dispatch, ramp, hop, ramp and completion: the published 16.1.
TEST(Formulas, AStageOfARelayFromItsParts) {
  for (const char *hop : {"1", "2", "3"}) {
    Machine machine = load("cs3", {std::string("fabric.hop_cycles=") + hop,
                                   "fabric.buffer_wavelets=6"});
    auto cycles = [&](int64_t stages) {
      CollectiveShape shape{stages + 1, 64};
      return Ran(relay(machine, shape), shape).cycles;
    };
    int64_t stage = (cycles(40) - cycles(8)) / 32 - 64;
    EXPECT_EQ(stage, machine.dispatchCycles + 2 * machine.rampCycles +
                         machine.hopCycles + machine.completeCycles);
    if (machine.hopCycles == 2)
      row({"a stage beside its B wavelets: dispatch 7 + ramp 2 + hop 2 + ramp "
           "2 + completion 3",
           std::to_string(stage), "16.1", percent((stage - 16.1) / 16.1)});
  }
}
