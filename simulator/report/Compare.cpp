//===- Compare.cpp --------------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/report/Compare.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

namespace waferflow {

namespace {

double executed(const Report &report) {
  double sum = 0;
  for (const KernelReport &kernel : report.kernels)
    sum += kernel.multiplyAdds;
  return sum;
}

Speedup speedupOf(int64_t cycles, int64_t denseCycles, double multiplyAdds,
                  double denseMultiplyAdds) {
  Speedup speedup;
  speedup.cycles = cycles;
  speedup.denseCycles = denseCycles;
  if (multiplyAdds > 0 && denseMultiplyAdds > 0)
    speedup.theory = denseMultiplyAdds / multiplyAdds;
  if (cycles > 0)
    speedup.measured =
        static_cast<double>(denseCycles) / static_cast<double>(cycles);
  else
    speedup.measured = denseCycles == 0 ? 1 : 0;
  speedup.ratio = speedup.measured / speedup.theory;
  return speedup;
}

Ledger ledgerOf(const CumulativeCycles &sparse, const CumulativeCycles &dense,
                double theory) {
  Ledger ledger;
  ledger.sparse = differences(sparse);
  ledger.dense = differences(dense);
  ledger.expectedCycles =
      std::llround(static_cast<double>(dense[kNumCosts]) / theory);
  std::array<double, kNumCosts> exact;
  for (int i = 0; i < kNumCosts; ++i)
    exact[i] = static_cast<double>(ledger.sparse[i]) -
               static_cast<double>(ledger.dense[i]) / theory;
  // The ideals are equal but for their rounding.
  exact[0] +=
      static_cast<double>(sparse[0]) - static_cast<double>(dense[0]) / theory;
  ledger.entries =
      roundToTotal(exact, sparse[kNumCosts] - ledger.expectedCycles);
  return ledger;
}

using Identity = std::tuple<int32_t, std::string, std::string, Phase, int>;

/// A kernel's identity; equal ones are numbered in their order.
class Identities {
public:
  Identity of(const KernelReport &kernel) {
    Identity identity{kernel.layer, kernel.kind, kernel.name, kernel.phase, 0};
    int before = seen[identity]++;
    std::get<4>(identity) = before;
    return identity;
  }

private:
  std::map<Identity, int> seen;
};

/// Either may be missing.
KernelComparison compareKernels(const KernelReport *sparse,
                                const KernelReport *dense) {
  const KernelReport &some = sparse ? *sparse : *dense;
  static const KernelReport none;
  const KernelReport &s = sparse ? *sparse : none;
  const KernelReport &d = dense ? *dense : none;
  KernelComparison result;
  result.name = some.name;
  result.kind = some.kind;
  result.layer = some.layer;
  result.phase = some.phase;
  result.sparseId = s.id;
  result.denseId = d.id;
  result.speedup =
      speedupOf(s.cycles, d.cycles, s.multiplyAdds, d.multiplyAdds);
  result.ledger = ledgerOf(s.cumulative, d.cumulative, result.speedup.theory);
  return result;
}

struct Sum {
  int64_t cycles = 0;
  double multiplyAdds = 0;
};

Sum linears(const Report &report) {
  Sum sum;
  for (const KernelReport &kernel : report.kernels)
    if (kernel.pruned) {
      sum.cycles += kernel.cycles;
      sum.multiplyAdds += kernel.multiplyAdds;
    }
  return sum;
}

} // namespace

CostCycles differences(const CumulativeCycles &cumulative) {
  CostCycles result;
  for (int i = 0; i < kNumCosts; ++i)
    result[i] = cumulative[i + 1] - cumulative[i];
  return result;
}

CostCycles roundToTotal(const std::array<double, kNumCosts> &values,
                        int64_t total) {
  CostCycles result;
  std::array<int, kNumCosts> places;
  std::iota(places.begin(), places.end(), 0);
  for (int i = 0; i < kNumCosts; ++i)
    result[i] = static_cast<int64_t>(std::floor(values[i]));
  auto remainder = [&](int i) { return values[i] - std::floor(values[i]); };
  std::sort(places.begin(), places.end(), [&](int a, int b) {
    return remainder(a) != remainder(b) ? remainder(a) > remainder(b) : a < b;
  });
  int64_t left =
      total - std::accumulate(result.begin(), result.end(), int64_t(0));
  for (int i = 0; i < kNumCosts && left > 0; ++i, --left)
    ++result[places[i]];
  result[0] += left;
  return result;
}

std::variant<Comparison, Error> compare(const Report &sparse,
                                        const Report &dense) {
  for (const Report *report : {&sparse, &dense})
    if (executed(*report) <= 0 || report->cycles <= 0)
      return Error{report == &sparse ? "sparse run" : "dense run",
                   "expected multiply-adds and cycles, got " +
                       std::to_string(executed(*report)) + " and " +
                       std::to_string(report->cycles)};

  Comparison result;
  result.step =
      speedupOf(sparse.cycles, dense.cycles, executed(sparse), executed(dense));
  result.ledger =
      ledgerOf(sparse.cumulative, dense.cumulative, result.step.theory);
  Sum sparseLinears = linears(sparse), denseLinears = linears(dense);
  result.linears =
      speedupOf(sparseLinears.cycles, denseLinears.cycles,
                sparseLinears.multiplyAdds, denseLinears.multiplyAdds);

  std::map<Identity, const KernelReport *> denseKernels;
  std::vector<const KernelReport *> denseOnly;
  Identities ofDense, ofSparse;
  for (const KernelReport &kernel : dense.kernels)
    denseKernels.emplace(ofDense.of(kernel), &kernel);
  for (const KernelReport &kernel : sparse.kernels) {
    auto found = denseKernels.find(ofSparse.of(kernel));
    bool both = found != denseKernels.end();
    result.kernels.push_back(
        compareKernels(&kernel, both ? found->second : nullptr));
    if (both)
      denseKernels.erase(found);
  }
  for (const auto &[identity, kernel] : denseKernels)
    denseOnly.push_back(kernel);
  std::sort(denseOnly.begin(), denseOnly.end(),
            [](const KernelReport *a, const KernelReport *b) {
              return a->id < b->id;
            });
  for (const KernelReport *kernel : denseOnly)
    result.kernels.push_back(compareKernels(nullptr, kernel));
  return result;
}

Utilization utilization(const Report &report) {
  Utilization result;
  double coreCycles =
      static_cast<double>(report.cores) * static_cast<double>(report.cycles);
  if (coreCycles <= 0)
    return result;
  double useful = 0, all = 0;
  for (const KernelReport &kernel : report.kernels) {
    useful += kernel.usefulMultiplyAdds;
    all += kernel.multiplyAdds;
  }
  result.useful4 = useful / (4 * coreCycles);
  result.useful8 = useful / (8 * coreCycles);
  result.executed4 = all / (4 * coreCycles);
  result.executed8 = all / (8 * coreCycles);
  return result;
}

} // namespace waferflow
