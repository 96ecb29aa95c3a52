//===- AttentionTest.cpp - Does attention take what is counted by hand? ---===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Programs.h"

#include "simulator/tile/AttentionCycles.h"

#include <algorithm>
#include <gmock/gmock.h>

using namespace waferflow;
using namespace waferflow::handmade;

namespace {

/// Two sequences of 4 tokens, 2 rows each; 2 heads of 4 dims on 2 columns each.
Program twoHeads() {
  Program p = program(8, 4);
  p.orders = {order("heads", 4, {0, 0, 1, 1, 2, 2, 3, 3})};
  return p;
}

Attention attention(bool backward) {
  Attention a;
  a.backward = backward;
  a.heads = a.kvHeads = 2;
  a.headDim = 4;
  a.order = 0;
  a.keyBlock = 2;
  return a;
}

KernelTiming time(const Program &p, const Attention &a,
                  const CostSwitches &switches = {}) {
  TileContext context(p, switches);
  return timeAttention(kernel("attention", a), a, context);
}

int64_t above(const KernelTiming &timing) {
  return entry(timing.cumulative, Cost::Attention);
}

} // namespace

// Row 0 holds tokens 0 and 2, row 1 tokens 1 and 3. An AXPY of one or two
// elements is 2 + 1 cycles.
//   block of keys 0, 1; both rows: matmul 2 dims x (2 + 2) AXPYs x 3 + 2
//   wavelets
//     of its own key and value = 26; scatter of 2 scores 2 x (2 + 1) + 7 = 13,
//     gather 13; scale, max, subtract, sum 11 each, exp 10 + 80: 134.  173 + 13
//   block of keys 2, 3; row 1 (row 0 sees key 2 only): matmul 26; scatter 13,
//     gather of 2 + 1 correction 2 x (2 + 2) + 7 = 15; softmax 134, corrections
//     11 + 11 + 50 + 11 = 83, O rescaled 2 x (2 + 1) = 6.  277
//   end: reciprocal 20, log 50, add 11, O scaled 6; gather 13.  100
TEST(Attention, ForwardEqualsTheHandCount) {
  Program p = twoHeads();
  KernelTiming timing = time(p, attention(false));
  // 2 sequences x 2 heads x 10 pairs x 4 dims x 2 matmuls; 128 a cycle: 2.5
  EXPECT_EQ(timing.multiplyAdds, 320);
  EXPECT_EQ(timing.cumulative[0], 3);
  EXPECT_EQ(timing.cumulative[0] + above(timing), 186 + 277 + 100);
  // reroute 5 + dispatch 7 + ramps 4 + one row 1 + complete 3
  EXPECT_EQ(entry(timing.cumulative, Cost::Fill), 20);
  for (int i = 0; i < kNumCosts; ++i) {
    Cost cost = static_cast<Cost>(i);
    if (cost != Cost::Attention && cost != Cost::Fill) {
      EXPECT_EQ(entry(timing.cumulative, cost), 0) << costKey(cost);
    }
  }
}

//   block of keys 0, 1; both rows: AXPYs 2 x 3 x 2 keys x 3 = 36, dots 2 x 2 x
//     2 keys x 3 = 24, 3 wavelets; scatter and gather of 2 x 2 scores 15 each;
//     chain of dV and dK 2 x (2 + 4) = 12; softmax 22 + 11 + 90 + 11 + 11.  250
//   block of keys 2, 3; row 1: the same.  250
//   start: dO O 2 x (3 + 3) = 12, scatter of one 13.  25
TEST(Attention, BackwardEqualsTheHandCount) {
  Program p = twoHeads();
  KernelTiming timing = time(p, attention(true));
  EXPECT_EQ(timing.multiplyAdds, 800);
  EXPECT_EQ(timing.cumulative[0], 6);
  EXPECT_EQ(timing.cumulative[0] + above(timing), 250 + 250 + 25);
  EXPECT_EQ(entry(timing.cumulative, Cost::Fill), 20 + 6);
}

TEST(Attention, SwitchedOffItTakesItsIdeal) {
  Program p = twoHeads();
  for (bool backward : {false, true}) {
    KernelTiming on = time(p, attention(backward));
    KernelTiming off = time(p, attention(backward), without(Cost::Attention));
    EXPECT_EQ(above(off), 0);
    EXPECT_EQ(off.cumulative[kNumCosts],
              on.cumulative[0] + entry(on.cumulative, Cost::Fill));
    KernelTiming noFill = time(p, attention(backward), without(Cost::Fill));
    EXPECT_EQ(noFill.cumulative[kNumCosts], on.cumulative[0] + above(on));
  }
}

TEST(Attention, LaunchAndDotRateFollowTheirSwitches) {
  Program p = twoHeads();
  Attention backward = attention(true);
  // Without launch: AXPYs and dots 1 cycle each, so 36 -> 12 and 24 -> 8 a
  // block; streams 15 -> 11, 15 -> 11, chain 12 -> 8; softmax without set-up 22
  // -> 2, 11 -> 1, 90 -> 80, 1, 1. Start: 12 -> 4, 13 -> 9.
  EXPECT_EQ(above(time(p, backward, without(Cost::Launch))) + 6,
            2 * (12 + 8 + 3 + 11 + 11 + 8 + 85) + 13);
  // Dots of 5 to 8 elements: 4 cycles at 2 a cycle, 2 at 4 a cycle.
  p.tokens = layTokens(32, 32, 1, 8, 4); // 8 tokens a row
  Attention full = backward;
  full.causal = false;
  int64_t slow = above(time(p, full)),
          fast = above(time(p, full, without(Cost::DotRate)));
  EXPECT_EQ(slow - fast, 32 /*keys*/ * 2 /*dims*/ * 2 /*dV, dK*/ * 2);
}

TEST(Attention, WholeHeadsInAColumnAddUpAndExchangeNothing) {
  Program p = twoHeads();
  p.orders = {order("heads", 1, std::vector<int32_t>(8, 0))};
  KernelTiming both = time(p, attention(false));
  p.orders = {order("heads", 2, {0, 0, 0, 0, 1, 1, 1, 1})};
  KernelTiming one = time(p, attention(false));
  EXPECT_EQ(both.cumulative[0] + above(both),
            2 * (one.cumulative[0] + above(one)));
  EXPECT_EQ(one.counters.at("attention exchange cycles"), 0);
}

TEST(Attention, AColumnWithMoreDimsIsTheCriticalOne) {
  Program p = twoHeads();
  int64_t even = above(time(p, attention(false)));
  p.orders = {order("heads", 4, {0, 0, 0, 1, 2, 2, 3, 3})};
  // One dim more: an AXPY (3) a key and matmul: 8 x 3, a wavelet more for each
  // of 2 own keys and values: 4; O rescaled and scaled: 2 x 3.
  EXPECT_EQ(above(time(p, attention(false))), even + 24 + 4 + 6);
}

// Keys are striped over rows: half of the pairs are half of the time, but for
// launches and set-up. 2048 keys on 8 rows, 4 columns a head.
TEST(Attention, CausalTakesHalfOfFull) {
  Program p = program(4096, 2048);
  p.machine.height = 16;
  p.tokens = layTokens(4096, 2048, 1, 8, 16);
  p.orders = {headOrder("heads", 2, 64, 8)};
  Attention a = attention(false);
  a.headDim = 64;
  a.keyBlock = 64;
  for (bool backward : {false, true}) {
    a.backward = backward;
    a.causal = true;
    KernelTiming causal = time(p, a);
    a.causal = false;
    KernelTiming full = time(p, a);
    double ratio = static_cast<double>(full.cumulative[kNumCosts]) /
                   static_cast<double>(causal.cumulative[kNumCosts]);
    EXPECT_GT(ratio, 1.85);
    EXPECT_LT(ratio, 2.0);
    EXPECT_NEAR(full.multiplyAdds / causal.multiplyAdds, 2, 0.001);
  }
}

TEST(Attention, GroupedQueriesSpreadKeysAndAddUpGradients) {
  Program p = twoHeads();
  Attention grouped = attention(false);
  grouped.kvHeads = 1;
  // K and V: 2 dims x 2 tokens are 2 slots; 4 dims x 2 tokens x 1/2 through the
  // link are 2 wavelets: 10 + 2 each.
  EXPECT_EQ(above(time(p, grouped)) - above(time(p, attention(false))), 24);
  grouped.backward = true;
  // dK and dV: 10 + 4 f32 each; one more group, 2 columns away: 7.
  EXPECT_EQ(above(time(p, grouped)) - above(time(p, attention(true))), 35);
  // Both heads in the same columns: nothing to spread.
  p.orders = {order("heads", 2, {0, 0, 1, 1, 0, 0, 1, 1})};
  grouped.backward = false;
  EXPECT_EQ(above(time(p, grouped)), above(time(p, attention(false))));
}

TEST(Attention, SequencesOfARowFollowEachOther) {
  Program p = twoHeads();
  p.tokens = layTokens(16, 4, 1, 8, 4); // a sequence a row
  int64_t one = time(p, attention(false)).cumulative[kNumCosts] - 5;
  p.tokens = layTokens(32, 4, 1, 8, 4); // two
  EXPECT_EQ(p.tokens.sequencesPerRow, 2);
  // Routes are written once.
  EXPECT_EQ(time(p, attention(false)).cumulative[kNumCosts] - 5, 2 * one);
}

TEST(Attention, QueriesOfARowEqualACountOfTokens) {
  AttentionShape shape;
  for (int64_t seq : {1, 5, 8, 13})
    for (int64_t rows : {1, 2, 3, 5, 16}) {
      shape.seq = seq;
      shape.rows = rows;
      for (int64_t y = 0; y < rows; ++y)
        for (int64_t key = 0; key < seq; ++key) {
          int64_t count = 0;
          for (int64_t t = key; t < seq; ++t)
            count += t % rows == y;
          ASSERT_EQ(shape.queries(y, key), count)
              << seq << " tokens, row " << y << " of " << rows << ", key "
              << key;
        }
    }
}

// The walk over blocks against a walk over tokens, one key a block, with rates
// at which an AXPY takes a cycle a query and every softmax instruction one
// cycle.
TEST(Attention, EqualsAWalkOverAllTokens) {
  Machine m = machine();
  m.launchCycles = m.setupCycles = 0;
  for (auto &[name, rate] : m.instructions)
    rate = name.rfind("axpy", 0) == 0 ? 1 : 1e9;
  AttentionCosts costs(m, ElementType::F16, Accumulate::Storage, {});
  for (int64_t seq = 1; seq <= 14; ++seq)
    for (int64_t rows = 1; rows <= 16; ++rows)
      for (bool causal : {false, true}) {
        AttentionShape shape;
        shape.seq = seq;
        shape.rows = rows;
        shape.causal = causal;
        int64_t expected = 4; // reciprocal, log, add, O scaled
        for (int64_t key = 0; key < seq; ++key) {
          int64_t slowest = 0;
          for (int64_t y = 0; y < std::min(rows, seq); ++y) {
            int64_t queries = 0;
            for (int64_t t = 0; t < seq; ++t)
              queries += t % rows == y && (!causal || t >= key);
            int64_t cycles = 2 * queries; // scores, outputs
            if (key % rows == y || queries == 0)
              cycles += 2; // a key's and a value's wavelet, sent or dropped
            if (queries > 0)
              cycles += key == 0 ? 5 : 10; // scores, then corrections and O
            slowest = std::max(slowest, cycles);
          }
          expected += slowest;
        }
        ASSERT_EQ(forwardCycles(shape, {1, 1}, costs).total(), expected)
            << seq << " tokens on " << rows << " rows";
      }
}
