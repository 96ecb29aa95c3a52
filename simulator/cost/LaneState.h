//===- LaneState.h - What both recurrences keep a lane ----------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_COST_LANESTATE_H
#define WAFERFLOW_SIMULATOR_COST_LANESTATE_H

#include "simulator/cost/Lanes.h"
#include "simulator/cost/Recurrence.h"

#include <algorithm>

namespace waferflow {

/// A link between two cores of a ring or a broadcast.
template <typename Lanes> struct LaneLink {
  Lanes latency; ///< head to head
  /// From the head downstream to the end upstream: the wavelets that do not fit
  /// between the two; long ago where all fit.
  Lanes blocked;

  void set(int lane, double latencyCycles, double blockedCycles) {
    latency[lane] = toElement<Lanes>(latencyCycles);
    blocked[lane] = blockedCycles > 0 ? toElement<Lanes>(blockedCycles)
                                      : -(LaneTraits<Lanes>::never / 2);
  }
};

/// A stream that takes the next `slots` issue slots from `head` on puts the end
/// of work that runs from `start` off.
template <typename Lanes>
WAFERFLOW_LANES_INLINE void putOff(const Lanes &head, const Lanes &slots,
                                   const Lanes &start, Lanes &end) {
  Lanes from = head, taken = head + slots;
  raiseTo(from, start);
  taken -= from;
  raiseTo(taken, Lanes{});
  end += taken & (head < end);
}

/// Up to four variants of a problem, their constants spread over lanes.
template <typename Lanes> struct LaneState {
  using Traits = LaneTraits<Lanes>;
  using Element = typename Traits::Element;

  const RecurrenceProblem &problem;
  const RecurrenceVariant *variants;
  int used;        ///< lanes that carry a variant; the rest repeat the last
  bool fromCounts; ///< work depends on n(r, x) alone, so `work` is its table

  std::vector<Lanes> work; ///< by count: AXPYs, or dots and results; row end
  std::vector<Lanes> idle; ///< by column: 0, or all ones where it has no work
  Lanes slots, owed, lastWork, stream, rootMove, ring, io;
  LaneLink<Lanes> next, wrap, pass; ///< to a neighbour, back, through one

  LaneState(const RecurrenceProblem &problem, int first)
      : problem(problem), variants(problem.variants.data() + first),
        used(std::min<int>(kLanes,
                           static_cast<int>(problem.variants.size()) - first)) {
    fromCounts = true;
    size_t counts = static_cast<size_t>(problem.largest) + 1;
    work.resize(counts);
    for (int lane = 0; lane < kLanes; ++lane) {
      const RecurrenceVariant &v = variant(lane);
      fromCounts &= !v.columnScale && !v.rowMeans && !v.columnMeans;
      for (size_t n = 0; n < counts; ++n) {
        work[n][lane] = toElement<Lanes>(v.workOn(static_cast<double>(n)));
      }
      slots[lane] = toElement<Lanes>(v.slots);
      owed[lane] = v.ring ? Element(0) : slots[lane];
      lastWork[lane] = toElement<Lanes>(v.workOn(1));
      stream[lane] = toElement<Lanes>(v.stream);
      next.set(lane, v.stage, v.stream - v.queue);
      wrap.set(lane, v.wrap, v.stream - v.wrapQueue);
      pass.set(lane, v.hop, v.stream - v.queue);
      rootMove[lane] = toElement<Lanes>(v.rootMove);
      ring[lane] = v.ring ? Element(-1) : Element(0);
      io[lane] = v.io ? Element(-1) : Element(0);
    }
    for (bool holds : problem.holds)
      idle.push_back(Lanes{} + (holds ? Element(0) : Traits::never));
  }

  const RecurrenceVariant &variant(int lane) const {
    return variants[std::min(lane, used - 1)];
  }

  /// Work where it does not follow from n(r, x) alone.
  void workAt(int64_t r, int64_t x, int64_t n, Lanes &result) const {
    for (int lane = 0; lane < kLanes; ++lane) {
      const RecurrenceVariant &v = variant(lane);
      result[lane] = toElement<Lanes>(v.workOn(countAt(v, r, x, n)));
    }
  }

private:
  static double countAt(const RecurrenceVariant &v, int64_t r, int64_t x,
                        int64_t n) {
    if (v.rowMeans)
      return v.rowMeans[r];
    if (v.columnMeans)
      return v.columnMeans[x];
    return v.columnScale ? n * v.columnScale[x] : n;
  }
};

/// Bandwidth of the edge, handed out in row order, in 2^-24 cycle.
template <typename Lanes> class EdgeClock {
public:
  static constexpr int shift = 24;
  using Traits = LaneTraits<Lanes>;

  explicit EdgeClock(const LaneState<Lanes> &state) {
    for (int lane = 0; lane < kLanes; ++lane)
      cyclesPerWavelet[lane] =
          std::llround(std::ldexp(state.variant(lane).cyclesPerWavelet, shift));
  }

  /// A row of `wavelets` may start at `gate` at the earliest. `first`: when it
  /// starts, `last`: when all have passed, rounded up to the lanes' unit.
  void pass(const Lanes &gate, int64_t wavelets, Lanes &first, Lanes &last) {
    for (int lane = 0; lane < kLanes; ++lane) {
      clock[lane] = std::max(clock[lane], static_cast<int64_t>(gate[lane])
                                              << (shift - Traits::shift));
      first[lane] = rounded(clock[lane]);
      clock[lane] += wavelets * cyclesPerWavelet[lane];
      last[lane] = rounded(clock[lane]);
    }
  }

private:
  static typename Traits::Element rounded(int64_t time) {
    constexpr int drop = shift - Traits::shift;
    return static_cast<typename Traits::Element>(
        (time + (int64_t(1) << drop) - 1) >> drop);
  }

  int64_t clock[kLanes] = {}, cyclesPerWavelet[kLanes];
};

/// Whether whole cycles in 32 bits say everything: whole costs, and a bound on
/// every time that fits.
bool fitsWholeCycles(const RecurrenceProblem &problem);

/// One compiled sweep a lane type and count type.
template <template <typename, typename> class Sweep> struct SweepRunners {
  void (*bytes32)(Sweep<Cycles32, uint8_t> &);
  void (*words32)(Sweep<Cycles32, uint16_t> &);
  void (*bytes64)(Sweep<Cycles64, uint8_t> &);
  void (*words64)(Sweep<Cycles64, uint16_t> &);
};

template <template <typename, typename> class Sweep, typename Lanes,
          typename Count>
void sweepLanes(const RecurrenceProblem &problem, int first,
                void (*run)(Sweep<Lanes, Count> &),
                std::vector<double> &cycles) {
  LaneState<Lanes> state(problem, first);
  Sweep<Lanes, Count> sweep(state);
  run(sweep);
  Lanes finish;
  sweep.finish(finish);
  for (int lane = 0; lane < state.used; ++lane)
    cycles.push_back(std::ldexp(static_cast<double>(finish[lane]),
                                -LaneTraits<Lanes>::shift));
}

/// Four variants a sweep over the counts.
template <template <typename, typename> class Sweep>
std::vector<double> sweepVariants(const RecurrenceProblem &problem,
                                  const SweepRunners<Sweep> &runners) {
  std::vector<double> cycles;
  bool whole = fitsWholeCycles(problem), bytes = problem.counts.bytes;
  int variants = static_cast<int>(problem.variants.size());
  for (int first = 0; first < variants; first += kLanes) {
    if (whole && bytes)
      sweepLanes(problem, first, runners.bytes32, cycles);
    else if (whole)
      sweepLanes(problem, first, runners.words32, cycles);
    else if (bytes)
      sweepLanes(problem, first, runners.bytes64, cycles);
    else
      sweepLanes(problem, first, runners.words64, cycles);
  }
  return cycles;
}

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_COST_LANESTATE_H
