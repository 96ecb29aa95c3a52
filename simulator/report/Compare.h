//===- Compare.h - A sparse step against the dense one ----------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Theory is counted from what runs: executed multiply-adds, dense over sparse.
// Where the time that theory promises went is the ledger:
//
//   expected_cycles = dense cycles / theory
//   entry i         = D_i(sparse) - D_i(dense) / theory
//
// The entries add up to cycles - expected_cycles: both runs start from ideal
// machines whose times are in the ratio of theory. (Ideal times are rounded to
// whole cycles a kernel; what that shifts is a fraction of a cycle a kernel and
// counted as padding.) Entries are rounded by largest remainder, so the
// integers add up too.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_REPORT_COMPARE_H
#define WAFERFLOW_SIMULATOR_REPORT_COMPARE_H

#include "simulator/report/Report.h"

#include <variant>

namespace waferflow {

using CostCycles = std::array<int64_t, kNumCosts>;

/// D_i = cumulative[i + 1] - cumulative[i].
CostCycles differences(const CumulativeCycles &cumulative);

struct Ledger {
  int64_t expectedCycles = 0; ///< dense cycles / theory, to the nearest
  CostCycles entries{};       ///< sum: cycles - expectedCycles
  CostCycles sparse{};        ///< D_i of the sparse run
  CostCycles dense{};         ///< D_i of the dense run
};

/// What was promised and what came, of a step, a kernel or the linears.
struct Speedup {
  int64_t cycles = 0, denseCycles = 0;
  double theory = 1;   ///< executed multiply-adds, dense over sparse; 1 if none
  double measured = 1; ///< cycles, dense over sparse; 0 where sparse has none
  double ratio = 1;    ///< measured / theory
};

struct KernelComparison {
  std::string name, kind;
  int32_t layer = -1;
  Phase phase = Phase::Forward;
  int32_t sparseId = -1, denseId = -1; ///< -1: only the other run has it
  Speedup speedup;
  Ledger ledger; ///< against the kernel's own theory
};

struct Comparison {
  Speedup step;    ///< step.theory is theory_executed
  Speedup linears; ///< the kernels on pruned weights, recomputed ones too
  Ledger ledger;
  std::vector<KernelComparison> kernels; ///< in the sparse run's order, then
                                         ///< those that only the dense run has
};

/// Kernels belong together by layer, kind, name and phase (and, where those are
/// equal, by their order). An error where either run executes no multiply-add.
std::variant<Comparison, Error> compare(const Report &sparse,
                                        const Report &dense);

/// Integers next to `values` that add up to `total`: each is rounded down, then
/// those with the largest remainders go up. What is left beyond one each, a
/// difference between `total` and the sum of `values`, goes to the first.
CostCycles roundToTotal(const std::array<double, kNumCosts> &values,
                        int64_t total);

/// Multiply-adds a core-cycle against a peak of 4 (AXPY from memory) or 8.
struct Utilization {
  double useful4 = 0, useful8 = 0;     ///< without recomputation
  double executed4 = 0, executed8 = 0; ///< with it
};

Utilization utilization(const Report &report);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_REPORT_COMPARE_H
