//===- SddmmRecurrence.cpp - Columns joined by broadcasts -----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/LaneState.h"

namespace waferflow {

namespace {

/// Evaluates all rows. A row's vector leaves its owner both ways; every column
/// takes it when it has a buffer, dots, and hands its results to its chain.
template <typename Lanes, typename Count> class SddmmSweep {
public:
  using State = LaneState<Lanes>;

  explicit SddmmSweep(const State &state)
      : state(state), problem(state.problem), columns(problem.counts.columns),
        edgeIn(state), edgeOut(state), ready(columns, Lanes{}),
        received(columns, Lanes{}), done(columns * problem.buffers, Lanes{}),
        drained(problem.buffers, Lanes{}), fastest(problem.rowsAhead, Lanes{}) {
  }

  WAFERFLOW_LANES_INLINE void run() {
    if (state.fromCounts)
      rows<true>();
    else
      rows<false>();
  }

  void finish(Lanes &last) const {
    last = drained[(problem.rows() - 1) % problem.buffers];
    for (const Lanes &time : ready)
      raiseTo(last, time);
  }

private:
  struct Row {
    int64_t r;
    const Count *n;
    Lanes *done; ///< slot of row r - B before, of row r after
    Lanes free;  ///< first indices here, results of row r - B drained
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
      const Count *n = base;
      if (!counts.repeated)
        n += (counts.stored ? counts.stored[r] : r) * columns;
      Row row{r,       n,       done.data() + r % problem.buffers * columns,
              Lanes{}, Lanes{}, Lanes{} + LaneTraits<Lanes>::never};
      if (anyIo) {
        edgeIn.pass(fastest[r % problem.rowsAhead], problem.waveletsIn[row.r],
                    row.free, row.least);
        row.least = (row.least + state.lastWork) & state.io;
        raiseTo(row.free, Lanes(drained[r % problem.buffers] & state.ring));
        row.free &= state.io;
      }
      broadcast<Table>(row);
      fastest[r % problem.rowsAhead] = row.fastest;
      if (anyIo) {
        Lanes started, passed;
        edgeOut.pass(row.fastest, problem.waveletsOut[row.r], started, passed);
        drained[r % problem.buffers] = passed & state.io;
      }
    }
  }

  template <bool Table> WAFERFLOW_LANES_INLINE void broadcast(Row &row) {
    int64_t owner = problem.owner[row.r];
    Lanes start = received[owner];
    if (row.r > 0 && problem.owner[row.r - 1] != owner)
      start += state.rootMove;
    Lanes sent = start + state.stream;
    if (owner + 1 < columns)
      side<Table, 1>(row, owner, start, sent);
    if (owner > 0)
      side<Table, -1>(row, owner, start, sent);
    received[owner] = sent;
    // The owner's vector is at hand.
    column<Table>(row, owner, Lanes{});
  }

  /// From the owner's neighbour outward; `sent` rises where that side cannot
  /// take the stream.
  template <bool Table, int Step>
  WAFERFLOW_LANES_INLINE void side(Row &row, int64_t owner, const Lanes &start,
                                   Lanes &sent) {
    Lanes before{}; // arrival of the first wavelet at x - Step
    const int64_t end = Step > 0 ? columns : -1;
    for (int64_t x = owner + Step; x != end; x += Step) {
      bool isFirst = x == owner + Step;
      const LaneLink<Lanes> &link = isFirst ? state.next : state.pass;
      Lanes arrival = (isFirst ? start : before) + link.latency;
      raiseTo(arrival, received[x]);
      raiseTo(arrival, row.done[x]); // buffer of row r - B
      Lanes passed = arrival + link.blocked;
      if (isFirst)
        raiseTo(sent, passed);
      else
        take<Table>(row, x - Step, before, passed);
      before = arrival;
    }
    take<Table>(row, end - Step, before, Lanes{});
  }

  /// Column x has the whole vector when it and those behind it could take it.
  template <bool Table>
  WAFERFLOW_LANES_INLINE void take(Row &row, int64_t x, const Lanes &arrival,
                                   const Lanes &passed) {
    Lanes whole = arrival + state.stream;
    raiseTo(whole, passed);
    received[x] = whole;
    column<Table>(row, x, whole);
  }

  template <bool Table>
  WAFERFLOW_LANES_INLINE void column(Row &row, int64_t x, const Lanes &vector) {
    Lanes dots = ready[x], debt;
    raiseTo(dots, Lanes(vector & state.ring));
    raiseTo(dots, row.free);
    if (Table) {
      dots += state.work[row.n[x]];
      debt = state.debt[row.n[x]];
    } else {
      Lanes work;
      state.workAt(row.r, x, row.n[x], work);
      state.debtAt(row.r, x, row.n[x], debt);
      dots += work;
    }
    raiseTo(dots, row.least);
    row.done[x] = dots & state.ring;
    ready[x] = dots + debt;
    Lanes working = dots | state.idle[x];
    lowerTo(row.fastest, working);
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
  EdgeClock<Lanes> edgeIn, edgeOut;
  std::vector<Lanes> ready;    ///< by column: dots and chain of the last row
  std::vector<Lanes> received; ///< by column: the last vector has passed
  std::vector<Lanes> done;     ///< by row mod B and column
  std::vector<Lanes> drained;  ///< by row mod B: results are off the wafer
  std::vector<Lanes> fastest;  ///< by row mod rowsAhead: first column done
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
