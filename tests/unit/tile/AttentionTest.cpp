//===- AttentionTest.cpp - Does attention take what is counted by hand? ---===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Programs.h"

#include "simulator/cost/AttentionPadding.h"

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

// Row 0 holds tokens 0 and 2, row 1 tokens 1 and 3. A vector of one or two
// elements is 2 + 1 cycles, an AXPY one slot more for its scalar. In both steps
// a row has two keys that its two queries see (the other row's second key is
// hidden from row 0, whose step is shorter). Each step:
//   scores: 2 keys x (10 slots + 2 dims x (1 + 3)) = 36
//   values: 2 keys x (9 slots + 2 dims x (1 + 3)) = 34
//   scatter of 1 query x (2 keys + 2) scores: 8 slots + launch 2 + dispatch 7 +
//     stage 6 + 2 sent + 2 taken in = 27, gather 27
//   softmax: block 24, query 13 slots; two scores: max 3, subtract 4, exp 82,
//     round 3, sum 3; correction: copy 3, subtract 3, exp 42, sum 4, copy 3, O
//     2 x 3; for the other column: the maximum 3 and 3, its sums 2 + 4.  205
//   and 14 slots for the step.  70 + 54 + 205 + 14 = 343
// End: sums copied 3, reciprocal 22, copied 3, O scaled 6; the sums' scatter
// and
//   their gather 25 each; kept: log 42, add 3, copy 3, gather 25.  157
// Begin and way: scaled keys, values, O cleared 3 each; 2 launches, dispatch, 8
//   elements sent and taken in 4 slots each, once.  28
TEST(Attention, ForwardEqualsTheHandCount) {
  Program p = twoHeads();
  KernelTiming timing = time(p, attention(false));
  // 2 sequences x 2 heads x 10 pairs x 4 dims x 2 matmuls; 128 a cycle: 2.5
  EXPECT_EQ(timing.multiplyAdds, 320);
  EXPECT_EQ(timing.cumulative[0], 3);
  EXPECT_EQ(timing.cumulative[0] + above(timing), 2 * 343 + 157 + 28);
  // reroute 5 + dispatch 7 + ramps 4 + complete 3
  EXPECT_EQ(entry(timing.cumulative, Cost::Fill), 19);
  for (int i = 0; i < kNumCosts; ++i) {
    Cost cost = static_cast<Cost>(i);
    if (cost != Cost::Attention && cost != Cost::Fill) {
      EXPECT_EQ(entry(timing.cumulative, cost), 0) << costKey(cost);
    }
  }
}

// Each step: scores and their gradients 2 x 36; gradients: 2 keys x (14 slots +
//   2 dims x (1 + 3 + 3 + 3)) = 68; scatter and gather of 1 query x 2 x 2: 27
//   each; block 24, query 8 slots; two scores: subtract 4, exp 82, round 3,
//   subtract 4, times 6, round 3; 14 slots for the step.  342
// Start: dO O: clear and copy 3 each, 2 x 3; scatter and gather 25 each.  62
// Begin and way: 3 x 3 as forward; gradients cleared 4, scaled and stored 3
//   each; keys and values two steps of 19; gradients two of 2 + 7 + 6 + 8.  103
TEST(Attention, BackwardEqualsTheHandCount) {
  Program p = twoHeads();
  KernelTiming timing = time(p, attention(true));
  EXPECT_EQ(timing.multiplyAdds, 800);
  EXPECT_EQ(timing.cumulative[0], 6);
  EXPECT_EQ(timing.cumulative[0] + above(timing), 2 * 342 + 62 + 103);
  EXPECT_EQ(entry(timing.cumulative, Cost::Fill), 19);
}

// A forward pass first, round all rows and home.
TEST(Attention, BackwardWithoutStatisticsRepeatsForward) {
  Program p = twoHeads();
  Attention alone = attention(true);
  alone.statistics = false;
  EXPECT_EQ(above(time(p, alone)) - above(time(p, attention(true))),
            2 * 343 + 157 + 2 * 19);
  // A forward pass that leaves none takes no logarithms.
  Attention forward = attention(false);
  forward.statistics = false;
  EXPECT_EQ(above(time(p, attention(false))) - above(time(p, forward)),
            42 + 3 + 3 + 25);
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
  // Without launch and dispatch: vectors 1 cycle. A step: 2 x 28 + 2 x (14 + 2
  // x 4) + 2 x 18 + 24 + 8 + 2 + 80 + 1 + 2 + 4 + 1 + 14 = 272; start 4 + 2 x
  // 16; begin 7, way 2 x 8, gradients 2 x 14.
  EXPECT_EQ(above(time(p, backward, without(Cost::Launch))) + 6,
            2 * 272 + 36 + 51);
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
  // But for what a column does once: 6 launches, a dispatch, and of 16 elements
  // instead of 8 no more cycles than so many.
  EXPECT_EQ(both.cumulative[0] + above(both),
            2 * (one.cumulative[0] + above(one)) - 17);
  EXPECT_EQ(one.counters.at("attention exchange cycles"), 0);
}

TEST(Attention, AColumnWithMoreDimsIsTheCriticalOne) {
  Program p = twoHeads();
  int64_t even = above(time(p, attention(false)));
  p.orders = {order("heads", 4, {0, 0, 0, 1, 2, 2, 3, 3})};
  // One dim more: two AXPYs (4) a key, O corrected (3), two keys in each of two
  // steps; O scaled 3; 6 elements instead of 4 to scale 1, and 12 instead of 8
  // to send and take in 4.
  EXPECT_EQ(above(time(p, attention(false))), even + 2 * (16 + 3) + 3 + 1 + 4);
}

// Keys are striped over rows: half of the pairs are half of the time, but for
// launches, scalar code, and the column whose queries see most keys of a block.
// 2048 keys on 8 rows, 4 columns a head.
TEST(Attention, CausalTakesLittleMoreThanHalfOfFull) {
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
    EXPECT_GT(ratio, 1.6);
    EXPECT_LT(ratio, 2.0);
    EXPECT_NEAR(full.multiplyAdds / causal.multiplyAdds, 2, 0.001);
  }
}

TEST(Attention, GroupedQueriesSpreadKeysAndAddUpGradients) {
  Program p = twoHeads();
  p.orders.push_back(order("keys", 2, {0, 0, 1, 1}));
  Attention grouped = attention(false);
  grouped.kvHeads = 1;
  grouped.keyOrder = 1;
  // Two columns east: pieces of 2 dims x 2 tokens, 2 slots each, wait for
  // dispatch 7 and a stage of 6; and a copy of 2 + 1; keys and values.
  KernelTiming forward = time(p, grouped);
  EXPECT_EQ(above(forward) - above(time(p, attention(false))), 2 * 33);
  // Three programs, one after the other; a hop behind each but the last.
  EXPECT_EQ(entry(forward.cumulative, Cost::Fill), 3 * 19 + 2);
  grouped.backward = true;
  EXPECT_EQ(above(time(p, grouped)) - above(time(p, attention(true))), 4 * 33);
  // Both heads in the same columns: nothing to spread.
  p.orders[0] = order("heads", 2, {0, 0, 1, 1, 0, 0, 1, 1});
  grouped.backward = false;
  EXPECT_EQ(above(time(p, grouped)), above(time(p, attention(false))));
}

TEST(Attention, SequencesOfARowFollowEachOther) {
  Program p = twoHeads();
  p.tokens = layTokens(16, 4, 1, 8, 4); // a sequence a row
  int64_t one = time(p, attention(false)).cumulative[kNumCosts] - 19;
  p.tokens = layTokens(32, 4, 1, 8, 4); // two
  EXPECT_EQ(p.tokens.sequencesPerRow, 2);
  // They fill once.
  EXPECT_EQ(time(p, attention(false)).cumulative[kNumCosts] - 19, 2 * one);
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

// The walk over steps and blocks against a walk over tokens, one key a block,
// with rates at which an AXPY takes a cycle a query and every other instruction
// one cycle.
TEST(Attention, EqualsAWalkOverAllTokens) {
  Machine m = machine();
  m.launchCycles = m.dispatchCycles = 0;
  for (auto &[name, rate] : m.instructions)
    rate = name.rfind("axpy", 0) == 0 ? 1 : 1e9;
  AttentionCosts costs(m, ElementType::F16, Accumulate::Storage, {});
  costs.slot = 0;
  for (int64_t seq = 1; seq <= 14; ++seq)
    for (int64_t rows = 1; rows <= 16; ++rows)
      for (bool causal : {false, true}) {
        AttentionShape shape;
        shape.seq = seq;
        shape.rows = rows;
        shape.causal = causal;
        int64_t used = std::min(rows, seq);
        // Sums copied, reciprocal, copied, O scaled; log, add, copied.
        int64_t expected = 7;
        for (int64_t step = 0; step < used; ++step) {
          int64_t slowest = 0;
          for (int64_t y = 0; y < used; ++y) {
            int64_t cycles = 0;
            for (int64_t key = (y - step + used) % used; key < seq;
                 key += used) {
              int64_t queries = 0;
              for (int64_t t = y; t < seq; t += used)
                queries += !causal || t >= key;
              // The product of the first dim, the value's AXPY; max, subtract,
              // exp, round, sum; five of the correction, and O.
              if (queries > 0)
                cycles += 1 + queries + 5 + 5 + 1;
            }
            slowest = std::max(slowest, cycles);
          }
          expected += slowest;
        }
        ASSERT_EQ(forwardCycles(shape, {1, 1}, costs).total(), expected)
            << seq << " tokens on " << rows << " rows";
      }
}

// Without padding: 10 tokens on 4 rows are halfway between 8 and 12, exactly
// where instructions take whole cycles and queries go to columns one by one.
TEST(Attention, WithoutPaddingTokensCountByFractions) {
  Machine m = machine();
  AttentionCosts costs(m, ElementType::F16, Accumulate::Storage, {});
  AttentionShape shape;
  shape.rows = 4;
  shape.keyBlock = 2;
  shape.causal = false;
  shape.columns = {{{2, 2}}};
  auto off = [&](int64_t seq, double share = 1) {
    shape.seq = seq;
    return unpaddedColumn(shape, false, costs, 0, share).total();
  };
  auto on = [&](int64_t seq) {
    shape.seq = seq;
    return criticalColumn(shape, false, costs).total();
  };
  // 2 and 3 tokens a row: 10 in 4 rows are 2.5 each.
  EXPECT_NEAR(off(10), (off(8) + off(12)) / 2.0, 1.5);
  EXPECT_LT(off(10), on(10));
  // Less than a token a row is less than one.
  EXPECT_NEAR(off(1), off(4) / 4.0, 1.5);
  EXPECT_NEAR(off(8, 0.75), 0.75 * off(8), 1.5);
  // Everything divides by every rate.
  for (auto &[name, rate] : m.instructions)
    rate = 1;
  AttentionCosts whole(m, ElementType::F16, Accumulate::Storage, {});
  for (int64_t seq : {8, 16, 40}) {
    shape.seq = seq;
    EXPECT_EQ(unpaddedColumn(shape, false, whole, 5, 1).total(),
              criticalColumn(shape, false, whole).total() + 5);
    EXPECT_EQ(unpaddedColumn(shape, true, whole, 0, 1).total(),
              criticalColumn(shape, true, whole).total());
  }
}

TEST(Attention, WithoutPaddingAllCoresWork) {
  Machine m = machine();
  m.width = 12;
  m.height = 10;
  AttentionShape shape;
  shape.columns = {{{6, 3}}, {{4, 3}}, {{3, 2}, {2, 2}}};
  // Two groups of 6 columns; two sequences each, on 4 of 10 rows each.
  TokenLayout tokens = layTokens(4 * 4, 4, 2, m.width, m.height);
  shape.rows = tokens.rowsPerSequence;
  ASSERT_EQ(shape.rows, 4);
  EXPECT_DOUBLE_EQ(evenShare(shape, 32, tokens, m),
                   (8.0 / 10) * (2 * 32 / 6.0 / 12));
  // 25 sequences on 10 rows: 3 a row, which would hold 30.
  tokens = layTokens(25 * 4, 4, 1, m.width, m.height);
  shape.rows = tokens.rowsPerSequence;
  shape.sequencesPerRow = tokens.sequencesPerRow;
  ASSERT_EQ(shape.sequencesPerRow, 3);
  EXPECT_DOUBLE_EQ(evenShare(shape, 72, tokens, m), 25.0 / 30);
}

TEST(Attention, ThePaddingSwitchTakesItOff) {
  Program p = twoHeads();
  for (bool backward : {false, true}) {
    CostSwitches switches;
    int64_t on = time(p, attention(backward)).cumulative[kNumCosts];
    ASSERT_FALSE(setSwitch(switches, "cost.padding=off"));
    int64_t off = time(p, attention(backward), switches).cumulative[kNumCosts];
    EXPECT_LT(off, on);
    EXPECT_GT(off, on / 4);
    ASSERT_FALSE(setSwitch(switches, "cost.attention=off"));
    // Then it is at the ideal anyway.
    EXPECT_EQ(entry(time(p, attention(backward), switches).cumulative,
                    Cost::Attention),
              0);
  }
}
