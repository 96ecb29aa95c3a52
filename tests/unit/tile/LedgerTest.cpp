//===- LedgerTest.cpp - Does a sparse step account for all of its time? ---===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "HandMade.h"
#include "Programs.h"

#include "simulator/Simulate.h"
#include "simulator/report/Compare.h"

#include <numeric>

using namespace waferflow;
using namespace waferflow::handmade;

namespace {

/// 23 x 19, every third weight on average, more of them on the left and at the
/// top, so that rows and columns are uneven.
std::shared_ptr<const MaskSource> unevenMask() {
  std::vector<std::string> rows;
  uint32_t state = 7;
  for (int r = 0; r < 23; ++r) {
    std::string row;
    for (int c = 0; c < 19; ++c) {
      state = state * 1664525 + 1013904223;
      row += (state >> 16) % 100 < uint32_t(62 - r - c) ? '1' : '0';
    }
    rows.push_back(row);
  }
  return std::make_shared<test::TextMask>(rows);
}

/// Sizes that don't divide, an edge that is slow, output groups that share
/// links: a program in which every cost of the ledger takes time.
Program step(std::shared_ptr<const MaskSource> mask) {
  Program p = program(52, 13); // 4 sequences, one a row of 13 tokens
  p.machine.edgeLatencySeconds = 0;
  p.machine.edgeBytesPerSecond = 3e9;
  p.weights = {{"w", 23, 19, true, mask}, {"head", 23, 19, false, nullptr}};
  p.orders = {blockedOrder("in", 19, 8), blockedOrder("out", 23, 8),
              order("heads", 4, {0, 0, 1, 1, 2, 2, 3, 3}),
              order("other", 4, {0, 1, 2, 3, 0, 1, 2, 3})};
  Spmm spmm;
  spmm.weight = 0;
  spmm.inOrder = 0;
  spmm.outOrder = 1;
  spmm.buffers = 2;
  Spmm grouped = spmm;
  grouped.outputGroups = 2;
  grouped.form = GroupForm::Interleaved;
  Spmm back = spmm;
  back.transposed = true;
  std::swap(back.inOrder, back.outOrder);
  Sddmm gradient;
  gradient.weight = 0;
  gradient.inOrder = 0;
  gradient.outOrder = 1;
  gradient.buffers = 2;
  Spmm logits = spmm;
  logits.weight = 1;
  Relayout gather;
  gather.form = Relayout::Form::AllGather;
  gather.fromOrder = gather.toOrder = 0;
  gather.outputGroups = 2;
  gather.groupForm = GroupForm::Interleaved;
  Relayout regroup;
  regroup.fromOrder = 2;
  regroup.toOrder = 3;
  Attention attention;
  attention.heads = attention.kvHeads = 2;
  attention.headDim = 4;
  attention.order = 2;
  attention.keyBlock = 4;
  Map map;
  map.work = {{ScalarOp::Mul, 39, 1}};
  Reduce reduce;
  reduce.overX = true;
  reduce.columns = 8;
  reduce.vectorPerCore = 13;

  auto put = [&](const char *name, decltype(Kernel::body) body, Phase phase,
                 Section section = Section::Block) {
    Kernel k = kernel(name, std::move(body));
    k.phase = phase;
    k.section = section;
    k.layer = section == Section::Block ? 0 : -1;
    add(p, k);
  };
  put("w", spmm, Phase::Forward);
  put("gather", gather, Phase::Forward);
  put("w2", grouped, Phase::Forward);
  put("scale", map, Phase::Forward);
  put("norm", reduce, Phase::Forward);
  put("attention", attention, Phase::Forward);
  put("regroup", regroup, Phase::Forward);
  put("logits", logits, Phase::Forward, Section::Head);
  put("w", spmm, Phase::Recompute);
  put("w", back, Phase::Backward);
  put("dw", gradient, Phase::Backward);
  return p;
}

Report run(const Program &p, const SimulateOptions &options = {}) {
  auto result = simulate(p, options);
  if (auto *error = std::get_if<Error>(&result)) {
    ADD_FAILURE() << error->str();
    return {};
  }
  return std::get<Report>(result);
}

} // namespace

TEST(Ledger, EveryCostTakesTimeAndVanishesWithItsSwitch) {
  Program p = step(unevenMask());
  Report all = run(p);
  for (int i = 0; i < kNumCosts; ++i) {
    Cost cost = static_cast<Cost>(i);
    EXPECT_NE(entry(all.cumulative, cost), 0) << costKey(cost);
    SimulateOptions options;
    options.switches = without(cost);
    Report report = run(p, options);
    EXPECT_EQ(entry(report.cumulative, cost), 0) << costKey(cost);
    for (const KernelReport &kernel : report.kernels)
      EXPECT_EQ(entry(kernel.cumulative, cost), 0)
          << costKey(cost) << " of " << kernel.name;
  }
}

TEST(Ledger, KernelsAddUpToTheStepAtEveryPosition) {
  Report report = run(step(unevenMask()));
  for (int i = 0; i <= kNumCosts; ++i) {
    int64_t sum = 0;
    for (const KernelReport &kernel : report.kernels)
      sum += kernel.cumulative[i];
    EXPECT_EQ(sum, report.cumulative[i]) << i;
  }
}

// The models know the edge's bandwidth: the edge of the system adds nothing.
TEST(Ledger, TheSystemAgreesWithTheModelsOnStreams) {
  for (const auto &mask : {unevenMask(), std::shared_ptr<const MaskSource>()}) {
    Program p = step(mask);
    Report report = run(p);
    CostSwitches on;
    TileContext context(p, on);
    for (size_t k = 0; k < p.kernels.size(); ++k) {
      const Kernel &kernel = p.kernels[k];
      if (kernel.phase == Phase::Recompute || kernel.section == Section::Head)
        continue;
      KernelTiming timing;
      if (auto *spmm = std::get_if<Spmm>(&kernel.body))
        timing = timeSpmm(kernel, *spmm, context);
      else if (auto *sddmm = std::get_if<Sddmm>(&kernel.body))
        timing = timeSddmm(kernel, *sddmm, context);
      else
        continue;
      EXPECT_EQ(report.kernels[k].cumulative, timing.cumulative) << kernel.name;
    }
  }
}

TEST(Ledger, ARecomputedForwardTakesItsForwardsTime) {
  Report report = run(step(unevenMask()));
  const KernelReport &forward = report.kernels[0], &again = report.kernels[8];
  ASSERT_EQ(again.phase, Phase::Recompute);
  EXPECT_EQ(again.cycles, forward.cycles);
  EXPECT_EQ(again.usefulMultiplyAdds, 0);
  int64_t fill = entry(forward.cumulative, Cost::Fill);
  EXPECT_EQ(entry(again.cumulative, Cost::Recomputation),
            forward.cycles - fill - forward.cumulative[0]);
}

TEST(Ledger, SparseAgainstDenseAddsUpToTheCycle) {
  Report sparse = run(step(unevenMask())), dense = run(step(nullptr));
  auto compared = compare(sparse, dense);
  ASSERT_TRUE(std::holds_alternative<Comparison>(compared));
  const Comparison &c = std::get<Comparison>(compared);
  auto sum = [](const CostCycles &entries) {
    return std::accumulate(entries.begin(), entries.end(), int64_t(0));
  };
  EXPECT_EQ(sum(c.ledger.entries), sparse.cycles - c.ledger.expectedCycles);
  EXPECT_EQ(sum(c.ledger.sparse), sparse.cycles - sparse.cumulative[0]);
  for (const KernelComparison &kernel : c.kernels)
    EXPECT_EQ(sum(kernel.ledger.entries),
              kernel.speedup.cycles - kernel.ledger.expectedCycles)
        << kernel.name;
  EXPECT_GT(c.linears.theory, c.step.theory);
}

TEST(Ledger, BytesAreTheSameOnAnyNumberOfThreads) {
  Program p = step(unevenMask());
  Report one = run(p);
  for (int threads : {2, 5}) {
    SimulateOptions options;
    options.threads = threads;
    EXPECT_TRUE(run(p, options) == one) << threads;
  }
}
