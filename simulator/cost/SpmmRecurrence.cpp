//===- SpmmRecurrence.cpp - Columns joined by a ring ----------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/LaneState.h"

namespace waferflow {

namespace {

/// Evaluates all rows. A row visits the columns in ring order: the one behind
/// its owner first, the owner last.
template <typename Lanes, typename Count> class SpmmSweep {
public:
  using State = LaneState<Lanes>;

  explicit SpmmSweep(const State &state)
      : state(state), problem(state.problem), columns(problem.counts.columns),
        edge(state), noStream(~state.ring & (LaneTraits<Lanes>::never / 2)),
        ready(columns, Lanes{} - state.owed),
        left(columns * problem.buffers, Lanes{}),
        heads(columns * problem.buffers,
              Lanes{} - LaneTraits<Lanes>::never / 2),
        pending(columns, 0), fastest(problem.rowsAhead, Lanes{}) {}

  WAFERFLOW_LANES_INLINE void run() {
    if (state.fromCounts)
      rows<true>();
    else
      rows<false>();
  }

  void finish(Lanes &last) const {
    last = Lanes{};
    const Lanes *row =
        left.data() + (problem.rows() - 1) % problem.buffers * columns;
    for (int64_t x = 0; x < columns; ++x) {
      raiseTo(last, Lanes(ready[x] + state.owed));
      raiseTo(last, row[x]);
    }
  }

private:
  template <bool Table> WAFERFLOW_LANES_INLINE void rows() {
    const RowCounts &counts = problem.counts;
    const Count *base = stored();
    bool anyIo = false;
    for (int lane = 0; lane < kLanes; ++lane)
      anyIo |= state.variant(lane).io;
    for (int64_t r = 0; r < problem.rows(); ++r) {
      const Count *n = base;
      if (!counts.repeated)
        n += (counts.stored ? counts.stored[r] : r) * columns;
      Lanes arrived = Lanes{}, least = Lanes{};
      if (anyIo) {
        edge.pass(fastest[r % problem.rowsAhead], problem.waveletsIn[r],
                  arrived, least);
        arrived &= state.io;
        least = (least + state.lastWork) & state.io;
      }
      row<Table>(r, n, arrived, least);
    }
  }

  template <bool Table>
  WAFERFLOW_LANES_INLINE void row(int64_t r, const Count *n,
                                  const Lanes &arrived, const Lanes &least) {
    int64_t slot = r % problem.buffers;
    Lanes *now = left.data() + slot * columns;
    const Lanes *before =
        left.data() + (slot == 0 ? problem.buffers - 1 : slot - 1) * columns;
    int64_t owner = problem.owner[r];
    int64_t first = owner + 1 == columns ? 0 : owner + 1;

    Pass pass{slot,
              now,
              before,
              n,
              arrived,
              least,
              Lanes{} + LaneTraits<Lanes>::never,
              Lanes{},
              -1};
    column<Table>(pass, r, first, state.next, /*isFirst=*/true);
    if (first > 0) {
      for (int64_t x = first + 1; x < columns; ++x)
        column<Table>(pass, r, x, state.next, false);
      column<Table>(pass, r, 0, state.wrap, false);
    }
    for (int64_t x = 1; x <= owner; ++x)
      column<Table>(pass, r, x, state.next, false);
    now[owner] = (pass.head + state.stream) & state.ring;
    fastest[r % problem.rowsAhead] = pass.fastest;
  }

  struct Pass {
    int64_t slot;        ///< r mod B
    Lanes *now;          ///< when row r has left (slot of row r - B before)
    const Lanes *before; ///< when row r - 1 has left
    const Count *n;
    Lanes arrived,
        least; ///< the row's first weights, one weight's work after its last
    Lanes fastest, head;
    int64_t upstream;
  };

  template <bool Table>
  WAFERFLOW_LANES_INLINE void column(Pass &pass, int64_t r, int64_t x,
                                     const LaneLink<Lanes> &link,
                                     bool isFirst) {
    Lanes start = ready[x] + state.owed;
    raiseTo(start, pass.now[x]); // buffer of row r - B
    raiseTo(start, pass.arrived);
    Lanes sum;
    if (Table)
      sum = state.work[pass.n[x]];
    else
      state.workAt(r, x, pass.n[x], sum);
    sum += start;
    giveSlots(pass, r, x, start, sum);
    raiseTo(sum, pass.least);
    ready[x] = sum;
    Lanes working = sum | state.idle[x];
    lowerTo(pass.fastest, working);

    Lanes head = sum;
    raiseTo(head, pass.before[x]); // streams leave in order
    if (!isFirst) {
      raiseTo(head, Lanes(pass.head + link.latency));
      Lanes gone = pass.head + state.stream;
      raiseTo(gone, Lanes(head + link.blocked)); // back-pressure
      pass.now[pass.upstream] = gone & state.ring;
    }
    heads[(pass.now - left.data()) + x] = (head & state.ring) | noStream;
    pass.head = head;
    pass.upstream = x;
  }

  /// Streams of earlier rows that pass between `start` and `end` put it off.
  /// Only those of the last B - 1 rows can: older ones have freed their buffer,
  /// so their heads, which are still in the slots of rows r and later, change
  /// nothing. Two streams are looked at without a branch, more are rare.
  WAFERFLOW_LANES_INLINE void giveSlots(const Pass &pass, int64_t r, int64_t x,
                                        const Lanes &start, Lanes &end) {
    const int64_t buffers = problem.buffers;
    int64_t q = std::max(pending[x], r - buffers + 1);
    int64_t slot = pass.slot - (r - q);
    slot += slot < 0 ? buffers : 0;
    const Lanes first = heads[slot * columns + x];
    slot = slot + 1 == buffers ? 0 : slot + 1;
    const Lanes second = heads[slot * columns + x];
    putOff(first, state.slots, start, end);
    putOff(second, state.slots, start, end);
    int64_t more = q + 2;
    while (__builtin_expect(more < r, 1)) {
      slot = slot + 1 == buffers ? 0 : slot + 1;
      const Lanes head = heads[slot * columns + x];
      if (__builtin_expect(!any(Lanes(head < end)), 1))
        break;
      putOff(head, state.slots, start, end);
      ++more;
    }
    // No start of a later row is before this end.
    int64_t over = !any(Lanes((first + state.slots > end) & state.ring));
    over += over & !any(Lanes((second + state.slots > end) & state.ring));
    pending[x] = std::min(q + over, r);
  }

  const Count *stored() const {
    if constexpr (sizeof(Count) == 1)
      return problem.counts.bytes;
    else
      return problem.counts.words;
  }

  const State &state;
  const RecurrenceProblem &problem;
  int64_t columns;
  EdgeClock<Lanes> edge;
  Lanes noStream;           ///< in lanes without a ring: later than anything
  std::vector<Lanes> ready; ///< by column: own sum of the last row
  std::vector<Lanes> left;  ///< by row mod B and column
  std::vector<Lanes> heads; ///< the same: a row's stream begins
  std::vector<int64_t> pending; ///< by column: first stream that may matter
  std::vector<Lanes> fastest;   ///< by row mod rowsAhead: first column done
};

WAFERFLOW_SIMD_CLONES void run32Bytes(SpmmSweep<Cycles32, uint8_t> &sweep) {
  sweep.run();
}
WAFERFLOW_SIMD_CLONES void run32Words(SpmmSweep<Cycles32, uint16_t> &sweep) {
  sweep.run();
}
WAFERFLOW_SIMD_CLONES void run64Bytes(SpmmSweep<Cycles64, uint8_t> &sweep) {
  sweep.run();
}
WAFERFLOW_SIMD_CLONES void run64Words(SpmmSweep<Cycles64, uint16_t> &sweep) {
  sweep.run();
}

} // namespace

std::vector<double> runSpmmRecurrence(const RecurrenceProblem &problem) {
  SweepRunners<SpmmSweep> runners{run32Bytes, run32Words, run64Bytes,
                                  run64Words};
  return sweepVariants(problem, runners);
}

} // namespace waferflow
