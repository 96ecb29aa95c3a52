//===- LineKernelsTest.cpp - Map, reduce, gather, relayout by hand --------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Programs.h"

#include "simulator/cost/Collective.h"

using namespace waferflow;
using namespace waferflow::handmade;

namespace {

/// Everything of the kernel in one entry, fill apart.
void expectWhole(const KernelTiming &timing, Cost cost, int64_t cycles,
                 int64_t fill) {
  for (int i = 0; i < kNumCosts; ++i) {
    Cost c = static_cast<Cost>(i);
    EXPECT_EQ(entry(timing.cumulative, c), c == cost         ? cycles
                                           : c == Cost::Fill ? fill
                                                             : 0)
        << costKey(c);
  }
  EXPECT_EQ(timing.cumulative[0], 0);
}

KernelTiming time(const Program &p, const decltype(Kernel::body) &body,
                  const CostSwitches &switches = {}) {
  TileContext context(p, switches);
  Kernel k = kernel("k", body);
  if (auto *map = std::get_if<Map>(&k.body))
    return timeMap(k, *map, context);
  if (auto *reduce = std::get_if<Reduce>(&k.body))
    return timeReduce(k, *reduce, context);
  if (auto *gather = std::get_if<Gather>(&k.body))
    return timeGather(k, *gather, context);
  return timeRelayout(k, std::get<Relayout>(k.body), context);
}

} // namespace

TEST(Map, IsSetUpAndRateOfEveryInstruction) {
  Program p = program(8, 4);
  Map map;
  map.work = {
      {ScalarOp::Mul, 9, 9}, {ScalarOp::Exp, 3, 3}, {ScalarOp::Add, 0, 0}};
  expectWhole(time(p, map), Cost::Elementwise, 10 + 3 + 10 + 120, 0);
  expectWhole(time(p, map, without(Cost::Elementwise)), Cost::Elementwise, 0,
              0);
}

TEST(Map, PaysForItsCodeAndItsVectors) {
  Program p = program(8, 4);
  Map map;
  // 3 slots of 4 elements at 4 a cycle, launched; the same set up; 5 slots of
  // scalar code; an exponential in it (0.025 a cycle); an addition that takes 2
  // cycles longer; f32 at 0.5 a cycle.
  ScalarWork launched{ScalarOp::Mul, 12, 12, {}, 3, true, 0};
  ScalarWork setUp{ScalarOp::Mul, 12, 12, {}, 3, false, 0};
  ScalarWork code{ScalarOp::Copy, 5, 0, {}, 0, false, 5};
  ScalarWork function{ScalarOp::Exp, 1, 0, {}, 0, false, 1};
  ScalarWork longer{ScalarOp::Mul, 8, 8, {}, 0, false, 0};
  ScalarWork wide{ScalarOp::Mul, 8, 8, ElementType::F32, 1, false, 0};
  int64_t launch = p.machine.launchCycles;
  auto cycles = [&](const ScalarWork &work) {
    map.work = {work};
    return time(p, map).cumulative[kNumCosts];
  };
  EXPECT_EQ(cycles(launched), 3 * (launch + 1));
  EXPECT_EQ(cycles(setUp), 3 * (10 + 1));
  EXPECT_EQ(cycles(code), 5);
  EXPECT_EQ(cycles(function), 40);
  EXPECT_EQ(cycles(longer), 2);
  EXPECT_EQ(cycles(wide), 10 + 16);
  // 16 features, 4 a column, two in a wavelet: core 10 + 2, edge 32 bytes at
  // 64. Fill: reroute 5, ramps 4, three rows.
  map.work = {};
  map.vectors = {{16, 4}};
  KernelTiming timing = time(p, map);
  expectWhole(timing, Cost::Elementwise, 12, 5 + 4 + 3);
  EXPECT_EQ(timing.counters.at("edge wavelets in"), 8);
  p.machine.edgeBytesPerSecond = 1e9; // one byte a cycle
  expectWhole(time(p, map), Cost::Elementwise, 32, 12);
  expectWhole(time(p, map, without(Cost::Io)), Cost::Elementwise, 12, 12);
}

TEST(Collective, IsAChainAndAWayBack) {
  Machine m = machine();
  // Set-up 10, dispatch 7, 10 adds and 3 stages of 6. Back: 17, 10 + 4 + 3.
  EXPECT_EQ(chainOver(m, 4, 1, 20, ElementType::F16, false).cycles,
            17 + 10 + 18);
  EXPECT_EQ(chainOver(m, 4, 1, 20, ElementType::F16, true).cycles,
            17 + 28 + 17 + 17);
  EXPECT_EQ(chainOver(m, 4, 1, 20, ElementType::F16, true).wavelets, 20);
  // Half a wavelet a cycle of link: adds and the way back take twice as long.
  m.linkWaveletsPerCycle = 0.5;
  EXPECT_EQ(chainOver(m, 4, 1, 20, ElementType::F16, true).cycles,
            17 + 20 + 18 + 17 + 20 + 4 + 3);
  EXPECT_EQ(chainOver(m, 1, 1, 100, ElementType::F16, true).cycles, 0);
}

TEST(Reduce, WorkThenXThenBack) {
  Program p = program(8, 4);
  Reduce reduce;
  reduce.overX = true;
  reduce.columns = 4;
  reduce.vectorPerCore = 20;
  reduce.work = {{ScalarOp::Mul, 8, 8}};
  reduce.type = ElementType::F16;
  // Fill: reroute 5, complete 3.
  int64_t chain = 17 + 28 + 17 + 17;
  expectWhole(time(p, reduce), Cost::Reduce, 12 + chain, 8);
  expectWhole(time(p, reduce, without(Cost::Reduce)), Cost::Reduce, 0, 8);
  expectWhole(time(p, reduce, without(Cost::Fill)), Cost::Reduce, 12 + chain,
              0);
  // Another one behind it is a program of its own.
  reduce.times = 2;
  expectWhole(time(p, reduce), Cost::Reduce, 12 + 2 * chain, 13);
}

TEST(Reduce, AGradientLeavesAtFourBytesEach) {
  Program p = program(8, 4);
  Reduce reduce;
  reduce.overY = reduce.drain = true;
  reduce.broadcastBack = false;
  reduce.columns = 8;
  reduce.rows = 4;
  reduce.vectorPerCore = 100;
  reduce.type = ElementType::F32;
  // Chain: 17, 100 adds + 3 x 6; 8 columns x 100 x 4 bytes at 64 a cycle: 50.
  KernelTiming timing = time(p, reduce);
  expectWhole(timing, Cost::Reduce, 135 + 50, 8);
  EXPECT_EQ(timing.counters.at("edge wavelets out"), 800);
  expectWhole(time(p, reduce, without(Cost::Io)), Cost::Reduce, 135, 8);
  // Two token groups 4 columns apart: one more chain of 17 + 100 + 4 + 1 + 4.
  p.tokens = layTokens(8, 4, 2, 8, 4);
  reduce.columns = 4;
  reduce.rows = 4;
  expectWhole(time(p, reduce), Cost::Reduce, 135 + 126 + 25, 8);
}

TEST(Gather, TheTableStreamsOnceThroughTheEdge) {
  Program p = program(8, 4); // 2 tokens a core, 4 rows
  p.weights = {{"embedding", 100, 8, false, nullptr}};
  p.orders = {order("hidden", 4, {0, 0, 1, 1, 2, 2, 3, 3})};
  Gather gather;
  gather.weight = gather.order = 0;
  // Core: 100 rows x 2 features at 2 a cycle + 2 tasks of 40 = 180. Edge: 1600
  // bytes at 64: 25. Fill: 7 + 3 + ramps 4 + 3 rows.
  expectWhole(time(p, gather), Cost::Gather, 180, 22);
  p.machine.edgeBytesPerSecond = 1e9; // one byte a cycle
  expectWhole(time(p, gather), Cost::Gather, 1600, 22);
  EXPECT_EQ(time(p, gather).bottleneck, "weight I/O");
  expectWhole(time(p, gather, without(Cost::Io)), Cost::Gather, 180, 22);
  // Back: 3200 bytes of f32; chain of 4 rows in the fill: 15 + 3 x 6.
  gather.backward = true;
  expectWhole(time(p, gather), Cost::Gather, 3200, 33);
  expectWhole(time(p, gather, without(Cost::Gather)), Cost::Gather, 0, 33);
}

TEST(Relayout, AllGatherPassesPiecesOn) {
  Program p = program(40, 10); // 10 tokens a core: 5 wavelets
  std::vector<int32_t> columns;
  for (int32_t i = 0; i < 16; ++i)
    columns.push_back(i / 2);
  p.orders = {order("hidden", 8, columns)};
  Relayout relayout;
  relayout.form = Relayout::Form::AllGather;
  relayout.fromOrder = relayout.toOrder = 0;
  relayout.outputGroups = 4;
  // Contiguous: from the first group to the last are 3 x 2 columns, each way:
  // 2 x 12 - 6 pieces of 2 vectors, 10 slots each, and scalar code: 8 a step, 4
  // for a question about two bounds; 8 vectors to their places, from 4 columns.
  // Fill: 5 + 7 + 4 + a hop + 3.
  int64_t moved = 2 + 80 / 8 + 3 * 2;
  expectWhole(time(p, relayout), Cost::Gather, 18 * 10 + 12 * 12 + moved, 20);
  EXPECT_EQ(time(p, relayout).bottleneck, "core slots");
  // Interleaved: 3 neighbours, and one bound.
  relayout.groupForm = GroupForm::Interleaved;
  expectWhole(time(p, relayout), Cost::Gather, 9 * 10 + 6 * 10 + moved, 20);
  expectWhole(time(p, relayout, without(Cost::Gather)), Cost::Gather, 0, 20);
  relayout.outputGroups = 1;
  expectWhole(time(p, relayout), Cost::Gather, 0, 0);
}

TEST(Relayout, RegroupGoesAsFarAsTheFarthestFeature) {
  Program p = program(40, 10);
  p.orders = {order("a", 4, {0, 0, 1, 1, 2, 2, 3, 3}),
              order("b", 4, {0, 1, 2, 3, 0, 1, 2, 3})};
  Relayout relayout;
  relayout.fromOrder = 0;
  relayout.toOrder = 1;
  // Moves: 0>1, 1>2, 1>3, 2>0, 2>1, 3>2: two columns each way, 8 - 2 pieces of
  // 10 slots, 10 of scalar code for each of four; 20 elements to their places
  // from two columns.
  expectWhole(time(p, relayout), Cost::Relayout, 6 * 10 + 4 * 10 + 2 + 3 + 2,
              20);
  expectWhole(time(p, relayout, without(Cost::Relayout)), Cost::Relayout, 0,
              20);
  relayout.toOrder = 0;
  expectWhole(time(p, relayout), Cost::Relayout, 0, 0);
}

TEST(Relayout, TransposeIsBoundByTheMiddleOrTheCore) {
  Program p = program(40, 10);
  p.orders = {order("a", 4, {0, 0, 1, 1, 2, 2, 3, 3}),
              blockedOrder("wide", 128, 8)};
  Relayout relayout;
  relayout.form = Relayout::Form::Transpose;
  relayout.fromOrder = relayout.toOrder = 0;
  // A tile of 2 x 10 is 10 wavelets; 4 columns and rows: 10 x 4 / 4 in the
  // middle link, 20 in the core. Fill 5 + 7 + 4 + 6 hops + 3.
  expectWhole(time(p, relayout), Cost::Relayout, 20, 25);
}
