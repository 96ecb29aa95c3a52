//===- SpmmTest.cpp - Is every nonzero one AXPY, and every value right? ---===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Small.h"

#include "simulator/cycle/Numbers.h"
#include "simulator/cycle/kernels/StreamedSpmm.h"

#include <random>

using namespace waferflow;
using namespace waferflow::cycle;
using namespace waferflow::cycle::test;

namespace {

float rounded(DataType type, float value) {
  uint8_t bytes[4];
  writeBits(DataType::I32, elementBits(type, value), bytes);
  return readElement(type, bytes);
}

StreamedSpmm randomSpmm(int64_t columns, int64_t rows, int64_t features,
                        int64_t tokens, int64_t weightRows, double density,
                        DataType type) {
  StreamedSpmm s{columns, rows, features, tokens, type, weightRows, {}};
  std::mt19937 random(7);
  for (int64_t i = 0; i < weightRows * columns * features; ++i) {
    bool nonzero = random() % 1000 < density * 1000;
    float value = static_cast<float>(random() % 2001) / 1000 - 1;
    s.weights.push_back(nonzero ? rounded(type, value) : 0);
  }
  return s;
}

float inputAt(DataType type, int64_t feature, int64_t token) {
  return rounded(
      type, static_cast<float>((feature * 31 + token * 17) % 201) / 100 - 1);
}

void fill(FabricSimulation &simulation, const StreamedSpmm &s) {
  for (int64_t c = 0; c < s.columns; ++c)
    for (int64_t k = 0; k < s.rows; ++k) {
      std::vector<float> x;
      for (int64_t i = 0; i < s.features; ++i)
        for (int64_t t = 0; t < s.tokens; ++t)
          x.push_back(inputAt(s.type, c * s.features + i, k * s.tokens + t));
      EXPECT_FALSE(simulation.write(c, k, "x", x));
    }
}

/// Rounds where the cores round, in their order.
float reference(const StreamedSpmm &s, int64_t r, int64_t token) {
  float total = 0;
  for (int64_t c = 0; c < s.columns; ++c) {
    float sum = 0;
    for (int64_t i = c * s.features; i < (c + 1) * s.features; ++i) {
      float w = s.weights[r * s.columns * s.features + i];
      if (w != 0)
        sum = rounded(s.type, multiplyAdd(w, inputAt(s.type, i, token), sum));
    }
    total = c ? rounded(s.type, total + sum) : sum;
  }
  return total;
}

int64_t runAndCompare(const Machine &machine, const StreamedSpmm &s,
                      uint64_t seed) {
  FabricProgram program = streamedSpmm(machine, s);
  CycleOptions options;
  options.shuffleSeed = seed;
  auto created = FabricSimulation::create(program, options);
  EXPECT_TRUE(bool(created)) << created.str();
  fill(*created, s);
  auto error = created->run();
  EXPECT_FALSE(error) << error->str();
  for (int64_t k = 0; k < s.rows; ++k) {
    auto y = created->read(s.columns - 1, k, "y");
    for (int64_t r = 0; r < s.weightRows; ++r)
      for (int64_t t = 0; t < s.tokens; ++t)
        EXPECT_EQ((*y)[r * s.tokens + t], reference(s, r, k * s.tokens + t))
            << "row " << r << " token " << k * s.tokens + t;
  }
  int64_t nonzeros = 0;
  for (float w : s.weights)
    nonzeros += w != 0;
  const Counters &counters = created->counters();
  int64_t wavelets = nonzeros * (s.type == DataType::F32 ? 2 : 1);
  EXPECT_EQ(counters.colors[0].entered, wavelets + s.weightRows * s.columns);
  EXPECT_EQ(counters.colors[0].controls, s.weightRows * s.columns);
  EXPECT_EQ(counters.colors[0].delivered, counters.colors[0].entered * s.rows);
  EXPECT_EQ(counters.axpys, nonzeros * s.rows);
  EXPECT_EQ(counters.multiplyAdds, nonzeros * s.rows * s.tokens);
  return created->cycles();
}

} // namespace

TEST(Spmm, BitEqualToTheReferenceInAnyOrderOfVisits) {
  Machine machine = load("tiny");
  for (DataType type : {DataType::F16, DataType::BF16, DataType::F32}) {
    StreamedSpmm s = randomSpmm(5, 4, 7, 9, 12, 0.3, type);
    int64_t cycles = runAndCompare(machine, s, 0);
    for (uint64_t seed : {1, 2, 3})
      EXPECT_EQ(runAndCompare(machine, s, seed), cycles);
  }
}

/// What is made up for later when nobody looks is stepped when somebody does.
TEST(Spmm, WatchingChangesNothing) {
  for (DataType type : {DataType::F16, DataType::F32})
    for (int64_t tokens : {3, 16, 41}) {
      StreamedSpmm s = randomSpmm(6, 5, 8, tokens, 20, 0.3, type);
      FabricProgram program = streamedSpmm(load("tiny"), s);
      FabricSimulation unseen = ran(program);
      Log log;
      CycleOptions options;
      options.observer = &log;
      FabricSimulation seen = ran(program, options);
      EXPECT_EQ(seen.cycles(), unseen.cycles()) << tokens;
      EXPECT_EQ(seen.counters().slots, unseen.counters().slots);
      // Which of two causes a wait is put down to may differ, not its length.
      const StallCounters &a = seen.counters().stalls;
      const StallCounters &b = unseen.counters().stalls;
      EXPECT_EQ(a.slot + a.input + a.output, b.slot + b.input + b.output);
    }
}

TEST(Spmm, TinyBuffersOnlyCostTime) {
  StreamedSpmm s = randomSpmm(4, 3, 6, 8, 10, 0.4, DataType::F16);
  int64_t cycles = runAndCompare(load("tiny"), s, 0);
  Machine narrow =
      load("tiny", {"fabric.buffer_wavelets=1", "edge.column_fifo=1",
                    "core.input_queues_wavelets=1,1,1,1",
                    "core.output_queues_wavelets=1,1,1,1"});
  EXPECT_GT(runAndCompare(narrow, s, 0), cycles);
  EXPECT_EQ(runAndCompare(narrow, s, 5), runAndCompare(narrow, s, 0));
}

/// 3 x 2 cores, one weight row, one nonzero in each of columns 0 and 2, four
/// f16 tokens a core, on tiny with an edge of no latency. hop 2, T_R 2, launch
/// 2, row end 8, dispatch 7.
///
/// The store deals a wavelet of each lane in turn, 0.68 wavelets a cycle; times
/// below are of column 0, whose nonzero comes first.
TEST(Spmm, ThreeByTwoCycleByCycle) {
  Machine machine =
      load("tiny", {"edge.latency_seconds=0", "edge.bytes_per_second=1e12"});
  StreamedSpmm s{3, 2, 1, 4, DataType::F16, 1, {2, 0, 3}};
  FabricProgram program = streamedSpmm(machine, s);
  Log log;
  CycleOptions options;
  options.observer = &log;
  auto created = FabricSimulation::create(program, options);
  ASSERT_TRUE(bool(created)) << created.str();
  fill(*created, s);
  auto error = created->run();
  ASSERT_FALSE(error) << error->str();

  // In the fifo at 0, on the link at 1, at router (0, 0) a hop later.
  EXPECT_TRUE(log.has("3 0,0 N C0"));
  // Multicast: down the ramp (T_R) and to the south (hop), both from 3.
  EXPECT_TRUE(log.has("5 0,0 queue C0"));
  EXPECT_TRUE(log.has("5 0,1 N C0"));
  EXPECT_TRUE(log.has("7 0,1 queue C0"));
  // The AXPY: launch 2, four elements in one slot.
  EXPECT_TRUE(log.has("5 0,0 task nonzero"));
  EXPECT_TRUE(log.has("7 0,0 issue -1 to 4"));
  // The control wavelet is a cycle behind, at 6, and waits for the AXPY.
  EXPECT_TRUE(log.has("6 0,0 queue C0 control"));
  EXPECT_TRUE(log.has("8 0,0 task row end"));
  // 8 + 8 of the row end; dispatch 7 puts the first wavelet on the ramp at 23.
  EXPECT_TRUE(log.has("22 0,0 issue 0 to 2"));
  EXPECT_TRUE(log.has("23 0,0 issue 0 to 4"));
  EXPECT_TRUE(log.has("25 0,0 R C1"));
  EXPECT_TRUE(log.has("27 1,0 W C1"));
  EXPECT_TRUE(log.has("29 1,0 queue C1"));
  // Column 1 has nothing to multiply, and adds its zeros: a stage is
  // 1 + T_R + hop + T_R = 7.
  EXPECT_TRUE(log.has("29 1,0 issue 0 to 2"));
  EXPECT_TRUE(log.has("36 2,0 issue 0 to 2"));
  EXPECT_TRUE(log.has("37 2,0 issue 0 to 4"));
  // Row 1 is a hop later, and the last to end: 37 + 2 + 1.
  EXPECT_TRUE(log.has("39 2,1 issue 0 to 4"));
  EXPECT_EQ(created->cycles(), 40);

  const Counters &counters = created->counters();
  EXPECT_EQ(counters.axpys, 4);
  EXPECT_EQ(counters.multiplyAdds, 16);
  EXPECT_EQ(counters.colors[0].entered, 5); // 2 nonzeros, 3 row ends
  EXPECT_EQ(counters.colors[0].hops, 5);    // one hop south each
  EXPECT_EQ(counters.colors[0].delivered, 10);
  EXPECT_EQ(counters.colors[1].hops, 4); // 2 wavelets, 2 rows
  EXPECT_EQ(counters.colors[2].hops, 4);
  EXPECT_EQ(log.count("issue -1 to 4"), 4 + 6); // AXPYs; cleared partial sums
  for (int64_t k = 0; k < 2; ++k) {
    auto y = created->read(2, k, "y");
    for (int64_t t = 0; t < 4; ++t)
      EXPECT_EQ((*y)[t], reference(s, 0, k * 4 + t));
  }
}
