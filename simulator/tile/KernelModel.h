//===- KernelModel.h - The interface of the kernel models -------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A kernel model times one kernel of a program at tile fidelity, alone on the
// wafer, for all variants of the loss ledger at once. Gating of whole kernels
// (attention, head, recomputation, ...) is the caller's.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_TILE_KERNELMODEL_H
#define WAFERFLOW_SIMULATOR_TILE_KERNELMODEL_H

#include "simulator/program/Program.h"
#include "simulator/report/Report.h"

#include <vector>

namespace waferflow {

struct KernelTiming {
  /// [0]: multiplyAdds at 4 a core-cycle on every core of the machine, in
  /// cycles; [i + 1]: with the first i + 1 costs on that apply to the kernel.
  CumulativeCycles cumulative{};
  int64_t nonzeros = 0;    ///< weight elements streamed (all when dense)
  double multiplyAdds = 0; ///< over all cores, without padding
  std::string bottleneck;  ///< "compute", "ring", "weight I/O", ...
  std::map<std::string, int64_t> counters; ///< wavelets, AXPYs, ... by name
};

class TimingCache; // counts and timings that kernels share (TimingCache.h)

/// What every model reads. Several threads may time kernels with one context;
/// results do not depend on their number or order.
struct TileContext {
  TileContext(const Program &program, const CostSwitches &switches,
              int threads = 1);

  const Program &program;
  const CostSwitches &switches;
  int threads = 1; ///< that one call may use
  std::shared_ptr<TimingCache> cache;
};

/// Which sets of switches a kernel must be timed with: one a ledger position
/// that changes something, the rest repeat the position before.
struct LedgerPlan {
  std::vector<CostSwitches> variants;         ///< [0]: everything off
  std::array<int, kNumCosts + 1> variantOf{}; ///< by ledger position
};

/// `relevant`: the costs that the kernel kind knows, any order. A cost that
/// `switches` turns off is off in every variant.
LedgerPlan planLedger(const CostSwitches &switches,
                      const std::vector<Cost> &relevant);

/// `cycles` by variant of the plan, rounded to the nearest cycle; the entries'
/// differences add up exactly because each position is rounded once.
CumulativeCycles assembleLedger(const LedgerPlan &plan,
                                const std::vector<double> &cycles);

KernelTiming timeSpmm(const Kernel &kernel, const Spmm &spmm,
                      TileContext &context);
KernelTiming timeSddmm(const Kernel &kernel, const Sddmm &sddmm,
                       TileContext &context);
KernelTiming timeAttention(const Kernel &kernel, const Attention &attention,
                           TileContext &context);
KernelTiming timeMap(const Kernel &kernel, const Map &map,
                     TileContext &context);
KernelTiming timeReduce(const Kernel &kernel, const Reduce &reduce,
                        TileContext &context);
KernelTiming timeGather(const Kernel &kernel, const Gather &gather,
                        TileContext &context);
KernelTiming timeRelayout(const Kernel &kernel, const Relayout &relayout,
                          TileContext &context);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_TILE_KERNELMODEL_H
