//===- StreamModel.cpp ----------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/tile/StreamModel.h"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>

namespace waferflow {

void parallelFor(int64_t count, int threads,
                 const std::function<void(int64_t)> &task) {
  std::vector<std::exception_ptr> errors(count);
  std::atomic<int64_t> next{0};
  auto work = [&] {
    for (int64_t i = next++; i < count; i = next++) {
      try {
        task(i);
      } catch (...) {
        errors[i] = std::current_exception();
      }
    }
  };
  std::vector<std::thread> others;
  for (int64_t t = 1; t < std::min<int64_t>(threads, count); ++t)
    others.emplace_back(work);
  work();
  for (std::thread &other : others)
    other.join();
  for (const std::exception_ptr &error : errors)
    if (error)
      std::rethrow_exception(error);
}

namespace {

/// Nonzeros of the rows that one group streams.
struct GroupSums {
  std::vector<int64_t> byColumn, byRow;
  std::vector<int64_t> waveletsIn, waveletsOut; ///< by row
  std::vector<int64_t> busy; ///< by column: rows with results
  int64_t nonzeros = 0;
};

/// What a variant needs besides its costs: where counts come from.
struct CountSource {
  std::vector<double> columnScale, rowMeans, columnMeans;
};

bool needsRecurrence(const CostSwitches &on) {
  return on[Cost::Ring] || on[Cost::Io];
}

class Timing {
public:
  Timing(const StreamModel &model, const TileContext &context)
      : model(model), context(context), machine(model.program.machine),
        tokens(model.program.tokens), grouping(model.grouping),
        sums(grouping.groups), columnTotals(grouping.members) {
    for (int64_t features : grouping.features)
      holds.push_back(features > 0);
    parallelFor(grouping.groups, context.threads, [&](int64_t g) {
      model.counts.sum(grouping.rows[g], sums[g].byColumn, sums[g].byRow);
      for (int64_t n : sums[g].byColumn)
        sums[g].nonzeros += n;
      sums[g].waveletsIn = waveletsOf(g, model.waveletsIn);
      sums[g].waveletsOut = waveletsOf(g, model.waveletsOut);
      if (!model.waveletsOut.empty())
        sums[g].busy = busyRows(g);
    });
    for (const GroupSums &group : sums) {
      nonzeros += group.nonzeros;
      waveletsIn += total(group.waveletsIn);
      waveletsOut += total(group.waveletsOut);
      for (int64_t x = 0; x < grouping.members; ++x)
        columnTotals[x] += group.byColumn[x];
    }
  }

  KernelTiming run() {
    KernelTiming timing;
    timing.nonzeros = nonzeros;
    timing.multiplyAdds =
        static_cast<double>(nonzeros) * static_cast<double>(tokens.tokens);
    LedgerPlan plan = planLedger(context.switches, model.relevant);
    std::vector<std::vector<double>> cycles(grouping.groups);
    parallelFor(grouping.groups, context.threads,
                [&](int64_t g) { cycles[g] = timeGroup(g, plan.variants); });
    std::vector<double> slowest(plan.variants.size());
    for (size_t v = 0; v < slowest.size(); ++v) {
      for (const std::vector<double> &group : cycles)
        slowest[v] = std::max(slowest[v], group[v]);
      slowest[v] += model.outside(plan.variants[v]);
    }
    slowest[0] = timing.multiplyAdds /
                 (cost::kIdealRate * static_cast<double>(machine.width) *
                  static_cast<double>(machine.height));
    timing.cumulative = assembleLedger(plan, slowest);
    timing.bottleneck = bottleneck(timing.cumulative);
    timing.counters["edge wavelets in"] = waveletsIn;
    if (!model.waveletsOut.empty())
      timing.counters["edge wavelets out"] = waveletsOut;
    return timing;
  }

private:
  double share() const { // columns of a group if none were left over
    return static_cast<double>(machine.width) /
           static_cast<double>(tokens.groups * grouping.groups);
  }
  double features() const {
    return static_cast<double>(grouping.memberOf.size());
  }
  int64_t rowsOf(int64_t g) const {
    return static_cast<int64_t>(grouping.rows[g].size());
  }

  std::vector<int64_t> busyRows(int64_t g) const {
    RowCounts counts = model.counts.inOrder(grouping.rows[g]);
    std::vector<int64_t> busy(grouping.members);
    for (int64_t r = 0; r < rowsOf(g); ++r)
      for (int64_t x = 0; x < grouping.members; ++x)
        busy[x] += counts.at(r, x) > 0;
    return busy;
  }
  std::vector<int64_t> waveletsOf(int64_t g,
                                  const std::vector<int32_t> &ofCount) const {
    if (ofCount.empty())
      return {};
    return waveletsByRow(model.counts.inOrder(grouping.rows[g]), rowsOf(g),
                         holds, ofCount);
  }
  static int64_t total(const std::vector<int64_t> &values) {
    return std::accumulate(values.begin(), values.end(), int64_t(0));
  }

  /// Mapping entries `rows` and `columns`: real counts or means. Padding off:
  /// counts and rows as if every size divided.
  RecurrenceVariant variantOf(const CostSwitches &on, int64_t g,
                              CountSource &source) const {
    bool padded = on[Cost::Padding];
    RecurrenceVariant v = model.costs(on, model.tokensOfCore(on));
    double rows = static_cast<double>(model.counts.rows);
    if (!padded) {
      double scale = rows / static_cast<double>(grouping.groups * rowsOf(g));
      for (double *cycles : {&v.perNonzero, &v.rowEnd, &v.slots, &v.stream,
                             &v.perResult, &v.resultsEnd})
        *cycles *= scale;
      v.clearPerCycle /= scale;
    }
    double fullest = padded ? static_cast<double>(grouping.mostFeatures())
                            : features() / share();
    auto rescale = [&](int64_t x) { // column x with the features of `share`
      return grouping.features[x] == 0
                 ? 0.0
                 : features() / share() /
                       static_cast<double>(grouping.features[x]);
    };
    if (on[Cost::ColumnImbalance] && on[Cost::RowImbalance]) {
      if (!padded)
        for (int64_t x = 0; x < grouping.members; ++x)
          source.columnScale.push_back(rescale(x));
    } else if (on[Cost::ColumnImbalance]) {
      for (int64_t x = 0; x < grouping.members; ++x)
        source.columnMeans.push_back(static_cast<double>(columnTotals[x]) /
                                     rows * (padded ? 1 : rescale(x)));
    } else if (on[Cost::RowImbalance]) {
      for (int64_t n : sums[g].byRow)
        source.rowMeans.push_back(static_cast<double>(n) * fullest /
                                  features());
    } else {
      source.columnMeans.assign(grouping.members,
                                static_cast<double>(nonzeros) * fullest /
                                    (rows * features()));
    }
    v.columnScale = pointer(source.columnScale);
    v.rowMeans = pointer(source.rowMeans);
    v.columnMeans = pointer(source.columnMeans);
    v.ring = on[Cost::Ring];
    v.io = on[Cost::Io];
    v.cyclesPerWavelet =
        v.io ? cost::edgeCyclesPerWavelet(machine, grouping.groups) : 0;
    return v;
  }
  static const double *pointer(const std::vector<double> &values) {
    return values.empty() ? nullptr : values.data();
  }

  /// Columns that wait for nothing: the fullest one.
  double uncoupled(const RecurrenceVariant &v, int64_t g) const {
    double most = 0;
    double rows = static_cast<double>(rowsOf(g));
    double clear = v.clearPerCycle > 0 ? 1 / v.clearPerCycle : 0;
    for (int64_t x = 0; x < grouping.members; ++x) {
      double n = 0, busy = rows;
      if (v.rowMeans) {
        n = std::accumulate(v.rowMeans, v.rowMeans + rowsOf(g), 0.0);
      } else if (v.columnMeans) {
        n = v.columnMeans[x] * rows;
      } else {
        n = static_cast<double>(sums[g].byColumn[x]) *
            (v.columnScale ? v.columnScale[x] : 1);
        if (!sums[g].busy.empty())
          busy = static_cast<double>(sums[g].busy[x]);
      }
      most = std::max(most, n * (v.ofWeight() + clear) + busy * v.resultsEnd);
      if (v.rowMeans)
        break;
    }
    return most + rows * (v.rowEnd + v.slots);
  }

  std::vector<double> timeGroup(int64_t g,
                                const std::vector<CostSwitches> &all) const {
    std::vector<double> cycles(all.size());
    if (rowsOf(g) == 0)
      return cycles;
    RecurrenceProblem problem;
    std::vector<CountSource> sources(all.size());
    std::vector<CostSwitches> timed;
    std::vector<int> laneOf(all.size(), -1);
    for (size_t i = 0; i < all.size(); ++i) {
      CostSwitches on = all[i];
      on.on[static_cast<int>(Cost::Fill)] = false; // outside the recurrence
      RecurrenceVariant v = variantOf(on, g, sources[i]);
      if (!needsRecurrence(on)) {
        cycles[i] = uncoupled(v, g);
        continue;
      }
      for (size_t lane = 0; lane < timed.size(); ++lane)
        if (timed[lane].on == on.on)
          laneOf[i] = static_cast<int>(lane);
      if (laneOf[i] < 0) {
        laneOf[i] = static_cast<int>(timed.size());
        timed.push_back(on);
        problem.variants.push_back(v);
      }
    }
    if (timed.empty())
      return cycles;
    problem.counts = model.counts.inOrder(grouping.rows[g]);
    problem.owner = grouping.owners[g];
    problem.holds = holds;
    int64_t lanes = std::count(holds.begin(), holds.end(), true);
    problem.buffers = model.buffers;
    problem.largest = model.counts.largest;
    problem.waveletsIn = sums[g].waveletsIn;
    problem.waveletsOut = sums[g].waveletsOut;
    problem.rowsAhead =
        rowsAheadOf(machine.edgeColumnFifo + machine.inputQueueWavelets,
                    total(sums[g].waveletsIn), rowsOf(g), lanes);
    std::vector<double> lane = model.run(problem);
    for (size_t i = 0; i < all.size(); ++i)
      if (laneOf[i] >= 0)
        cycles[i] = lane[laneOf[i]];
    return cycles;
  }

  /// What bounds the kernel: its fullest column, the edge, or the ring, where
  /// columns wait longer for each other than they work.
  std::string bottleneck(const CumulativeCycles &cumulative) const {
    int ring = static_cast<int>(Cost::Ring), io = static_cast<int>(Cost::Io);
    int64_t columns = cumulative[ring];
    double edge = 0;
    if (context.switches[Cost::Io])
      edge = 4.0 * static_cast<double>(std::max(waveletsIn, waveletsOut)) /
             machine.edgeBytesPerCycle();
    if (edge > static_cast<double>(columns) &&
        edge > static_cast<double>(cumulative[ring + 1]))
      return "weight I/O";
    int contention = static_cast<int>(Cost::Contention);
    int64_t waiting = cumulative[ring + 1] - columns +
                      cumulative[contention + 1] - cumulative[io + 1];
    return waiting > columns ? "ring" : "compute";
  }

  const StreamModel &model;
  const TileContext &context;
  const Machine &machine;
  const TokenLayout &tokens;
  const OutputGrouping &grouping;
  std::vector<GroupSums> sums;
  std::vector<int64_t> columnTotals;
  std::vector<bool> holds; ///< by member: has features
  int64_t nonzeros = 0, waveletsIn = 0, waveletsOut = 0;
};

} // namespace

double StreamModel::tokensOfCore(const CostSwitches &on) const {
  const TokenLayout &tokens = program.tokens;
  if (on[Cost::Padding])
    return static_cast<double>(tokens.tokensPerCore);
  return static_cast<double>(tokens.tokens) /
         static_cast<double>(program.machine.height * tokens.groups);
}

KernelTiming StreamModel::time(const TileContext &context) const {
  return Timing(*this, context).run();
}

} // namespace waferflow
