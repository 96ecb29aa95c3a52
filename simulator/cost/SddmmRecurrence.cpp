//===- SddmmRecurrence.cpp - Columns joined by broadcasts -----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/LaneState.h"

namespace waferflow {

namespace {

/// Evaluates all rows. A row's vector leaves its owner both ways; every core on
/// the way takes it when it has a buffer. Vectors run up to B - 1 rows ahead of
/// the dots, so row r is dotted after row r + B - 1 was sent. Results have a
/// place for the row in hand and one for the row before it.
template <typename Lanes, typename Count> class SddmmSweep {
public:
  using State = LaneState<Lanes>;

  explicit SddmmSweep(const State &state)
      : state(state), problem(state.problem), columns(problem.counts.columns),
        buffers(problem.buffers), edgeIn(state), edgeOut(state),
        noStream(~state.ring & (LaneTraits<Lanes>::never / 2)),
        ready(columns, Lanes{} - state.owed), done(columns, Lanes{}),
        arrived(columns * buffers, Lanes{} - LaneTraits<Lanes>::never / 2),
        received(columns * buffers, Lanes{}), pending(columns, 0),
        drained(kResultRows, Lanes{}), fastest(problem.rowsAhead, Lanes{}) {}

  WAFERFLOW_LANES_INLINE void run() {
    for (int64_t r = 0; r < std::min(buffers - 1, problem.rows()); ++r)
      broadcast(r);
    if (state.fromCounts)
      rows<true>();
    else
      rows<false>();
  }

  void finish(Lanes &last) const {
    last = drained[(problem.rows() - 1) % kResultRows];
    for (const Lanes &time : ready)
      raiseTo(last, Lanes(time + state.owed));
  }

private:
  static constexpr int64_t kResultRows = 2;

  struct Row {
    int64_t r, slot; ///< slot: r mod B
    const Count *n;
    Lanes free;  ///< first indices here, results of row r - 2 drained
    Lanes least; ///< one dot's work after the last index
    Lanes fastest;
  };

  template <bool Table> WAFERFLOW_LANES_INLINE void rows() {
    const RowCounts &counts = problem.counts;
    const Count *base = stored();
    bool anyIo = false;
    for (int lane = 0; lane < kLanes; ++lane)
      anyIo |= state.variant(lane).io;
    for (int64_t r = 0; r < problem.rows(); ++r) {
      if (r + buffers - 1 < problem.rows())
        broadcast(r + buffers - 1);
      const Count *n = base;
      if (!counts.repeated)
        n += (counts.stored ? counts.stored[r] : r) * columns;
      Row row{r,       r % buffers, n,
              Lanes{}, Lanes{},     Lanes{} + LaneTraits<Lanes>::never};
      Lanes &drainedBefore = drained[r % kResultRows];
      Lanes &fastestBefore = fastest[r % problem.rowsAhead];
      if (anyIo) {
        edgeIn.pass(fastestBefore, problem.waveletsIn[r], row.free, row.least);
        raiseTo(row.free, Lanes(drainedBefore & state.ring));
        row.free &= state.io;
        row.least = (row.least + state.lastWork) & state.io;
      }
      for (int64_t x = 0; x < columns; ++x)
        dots<Table>(row, x);
      fastestBefore = row.fastest;
      if (anyIo) {
        Lanes started, passed;
        edgeOut.pass(row.fastest, problem.waveletsOut[r], started, passed);
        drainedBefore = passed & state.io;
      }
    }
  }

  WAFERFLOW_LANES_INLINE void broadcast(int64_t r) {
    int64_t slot = r % buffers, owner = problem.owner[r];
    Lanes *now = received.data() + slot * columns;
    const Lanes *before =
        received.data() + (slot == 0 ? buffers - 1 : slot - 1) * columns;
    Lanes start = before[owner];
    if (r > 0 && problem.owner[r - 1] != owner)
      start += state.rootMove;
    raiseTo(start, done[owner]);
    Lanes sent = start + state.stream;
    arrived[slot * columns + owner] = (start & state.ring) | noStream;
    if (owner + 1 < columns)
      side<1>(slot, before, owner, start, sent);
    if (owner > 0)
      side<-1>(slot, before, owner, start, sent);
    now[owner] = sent & state.ring;
  }

  /// From the owner's neighbour outward; `sent` rises where that side cannot
  /// take the stream.
  template <int Step>
  WAFERFLOW_LANES_INLINE void side(int64_t slot, const Lanes *before,
                                   int64_t owner, const Lanes &start,
                                   Lanes &sent) {
    Lanes *now = received.data() + slot * columns;
    Lanes *heads = arrived.data() + slot * columns;
    const int64_t end = Step > 0 ? columns : -1;
    Lanes previous = start; // arrival of the first wavelet at x - Step
    for (int64_t x = owner + Step; x != end; x += Step) {
      bool isFirst = x == owner + Step;
      const LaneLink<Lanes> &link = isFirst ? state.next : state.pass;
      Lanes arrival = previous + link.latency;
      raiseTo(arrival, before[x]);
      raiseTo(arrival, done[x]); // buffer of row r - B
      Lanes passed = arrival + link.blocked;
      if (isFirst) {
        raiseTo(sent, passed);
      } else {
        raiseTo(passed, Lanes(previous + state.stream));
        now[x - Step] = passed & state.ring;
      }
      heads[x] = (arrival & state.ring) | noStream;
      previous = arrival;
    }
    now[end - Step] = (previous + state.stream) & state.ring;
  }

  template <bool Table> WAFERFLOW_LANES_INLINE void dots(Row &row, int64_t x) {
    Lanes start = ready[x] + state.owed, end;
    raiseTo(start, received[row.slot * columns + x]);
    raiseTo(start, row.free);
    if (Table)
      end = state.work[row.n[x]];
    else
      state.workAt(row.r, x, row.n[x], end);
    end += start;
    giveSlots(row, x, start, end);
    raiseTo(end, row.least);
    done[x] = end & state.ring;
    ready[x] = end;
    Lanes working = end | state.idle[x];
    lowerTo(row.fastest, working);
  }

  /// Vectors of the next B - 1 rows that arrive between `start` and `end` put
  /// it off. The slot of row r + B still has row r, whose vector is here. Two
  /// streams are looked at without a branch, more are rare.
  WAFERFLOW_LANES_INLINE void giveSlots(const Row &row, int64_t x,
                                        const Lanes &start, Lanes &end) {
    int64_t q = std::max(pending[x], row.r + 1);
    int64_t slot = row.slot + (q - row.r);
    slot -= slot >= buffers ? buffers : 0;
    const Lanes first = arrived[slot * columns + x];
    slot = slot + 1 == buffers ? 0 : slot + 1;
    const Lanes second = arrived[slot * columns + x];
    putOff(first, state.slots, start, end);
    putOff(second, state.slots, start, end);
    for (int64_t more = q + 2; more < row.r + buffers; ++more) {
      slot = slot + 1 == buffers ? 0 : slot + 1;
      const Lanes head = arrived[slot * columns + x];
      if (!any(Lanes(head < end)))
        break;
      putOff(head, state.slots, start, end);
    }
    int64_t over = !any(Lanes((first + state.slots > end) & state.ring));
    over += over & !any(Lanes((second + state.slots > end) & state.ring));
    pending[x] = std::min(q + over, row.r + buffers);
  }

  const Count *stored() const {
    if constexpr (sizeof(Count) == 1)
      return problem.counts.bytes;
    else
      return problem.counts.words;
  }

  const State &state;
  const RecurrenceProblem &problem;
  int64_t columns, buffers;
  EdgeClock<Lanes> edgeIn, edgeOut;
  Lanes noStream;           ///< in lanes without a ring: later than anything
  std::vector<Lanes> ready; ///< by column: the last row's results are handed on
  std::vector<Lanes> done;  ///< the same in lanes with a ring: a buffer is free
  std::vector<Lanes> arrived;   ///< by row mod B and column: a vector begins
  std::vector<Lanes> received;  ///< the same: it has passed
  std::vector<int64_t> pending; ///< by column: first stream that may matter
  std::vector<Lanes> drained;   ///< by row mod 2: results are off the wafer
  std::vector<Lanes> fastest;   ///< by row mod rowsAhead: first column done
};

WAFERFLOW_SIMD_CLONES void run32Bytes(SddmmSweep<Cycles32, uint8_t> &sweep) {
  sweep.run();
}
WAFERFLOW_SIMD_CLONES void run32Words(SddmmSweep<Cycles32, uint16_t> &sweep) {
  sweep.run();
}
WAFERFLOW_SIMD_CLONES void run64Bytes(SddmmSweep<Cycles64, uint8_t> &sweep) {
  sweep.run();
}
WAFERFLOW_SIMD_CLONES void run64Words(SddmmSweep<Cycles64, uint16_t> &sweep) {
  sweep.run();
}

} // namespace

std::vector<double> runSddmmRecurrence(const RecurrenceProblem &problem) {
  SweepRunners<SddmmSweep> runners{run32Bytes, run32Words, run64Bytes,
                                   run64Words};
  return sweepVariants(problem, runners);
}

} // namespace waferflow
