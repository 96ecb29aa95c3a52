//===- HandCountTest.cpp - Do counters agree with a count by hand? --------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Small.h"

#include "simulator/cycle/Energy.h"
#include "simulator/cycle/kernels/StreamedSpmm.h"

#include <map>

using namespace waferflow;
using namespace waferflow::cycle;
using namespace waferflow::cycle::test;

namespace {

/// What happens in each cycle, places in ascending order.
struct Table : Observer {
  std::map<int64_t, std::vector<std::string>> events;
  void landing(int64_t cycle, int64_t x, int64_t y, int32_t color,
               Direction from, bool toCore, Wavelet wavelet) override {
    add(cycle, x, y,
        (toCore ? std::string("queue") : std::string(directionName(from))) +
            " C" + std::to_string(color) + (wavelet.control ? " control" : ""));
  }
  void issue(int64_t cycle, int64_t x, int64_t y, int32_t thread, VectorOp op,
             int64_t done) override {
    add(cycle, x, y,
        std::string(vectorOpName(op)) + " " + std::to_string(thread) + " to " +
            std::to_string(done));
  }
  void taskStart(int64_t cycle, int64_t x, int64_t y,
                 const std::string &task) override {
    add(cycle, x, y, "task " + task);
  }
  void add(int64_t cycle, int64_t x, int64_t y, const std::string &what) {
    events[cycle].push_back(std::to_string(x) + "," + std::to_string(y) + " " +
                            what);
  }
};

/// 3 x 2 cores, one weight row with nonzeros in columns 0 and 2, four f16
/// tokens a core, on tiny with an edge that is no limit: hop 2, T_R 2, launch
/// 2, row end 8, dispatch 7; AXPY and copy take 4 elements in one slot, what
/// meets the fabric 2.
///
/// The store deals at 0, lanes send from 1 on, routers have it a hop later, at
/// 3: to the core (T_R) and to the south (hop) at 5, and so on. A row end in t
/// waits 8 cycles, sends its partial sum on microthread 0 (dispatch: the first
/// slot 6 later), takes 2 slots of scalar code, clears the other half (launch
/// 2). A partial sum takes T_R + hop + T_R + a slot to the next column: 7.
const std::vector<std::pair<int64_t, const char *>> byHand = {
    {3, "0,0 N C0; 1,0 N C0 control; 2,0 N C0"},
    {4, "0,0 N C0 control; 2,0 N C0 control"},
    {5,
     "0,0 queue C0; 0,0 task nonzero; 0,1 N C0; 1,0 queue C0 control; 1,0 task "
     "row end; 1,1 N C0 control; 2,0 queue C0; 2,0 task nonzero; 2,1 N C0"},
    {6, "0,0 queue C0 control; 0,1 N C0 control; 2,0 queue C0 control; 2,1 N "
        "C0 control"},
    {7,
     "0,0 fmac -1 to 4; 0,1 queue C0; 0,1 task nonzero; 1,1 queue C0 control; "
     "1,1 task row end; 2,0 fmac -1 to 4; 2,1 queue C0; 2,1 task nonzero"},
    {8, "0,0 task row end; 0,1 queue C0 control; 2,0 task row end; 2,1 queue "
        "C0 control"},
    {9, "0,1 fmac -1 to 4; 2,1 fmac -1 to 4"},
    {10, "0,1 task row end; 2,1 task row end"},
    {16, "1,0 mov -1 to 4"},
    {18, "1,1 mov -1 to 4"},
    {19, "0,0 mov -1 to 4; 2,0 mov -1 to 4"},
    {21, "0,1 mov -1 to 4; 2,1 mov -1 to 4"},
    {22, "0,0 mov 0 to 2"},
    {23, "0,0 mov 0 to 4"},
    {24, "0,1 mov 0 to 2"},
    {25, "0,0 R C1; 0,1 mov 0 to 4"},
    {26, "0,0 R C1"},
    {27, "0,1 R C1; 1,0 W C1"},
    {28, "0,1 R C1; 1,0 W C1"},
    {29, "1,0 add 0 to 2; 1,0 queue C1; 1,1 W C1"},
    {30, "1,0 add 0 to 4; 1,0 queue C1; 1,1 W C1"},
    {31, "1,1 add 0 to 2; 1,1 queue C1"},
    {32, "1,0 R C2; 1,1 add 0 to 4; 1,1 queue C1"},
    {33, "1,0 R C2"},
    {34, "1,1 R C2; 2,0 W C2"},
    {35, "1,1 R C2; 2,0 W C2"},
    {36, "2,0 add 0 to 2; 2,0 queue C2; 2,1 W C2"},
    {37, "2,0 add 0 to 4; 2,0 queue C2; 2,1 W C2"},
    {38, "2,1 add 0 to 2; 2,1 queue C2"},
    {39, "2,1 add 0 to 4; 2,1 queue C2"},
};

} // namespace

TEST(HandCount, ThreeByTwoEveryCycle) {
  Machine machine =
      load("tiny", {"edge.latency_seconds=0", "edge.bytes_per_second=1e12"});
  FabricProgram program =
      streamedSpmm(machine, {3, 2, 1, 4, DataType::F16, 1, {2, 0, 3}});
  Table table;
  CycleOptions options;
  options.observer = &table;
  FabricSimulation simulation = ran(program, options);
  ASSERT_EQ(table.events.size(), byHand.size());
  auto expected = byHand.begin();
  for (auto &[cycle, events] : table.events) {
    std::sort(events.begin(), events.end());
    std::string text;
    for (const std::string &event : events)
      text += (text.empty() ? "" : "; ") + event;
    EXPECT_EQ(cycle, expected->first);
    EXPECT_EQ(text, expected->second) << "cycle " << cycle;
    ++expected;
  }
  EXPECT_EQ(simulation.cycles(), 40); // the last slot, in 39, retires

  const Counters &counters = simulation.counters();
  // Two nonzeros and three row ends enter; each goes one hop south and down
  // two ramps. Four elements of a partial sum are two wavelets: from column 0
  // to 1 on color 1, from 1 to 2 on color 2, in two rows.
  EXPECT_EQ(counters.colors[0].entered, 2 + 3);
  EXPECT_EQ(counters.colors[0].controls, 3);
  EXPECT_EQ(counters.colors[0].hops, 5);
  EXPECT_EQ(counters.colors[0].delivered, 10);
  for (int color : {1, 2}) {
    EXPECT_EQ(counters.colors[color].sent, 4);
    EXPECT_EQ(counters.colors[color].hops, 4);
    EXPECT_EQ(counters.colors[color].delivered, 4);
  }
  EXPECT_EQ(counters.axpys, 2 * 2); // nonzeros x rows of cores
  EXPECT_EQ(counters.dataTasks, 4);
  EXPECT_EQ(counters.controlTasks, 6);
  EXPECT_EQ(counters.switchAdvances, 0);
  // An AXPY reads x and the sum and writes the sum; column 0 reads its sum to
  // send it, columns 1 and 2 read theirs to add, column 2 writes the result;
  // every core clears a half.
  EXPECT_EQ(counters.sramReadBytes, 2 * (4 * 8 + 6 * 4));
  EXPECT_EQ(counters.sramWriteBytes, 2 * (4 * 4 + 2 * 4 + 6 * 4));
  EXPECT_EQ(counters.multiplies16, 4 * 4);
  EXPECT_EQ(counters.adds16, 4 * 4 + 4 * 4); // AXPYs; columns 1 and 2
  EXPECT_EQ(counters.multiplies32 + counters.adds32 + counters.functions, 0);
  EXPECT_EQ(counters.slots, 4 + 6 * 2 + 6); // AXPYs, partial sums, clears
  EXPECT_EQ(counters.scalars, 6 * 2);
  // Nothing waits for the slot; routers are never asked twice.
  EXPECT_EQ(counters.stalls.slot, 0);
  EXPECT_EQ(counters.stalls.output, 0);
  EXPECT_EQ(counters.stalls.router, 0);
  // Adds wait for column 0: launched in 13 + 6, 15 + 6 (column 1) and in 16 +
  // 2, 18 + 2 (column 2, no dispatch), first wavelets in 29, 31, 36, 38.
  EXPECT_EQ(counters.stalls.input,
            (29 - 19) + (31 - 21) + (36 - 18) + (38 - 20));

  auto energy = energyOf(counters, machine);
  ASSERT_TRUE(bool(energy)) << energy.str();
  EXPECT_NEAR(energy->arithmeticPj, 16 * 0.238 + 32 * 0.112, 1e-9);
  EXPECT_NEAR(energy->issuePj, (22 + 12) * 2.24, 1e-9);
  EXPECT_NEAR(energy->sramPj, (112 + 96) * 8 * 0.035, 1e-9);
  EXPECT_NEAR(energy->rampPj, (8 + 18) * 38 * 0.075, 1e-9);
  EXPECT_NEAR(energy->linkPj, 13 * 38 * 0.15, 1e-9);
  EXPECT_NEAR(energy->edgePj, 5 * 32 * 3.9, 1e-9);
  EXPECT_NEAR(energy->totalPj(), 7.392 + 76.16 + 58.24 + 74.1 + 74.1 + 624,
              1e-9);
}

TEST(HandCount, AnEnergyThatTheMachineDoesNotGive) {
  Machine machine = load("tiny");
  machine.facts.erase("energy.issue_pj");
  EXPECT_EQ(energyOf(Counters(), machine).str(),
            "machine 'tiny': energy needs 'energy.issue_pj'");
}
