//===- SimulateTest.cpp - A whole hand-made step, and what is wrong -------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Programs.h"

#include "simulator/Simulate.h"
#include "simulator/tile/TimeKernels.h"

#include <gmock/gmock.h>
#include <numeric>
#include <thread>

using namespace waferflow;
using namespace waferflow::handmade;
using testing::HasSubstr;

namespace {

/// One kernel of every kind that has no mask: embedding, a block's map, reduce,
/// attention and relayout, the block once more as recomputation, a map of the
/// head, and back. The attention is the one that AttentionTest counts by hand.
Program step() {
  Program p = program(8, 4);
  p.machine.edgeLatencySeconds = 0; // the optimizer is ScheduleTest's
  p.weights = {{"embedding", 100, 8, false, nullptr}};
  p.orders = {order("heads", 4, {0, 0, 1, 1, 2, 2, 3, 3}),
              order("other", 4, {0, 1, 2, 3, 0, 1, 2, 3})};
  Gather gather;
  gather.weight = gather.order = 0;
  Map map;
  map.work = {{ScalarOp::Mul, 9, 9}};
  Reduce reduce;
  reduce.overX = true;
  reduce.columns = 4;
  reduce.vectorPerCore = 20;
  Attention attention;
  attention.heads = attention.kvHeads = 2;
  attention.headDim = 4;
  attention.order = 0;
  attention.keyBlock = 2;
  Relayout relayout;
  relayout.fromOrder = 0;
  relayout.toOrder = 1;

  auto put = [&](const char *name, decltype(Kernel::body) body, Phase phase,
                 Section section = Section::Block) {
    Kernel k = kernel(name, std::move(body));
    k.layer = section == Section::Block ? 0 : -1;
    k.phase = phase;
    k.section = section;
    add(p, k);
  };
  put("embedding", gather, Phase::Forward, Section::Embedding);
  put("scale", map, Phase::Forward);
  put("norm", reduce, Phase::Forward);
  put("attention", attention, Phase::Forward);
  put("regroup", relayout, Phase::Forward);
  put("loss", map, Phase::Forward, Section::Head);
  put("attention", attention, Phase::Recompute);
  put("scale", map, Phase::Recompute);
  attention.backward = true;
  put("attention", attention, Phase::Backward);
  gather.backward = true;
  put("embedding", gather, Phase::Backward, Section::Embedding);
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

Error fail(const Program &p, const SimulateOptions &options = {}) {
  auto result = simulate(p, options);
  if (auto *error = std::get_if<Error>(&result))
    return *error;
  ADD_FAILURE() << "expected an error";
  return {};
}

} // namespace

TEST(Simulate, AStepEqualsItsHandCount) {
  Report report = run(step());
  auto d = [&](Cost cost) { return entry(report.cumulative, cost); };
  // Two forwards of 320 multiply-adds and a backward of 800: 3 + 3 + 6.
  EXPECT_EQ(report.cumulative[0], 12);
  // Embedding 180 forward; backward 100 x 2 f32 and 2 tasks of 40.
  EXPECT_EQ(d(Cost::Gather), 180 + 280);
  // Two columns each way. Pieces of 2 wavelets are so short that each waits for
  // dispatch 7 and a stage of 6; 4 elements to their places from 2 columns.
  EXPECT_EQ(d(Cost::Relayout), 4 * (2 + 7 + 6) - 2 * 2 + 2 + 1 + 2);
  EXPECT_EQ(d(Cost::Attention), 871 - 3 + 849 - 6);
  EXPECT_EQ(d(Cost::Head), 13); // 10 + 3
  EXPECT_EQ(d(Cost::Elementwise), 13);
  EXPECT_EQ(d(Cost::Reduce), 17 + 28 + 17 + 17);
  EXPECT_EQ(d(Cost::Recomputation), 871 - 3 + 13);
  // Embedding 22 and 33, reduce 8, attention 19 each, relayout 5 + 7 + 4
  // + 1 + 3; maps need no routes.
  EXPECT_EQ(d(Cost::Fill), 22 + 33 + 8 + 3 * 19 + 20);
  for (Cost cost : {Cost::Padding, Cost::DotRate, Cost::Launch, Cost::RowEnd,
                    Cost::RowImbalance, Cost::ColumnImbalance, Cost::Reduction,
                    Cost::Ring, Cost::Io, Cost::Contention})
    EXPECT_EQ(d(cost), 0) << costKey(cost);
  EXPECT_EQ(report.counters.at("optimizer cycles"), 200); // 800 x 16 bytes / 64
  EXPECT_DOUBLE_EQ(report.seconds, static_cast<double>(report.cycles) / 1e9);
}

TEST(Simulate, KernelsAddUpToTheStepAtEveryPosition) {
  Report report = run(step());
  for (int i = 0; i <= kNumCosts; ++i) {
    int64_t sum = 0;
    for (const KernelReport &kernel : report.kernels)
      sum += kernel.cumulative[i];
    EXPECT_EQ(sum, report.cumulative[i]) << i;
  }
  EXPECT_EQ(report.cumulative[kNumCosts], report.cycles);
}

TEST(Simulate, EveryEntryVanishesWithItsSwitch) {
  Report all = run(step());
  for (int i = 0; i < kNumCosts; ++i) {
    Cost cost = static_cast<Cost>(i);
    SimulateOptions options;
    options.switches = without(cost);
    Report report = run(step(), options);
    EXPECT_EQ(entry(report.cumulative, cost), 0) << costKey(cost);
    if (entry(all.cumulative, cost) > 0) {
      EXPECT_LT(report.cycles, all.cycles) << costKey(cost);
    }
  }
}

TEST(Simulate, RecomputedKernelsAreExecutedNotUseful) {
  Report report = run(step());
  double executed = 0, useful = 0;
  for (const KernelReport &kernel : report.kernels) {
    executed += kernel.multiplyAdds;
    useful += kernel.usefulMultiplyAdds;
  }
  EXPECT_EQ(executed, 320 + 320 + 800);
  EXPECT_EQ(useful, 320 + 800);
}

TEST(Simulate, BytesAreTheSameOnAnyNumberOfThreads) {
  Report one = run(step());
  for (int threads : {2, 3, 16}) {
    SimulateOptions options;
    options.threads = threads;
    EXPECT_TRUE(run(step(), options) == one);
  }
}

TEST(Simulate, TwoAtOnceWaitForEachOther) {
  Report alone = run(step());
  std::vector<Report> results(40);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 2; ++thread)
    threads.emplace_back([&, thread] {
      for (size_t i = thread; i < results.size(); i += 2)
        results[i] = run(step());
    });
  for (std::thread &thread : threads)
    thread.join();
  for (const Report &result : results)
    EXPECT_TRUE(result == alone);
}

TEST(Simulate, SaysWhatIsWrong) {
  SimulateOptions options;
  options.fidelity = "cycle";
  EXPECT_EQ(fail(step(), options).str(),
            "fidelity: expected tile, got 'cycle'");
  options = {};
  options.threads = 0;
  EXPECT_EQ(fail(step(), options).str(), "threads: expected at least 1, got 0");

  Program broken = step();
  std::get<Attention>(broken.kernels[3].body).order = 7;
  EXPECT_THAT(fail(broken).str(), HasSubstr("order"));

  Program still = program(8, 4);
  add(still, kernel("nothing", Map{}));
  EXPECT_EQ(fail(still).str(),
            "program 'hand-made': expected a step that takes "
            "time, got 0 cycles from 1 kernels");
}

TEST(Simulate, EqualKernelsAreTimedOnce) {
  Program p = step();
  auto key = [&](size_t k) { return timingKey(p.kernels[k], p); };
  EXPECT_EQ(key(3), key(6)); // attention and its recomputation
  EXPECT_EQ(key(1), key(7)); // scale
  EXPECT_EQ(key(1), key(5)); // the loss does the same work
  EXPECT_NE(key(3), key(8)); // attention backward
  EXPECT_NE(key(0), key(9)); // embedding and its gradient
  // One that keeps no statistics for a backward pass takes less time.
  std::get<Attention>(p.kernels[6].body).statistics = false;
  EXPECT_NE(key(3), key(6));
  // Dense weights of one shape are alike, orders are not.
  p.weights.push_back(p.weights[0]);
  std::get<Gather>(p.kernels[9].body) = std::get<Gather>(p.kernels[0].body);
  std::get<Gather>(p.kernels[9].body).weight = 1;
  EXPECT_EQ(key(0), key(9));
  std::get<Gather>(p.kernels[9].body).order = 1;
  EXPECT_NE(key(0), key(9));
}

TEST(Simulate, ARunAfterAnErrorIsFine) {
  Report before = run(step());
  SimulateOptions options;
  options.threads = -1;
  fail(step(), options);
  EXPECT_TRUE(run(step()) == before);
}
