//===- EdgeTest.cpp - Does the edge give its bandwidth, and no more? ------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/Edge.h"

#include "Small.h"
#include <cmath>

using namespace waferflow;
using namespace waferflow::cycle;
using namespace waferflow::cycle::test;

/// The cycles in which the store deals `count` wavelets to each of two lanes
/// that take all at once, at `rate` wavelets a cycle; the second lane may get
/// copies.
static std::vector<int64_t> dealt(double rate, int64_t count,
                                  int32_t copyOf = -1) {
  FabricProgram program;
  program.machine = load("tiny", {"edge.latency_seconds=0"});
  program.machine.edgeBytesPerSecond =
      rate * 4 * program.machine.clockGhz * 1e9;
  auto wavelets = std::make_shared<std::vector<Wavelet>>(count);
  for (int64_t lane : {0, 1})
    program.inputs.push_back(
        {"w", Direction::North, lane, /*color=*/0, /*start=*/0, wavelets});
  program.inputs[1].copyOf = copyOf;
  Streams streams(program);
  std::vector<int64_t> cycles;
  std::vector<Dealt> dealt;
  for (int64_t now = 0; now >= 0;) {
    dealt.clear();
    int64_t next = streams.deal(now, {0, 0}, dealt);
    cycles.insert(cycles.end(), dealt.size(), now);
    EXPECT_TRUE(next < 0 || next > now);
    now = next;
  }
  return cycles;
}

TEST(Edge, GivesEveryWaveletInTheCycleInWhichItIsDue) {
  for (double rate : {0.1, 0.3, 0.5, 0.6857, 0.9, 1.0, 1.7, 3.0, 5.25}) {
    std::vector<int64_t> cycles = dealt(rate, 150);
    ASSERT_EQ(cycles.size(), 300u) << rate;
    for (size_t i = 0; i < cycles.size(); ++i) {
      double due = (static_cast<double>(i) + 1) / rate; // cycles of bandwidth
      EXPECT_EQ(cycles[i], std::ceil(due - 1e-6) - 1) << rate << " " << i;
    }
  }
}

TEST(Edge, CopiesForTokenGroupsTakeNoBandwidth) {
  std::vector<int64_t> cycles = dealt(0.3, 50, /*copyOf=*/0);
  ASSERT_EQ(cycles.size(), 100u);
  for (size_t i = 0; i < cycles.size(); ++i)
    EXPECT_EQ(cycles[i],
              std::ceil(static_cast<double>(i / 2 + 1) / 0.3 - 1e-6) - 1);
}
