//===- KernelModel.cpp ----------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/tile/KernelModel.h"
#include "simulator/tile/TimingCache.h"

#include <algorithm>
#include <cmath>

using namespace waferflow;

TileContext::TileContext(const Program &program, const CostSwitches &switches,
                         int threads)
    : program(program), switches(switches), threads(threads),
      cache(std::make_shared<TimingCache>()) {}

KernelTiming TimingCache::get(const std::string &key,
                              const std::function<KernelTiming()> &compute) {
  std::promise<KernelTiming> mine;
  std::shared_future<KernelTiming> result;
  bool first = false;
  {
    std::lock_guard<std::mutex> lock(mutex);
    auto found = timings.find(key);
    if (found == timings.end()) {
      first = true;
      result = mine.get_future().share();
      timings.emplace(key, result);
    } else {
      result = found->second;
    }
  }
  if (first) {
    try {
      mine.set_value(compute());
    } catch (...) {
      mine.set_exception(std::current_exception());
    }
  }
  return result.get();
}

LedgerPlan waferflow::planLedger(const CostSwitches &switches,
                                 const std::vector<Cost> &relevant) {
  LedgerPlan plan;
  CostSwitches now;
  now.on.fill(false);
  plan.variants.push_back(now);
  for (int i = 0; i < kNumCosts; ++i) {
    Cost cost = static_cast<Cost>(i);
    bool known =
        std::find(relevant.begin(), relevant.end(), cost) != relevant.end();
    if (known && switches[cost]) {
      now.on[i] = true;
      plan.variants.push_back(now);
    }
    plan.variantOf[i + 1] = static_cast<int>(plan.variants.size()) - 1;
  }
  return plan;
}

CumulativeCycles waferflow::assembleLedger(const LedgerPlan &plan,
                                           const std::vector<double> &cycles) {
  CumulativeCycles cumulative{};
  for (int i = 0; i <= kNumCosts; ++i)
    cumulative[i] = std::llround(cycles[plan.variantOf[i]]);
  return cumulative;
}
