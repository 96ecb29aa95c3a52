//===- Report.h - What a simulation says ------------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_REPORT_REPORT_H
#define WAFERFLOW_SIMULATOR_REPORT_REPORT_H

#include "simulator/program/Types.h"

#include <array>
#include <map>
#include <optional>
#include <vector>

namespace waferflow {

/// The costs of a step in the fixed order in which the ledger switches them on,
/// from the ideal machine (all executed multiply-adds at 4 a core-cycle) to the
/// simulated one.
enum class Cost : int {
  Padding,         ///< padding: sizes that don't divide, idle rows and columns
  DotRate,         ///< dot: dots below 4 multiply-adds a cycle
  Launch,          ///< launch: start of each AXPY or dot
  RowEnd,          ///< row_end: the control wavelet that ends a weight row
  RowImbalance,    ///< rows: weight rows with more or fewer nonzeros
  ColumnImbalance, ///< columns: columns with more nonzeros than the mean
  Reduction,       ///< reduction: partial-sum adds and their streams
  Ring,            ///< ring: latency of the ring and its finite buffers
  Gather,          ///< gather: all-gathers for output groups
  Relayout,        ///< relayout: other changes of layout
  Io,              ///< io: weights and gradients through the edge
  Contention,      ///< contention: streams that share links
  Attention,       ///< attention: time above its ideal
  Head,            ///< head: final norm, LM head and loss above their ideal
  Elementwise,     ///< elementwise: maps
  Reduce,          ///< reduce: norms and other reductions
  Recomputation,   ///< recomputation: recomputed kernels above their ideal
  Fill,            ///< fill: skew, pipeline fill and drain, reroutes
};
constexpr int kNumCosts = 18;

/// The key of `--set cost.<key>=off` and of the JSON ledger.
const char *costKey(Cost cost);

/// The cost with that key.
std::optional<Cost> costOfKey(const std::string &key);

/// Cycles with the first i costs on: [0] the ideal machine, [kNumCosts] the
/// simulated one. D_i = [i + 1] - [i].
using CumulativeCycles = std::array<int64_t, kNumCosts + 1>;

/// Which costs are on; all by default (`--set cost.launch=off` clears one).
struct CostSwitches {
  std::array<bool, kNumCosts> on;
  CostSwitches() { on.fill(true); }
  bool operator[](Cost cost) const { return on[static_cast<int>(cost)]; }
};

/// Applies `cost.<key>=on` or `=off`, as the command line spells it.
std::optional<Error> setSwitch(CostSwitches &switches,
                               const std::string &assignment);

/// "forward", "recompute", "backward".
const char *phaseName(Phase phase);

struct KernelReport {
  int32_t id = -1;
  std::string name, kind;
  int32_t layer = -1;
  Phase phase = Phase::Forward;
  Section section = Section::Block;
  int64_t cycles = 0;
  int64_t nonzeros = 0;          ///< weight elements streamed (all when dense)
  double multiplyAdds = 0;       ///< executed, over all cores, without padding
  double usefulMultiplyAdds = 0; ///< multiplyAdds, 0 where phase is Recompute
  CumulativeCycles cumulative{};
  bool pruned = false;    ///< works on a pruned weight: one of the linears
  std::string bottleneck; ///< "compute", "ring", "weight I/O", ...
  std::map<std::string, std::string> mapping; ///< go, buffers, form, ...
};

/// One simulated step. Deterministic: no host figures in here.
struct Report {
  std::string fidelity;
  int64_t cycles = 0; ///< a step in the steady state
  double seconds = 0;
  int64_t cores = 0;  ///< that kernels may use, all of the machine's
  int64_t tokens = 0; ///< of a step
  std::vector<KernelReport> kernels;
  CumulativeCycles cumulative{};
  std::map<std::string, int64_t> counters; ///< wavelets, AXPYs, ... by name
};

bool operator==(const KernelReport &a, const KernelReport &b);
/// Of everything that is said.
bool operator==(const Report &a, const Report &b);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_REPORT_REPORT_H
