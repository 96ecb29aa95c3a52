//===- CompareTest.cpp - Does the ledger add up, and to the right thing? --===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/report/Compare.h"

#include <gtest/gtest.h>
#include <numeric>

using namespace waferflow;

namespace {

KernelReport kernel(const std::string &name, double multiplyAdds,
                    const CostCycles &d, int64_t ideal) {
  KernelReport k;
  k.name = name;
  k.kind = "spmm";
  k.multiplyAdds = k.usefulMultiplyAdds = multiplyAdds;
  k.cumulative[0] = ideal;
  for (int i = 0; i < kNumCosts; ++i)
    k.cumulative[i + 1] = k.cumulative[i] + d[i];
  k.cycles = k.cumulative[kNumCosts];
  return k;
}

Report report(std::vector<KernelReport> kernels) {
  Report r;
  r.cores = 10;
  for (size_t i = 0; i < kernels.size(); ++i) {
    kernels[i].id = static_cast<int32_t>(i);
    for (int position = 0; position <= kNumCosts; ++position)
      r.cumulative[position] += kernels[i].cumulative[position];
  }
  r.cycles = r.cumulative[kNumCosts];
  r.kernels = std::move(kernels);
  return r;
}

CostCycles costs(Cost cost, int64_t cycles) {
  CostCycles d{};
  d[static_cast<int>(cost)] = cycles;
  return d;
}

int64_t sum(const CostCycles &entries) {
  return std::accumulate(entries.begin(), entries.end(), int64_t(0));
}

Comparison compared(const Report &sparse, const Report &dense) {
  auto result = compare(sparse, dense);
  EXPECT_TRUE(std::holds_alternative<Comparison>(result));
  return std::get<Comparison>(result);
}

} // namespace

// 4000 and 400 multiply-adds on 10 cores: ideals of 100 and 10, theory 10. The
// dense run loses 50 to launch, so 150 cycles, 15 expected. The sparse one
// takes 10 + 30 = 40: 25 above, of them 30 - 50 / 10.
TEST(Compare, EntryIsSparseMinusDenseOverTheory) {
  Report dense = report({kernel("w", 4000, costs(Cost::Launch, 50), 100)});
  Report sparse = report({kernel("w", 400, costs(Cost::Launch, 30), 10)});
  Comparison c = compared(sparse, dense);
  EXPECT_DOUBLE_EQ(c.step.theory, 10);
  EXPECT_DOUBLE_EQ(c.step.measured, 150.0 / 40);
  EXPECT_DOUBLE_EQ(c.step.ratio, 150.0 / 400);
  EXPECT_EQ(c.ledger.expectedCycles, 15);
  EXPECT_EQ(c.ledger.entries, costs(Cost::Launch, 25));
  EXPECT_EQ(c.ledger.sparse, costs(Cost::Launch, 30));
  EXPECT_EQ(c.ledger.dense, costs(Cost::Launch, 50));
}

TEST(Compare, EntriesAddUpWhateverTheRemainders) {
  CostCycles d{}, s{};
  for (int i = 0; i < kNumCosts; ++i) {
    d[i] = 1000 + 37 * i;
    s[i] = 311 + 13 * i - (i % 5) * 50;
  }
  for (int64_t extra = 0; extra < 40; ++extra) {
    d[7] += extra;
    Report dense = report({kernel("w", 7000, d, 175)});
    Report sparse = report({kernel("w", 3000, s, 75)});
    Comparison c = compared(sparse, dense);
    EXPECT_EQ(sum(c.ledger.entries), sparse.cycles - c.ledger.expectedCycles);
    for (int i = 0; i < kNumCosts; ++i)
      EXPECT_NEAR(static_cast<double>(c.ledger.entries[i]),
                  static_cast<double>(s[i]) - static_cast<double>(d[i]) * 3 / 7,
                  1)
          << i;
  }
}

TEST(Compare, LargestRemaindersGoUpFirst) {
  std::array<double, kNumCosts> values{};
  values[2] = 1.75;
  values[4] = -0.5;
  values[6] = 0.75;
  // Down: 1, -1, 0; two to give: 2 and 6 have 0.75 each, 4 has 0.5.
  CostCycles rounded = roundToTotal(values, 2);
  EXPECT_EQ(rounded[2], 2);
  EXPECT_EQ(rounded[4], -1);
  EXPECT_EQ(rounded[6], 1);
  EXPECT_EQ(sum(rounded), 2);
  // What no rounding explains goes to the first entry.
  EXPECT_EQ(roundToTotal(values, 30)[0], 30 - (2 + 0 + 1) - 15 + 1);
  EXPECT_EQ(sum(roundToTotal(values, 30)), 30);
  EXPECT_EQ(sum(roundToTotal(values, -30)), -30);
}

TEST(Compare, KernelsMeetByLayerKindNameAndPhase) {
  KernelReport w = kernel("w", 4000, costs(Cost::Launch, 50), 100);
  KernelReport again = w;
  again.phase = Phase::Recompute;
  KernelReport moved = kernel("move", 0, costs(Cost::Relayout, 20), 0);
  moved.kind = "relayout";
  KernelReport thin = kernel("w", 1000, costs(Cost::Launch, 50), 25);
  KernelReport thinAgain = thin;
  thinAgain.phase = Phase::Recompute;
  KernelReport other = moved;
  other.name = "other";
  // Dense moves, sparse moves elsewhere and has its recomputation first.
  Comparison c =
      compared(report({thinAgain, thin, other}), report({w, moved, again}));
  ASSERT_EQ(c.kernels.size(), 4u);
  EXPECT_EQ(c.kernels[0].phase, Phase::Recompute);
  EXPECT_EQ(c.kernels[0].denseId, 2);
  EXPECT_EQ(c.kernels[1].denseId, 0);
  EXPECT_DOUBLE_EQ(c.kernels[1].speedup.theory, 4);
  EXPECT_DOUBLE_EQ(c.kernels[1].speedup.measured, 2);
  EXPECT_EQ(c.kernels[2].name, "other");
  EXPECT_EQ(c.kernels[2].denseId, -1);
  EXPECT_EQ(c.kernels[2].ledger.entries, costs(Cost::Relayout, 20));
  EXPECT_EQ(c.kernels[3].name, "move");
  EXPECT_EQ(c.kernels[3].sparseId, -1);
  EXPECT_EQ(c.kernels[3].ledger.entries, costs(Cost::Relayout, -20));
  for (const KernelComparison &k : c.kernels)
    EXPECT_EQ(sum(k.ledger.entries),
              k.speedup.cycles - k.ledger.expectedCycles);
}

TEST(Compare, EqualIdentitiesMeetInOrder) {
  Report r = report({kernel("w", 400, costs(Cost::Launch, 1), 10),
                     kernel("w", 400, costs(Cost::Launch, 2), 10)});
  Comparison c = compared(r, r);
  EXPECT_EQ(c.kernels[0].denseId, 0);
  EXPECT_EQ(c.kernels[1].denseId, 1);
}

TEST(Compare, LinearsAreTheKernelsOnPrunedWeights) {
  KernelReport denseLinear = kernel("w", 4000, {}, 100);
  KernelReport linear = kernel("w", 1000, costs(Cost::Launch, 15), 25);
  KernelReport head = kernel("head", 2000, {}, 50);
  denseLinear.pruned = linear.pruned = true;
  Comparison c = compared(report({linear, head}), report({denseLinear, head}));
  EXPECT_DOUBLE_EQ(c.linears.theory, 4);
  EXPECT_DOUBLE_EQ(c.linears.measured, 2.5);
  EXPECT_DOUBLE_EQ(c.step.theory, 2);
}

TEST(Compare, ARunAgainstItselfLosesNothing) {
  Report r = report({kernel("w", 400, costs(Cost::Ring, 77), 10)});
  Comparison c = compared(r, r);
  EXPECT_DOUBLE_EQ(c.step.ratio, 1);
  EXPECT_EQ(c.ledger.entries, CostCycles{});
}

TEST(Compare, WithoutMultiplyAddsThereIsNoTheory) {
  Report some = report({kernel("w", 400, {}, 10)});
  Report none = report({kernel("map", 0, costs(Cost::Elementwise, 10), 0)});
  auto result = compare(some, none);
  ASSERT_TRUE(std::holds_alternative<Error>(result));
  EXPECT_EQ(
      std::get<Error>(result).str(),
      "dense run: expected multiply-adds and cycles, got 0.000000 and 10");
  EXPECT_TRUE(std::holds_alternative<Error>(compare(none, some)));
}

TEST(Utilization, CountsUsefulAndExecutedAgainstBothPeaks) {
  KernelReport once = kernel("w", 400, costs(Cost::Launch, 5), 10);
  KernelReport again = once;
  again.phase = Phase::Recompute;
  again.usefulMultiplyAdds = 0;
  // 30 cycles of 10 cores: 1200 multiply-adds at 4.
  Utilization u = utilization(report({once, again}));
  EXPECT_DOUBLE_EQ(u.useful4, 400 / 1200.0);
  EXPECT_DOUBLE_EQ(u.useful8, 400 / 2400.0);
  EXPECT_DOUBLE_EQ(u.executed4, 800 / 1200.0);
  EXPECT_DOUBLE_EQ(u.executed8, 800 / 2400.0);
}
