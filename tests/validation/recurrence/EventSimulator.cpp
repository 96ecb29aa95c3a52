//===- EventSimulator.cpp -------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "EventSimulator.h"

#include <algorithm>
#include <stdexcept>

namespace waferflow::test {

namespace {

constexpr int64_t kNotYet = -1;
using Times = std::vector<std::vector<int64_t>>; // [row][column]

bool past(int64_t time, int64_t now) { return time != kNotYet && time <= now; }

/// One direction of the edge: rows get its slots in order.
struct Edge {
  int64_t sixteenths, clock = 0;
  std::vector<int64_t> first, last; // by row
  void pass(int64_t gate, int64_t wavelets) {
    clock = std::max(clock, 16 * gate);
    first.push_back((clock + 15) / 16);
    clock += wavelets * sixteenths;
    last.push_back((clock + 15) / 16);
  }
};

class Player {
public:
  Player(const RecurrenceProblem &p, int v, Slots slots)
      : p(p), v(p.variants[v]), slots(slots), rows(p.rows()),
        columns(p.counts.columns), finished(times()), started(times()),
        ended(times()), sent(zeros()), working(columns, false),
        worked(columns, false), workLeft(columns), debt(columns),
        taken(columns), nextRow(columns), streamRow(columns) {
    in.sixteenths = out.sixteenths =
        static_cast<int64_t>(this->v.cyclesPerWavelet * 16);
  }
  virtual ~Player() = default;

  int64_t play() {
    for (now = 0; now < 10'000'000; ++now) {
      while (settle())
        ;
      if (over())
        return lastEvent();
      pass();
    }
    throw std::runtime_error("the rules deadlock");
  }

protected:
  Times times() const {
    return Times(rows, std::vector<int64_t>(columns, kNotYet));
  }
  Times zeros() const { return Times(rows, std::vector<int64_t>(columns, 0)); }
  int64_t count(int64_t r, int64_t x) const { return p.counts.at(r, x); }

  /// Everything that happens at this instant; true if something did.
  bool settle() {
    bool changed = serveStore();
    for (int64_t x = 0; x < columns; ++x) {
      changed |= settleWork(x);
      changed |= v.ring && settleStream(x);
    }
    return changed;
  }

  bool serveStore() {
    bool changed = false;
    int64_t r = static_cast<int64_t>(in.last.size());
    if (v.io && r < rows) {
      int64_t gate = r < p.rowsAhead ? 0 : fastest(r - p.rowsAhead);
      if (past(gate, now)) {
        in.pass(gate, p.waveletsIn[r]);
        changed = true;
      }
    }
    r = static_cast<int64_t>(out.last.size());
    if (v.io && !p.waveletsOut.empty() && r < rows && past(fastest(r), now)) {
      out.pass(fastest(r), p.waveletsOut[r]);
      changed = true;
    }
    return changed;
  }
  /// Slots of a row's stream where no ring says when it passes.
  int64_t owed() const { return v.ring ? 0 : static_cast<int64_t>(v.slots); }
  /// When the first column with weights finished row r.
  int64_t fastest(int64_t r) const {
    int64_t first = kNotYet;
    for (int64_t x = 0; x < columns; ++x)
      if (p.holds[x] && finished[r][x] != kNotYet &&
          (first == kNotYet || finished[r][x] < first))
        first = finished[r][x];
    return first;
  }

  bool settleWork(int64_t x) {
    int64_t r = nextRow[x];
    // Work ends in a free slot, even where there was nothing to do.
    worked[x] = worked[x] || (workLeft[x] == 0 && !isTaken(x));
    if (working[x] && worked[x] && (!v.io || weightWorked(r))) {
      finished[r][x] = now;
      working[x] = false;
      debt[x] = owed();
      ++nextRow[x];
      return true;
    }
    if (!working[x] && debt[x] == 0 && r < rows &&
        (!v.io || (r < int64_t(in.first.size()) && past(in.first[r], now))) &&
        (!v.ring || mayWork(r, x))) {
      working[x] = true;
      worked[x] = false;
      workLeft[x] =
          static_cast<int64_t>(v.workOn(static_cast<double>(count(r, x))));
      return true;
    }
    return false;
  }
  /// A stream that began earlier holds the issue slot.
  bool isTaken(int64_t x) const {
    return taken[x] > 0 && started[streamRow[x]][x] != now;
  }
  /// One weight's work has passed since the row's last weight came.
  bool weightWorked(int64_t r) const {
    return past(in.last[r] + static_cast<int64_t>(v.workOn(1)), now);
  }

  bool settleStream(int64_t x) {
    int64_t r = streamRow[x];
    if (r == rows)
      return false;
    if (started[r][x] == kNotYet) {
      if (!mayStream(r, x))
        return false;
      started[r][x] = now;
      if (slots == Slots::Next)
        taken[x] += static_cast<int64_t>(v.slots);
      return true;
    }
    if (sent[r][x] < static_cast<int64_t>(v.stream))
      return false;
    ended[r][x] = now;
    ++streamRow[x];
    return true;
  }

  /// One cycle goes by.
  void pass() {
    for (int64_t x = 0; x < columns; ++x) {
      int64_t r = streamRow[x];
      bool issued = false;
      if (r < rows && started[r][x] != kNotYet &&
          sent[r][x] < static_cast<int64_t>(v.stream) && hasSpace(r, x))
        issued = ++sent[r][x] > 0;
      bool lost = slots == Slots::AsSent && issued;
      if (taken[x] > 0)
        --taken[x];
      else if (working[x] && !lost)
        workLeft[x] = std::max<int64_t>(0, workLeft[x] - 1);
      if (!working[x])
        debt[x] = std::max<int64_t>(0, debt[x] - 1);
    }
  }
  /// Wavelets sent by x that `next` has not taken still fit between the two.
  /// A stream that has begun is taken without a pause.
  bool fits(int64_t r, int64_t x, int64_t next, double queue) const {
    if (v.stream <= queue)
      return true;
    int64_t taken =
        started[r][next] == kNotYet ? 0 : now - started[r][next] + 1;
    return sent[r][x] - taken < static_cast<int64_t>(queue);
  }

  virtual bool mayWork(int64_t r, int64_t x) const = 0;
  virtual bool mayStream(int64_t r, int64_t x) const = 0;
  virtual bool hasSpace(int64_t r, int64_t x) const = 0;

  bool over() const {
    for (int64_t x = 0; x < columns; ++x)
      if (finished[rows - 1][x] == kNotYet ||
          (v.ring && ended[rows - 1][x] == kNotYet))
        return false;
    return !v.io || p.waveletsOut.empty() || int64_t(out.last.size()) == rows;
  }
  virtual int64_t lastEvent() const = 0;

  const RecurrenceProblem &p;
  const RecurrenceVariant &v;
  Slots slots;
  int64_t rows, columns, now = 0;
  Times finished, started, ended, sent;
  std::vector<bool> working, worked;
  std::vector<int64_t> workLeft, debt, taken, nextRow, streamRow;
  Edge in, out;
};

class SpmmPlayer : public Player {
public:
  using Player::Player;

private:
  int64_t first(int64_t r) const { return (p.owner[r] + 1) % columns; }
  bool mayWork(int64_t r, int64_t x) const override {
    return r < p.buffers || past(ended[r - p.buffers][x], now);
  }
  bool mayStream(int64_t r, int64_t x) const override {
    if (!past(finished[r][x], now) || (r > 0 && !past(ended[r - 1][x], now)))
      return false;
    if (x == first(r))
      return true;
    int64_t from = started[r][(x + columns - 1) % columns];
    return from != kNotYet &&
           from + static_cast<int64_t>(x == 0 ? v.wrap : v.stage) <= now;
  }
  bool hasSpace(int64_t r, int64_t x) const override {
    if (x == p.owner[r])
      return true;
    int64_t next = (x + 1) % columns;
    return fits(r, x, next, next == 0 ? v.wrapQueue : v.queue);
  }
  int64_t lastEvent() const override {
    int64_t last = 0;
    for (int64_t x = 0; x < columns; ++x) {
      last = std::max(last, finished[rows - 1][x] + owed());
      if (v.ring)
        last = std::max(last, ended[rows - 1][x]);
    }
    return last;
  }
};

class SddmmPlayer : public Player {
public:
  using Player::Player;

private:
  bool mayWork(int64_t r, int64_t x) const override {
    // Two rows of results have a place.
    if (v.io && r >= 2 &&
        (r - 2 >= int64_t(out.last.size()) || !past(out.last[r - 2], now)))
      return false;
    return past(ended[r][x], now);
  }
  bool mayStream(int64_t r, int64_t x) const override {
    int64_t owner = p.owner[r];
    int64_t before = r > 0 ? ended[r - 1][x] : 0;
    if (before == kNotYet)
      return false;
    if (r >= p.buffers && !past(finished[r - p.buffers][x], now))
      return false;
    if (x == owner) {
      bool moved = r > 0 && p.owner[r - 1] != owner;
      return before + (moved ? static_cast<int64_t>(v.rootMove) : 0) <= now;
    }
    int64_t from = x > owner ? x - 1 : x + 1;
    if (started[r][from] == kNotYet || before > now)
      return false;
    return started[r][from] +
               static_cast<int64_t>(from == owner ? v.stage : v.hop) <=
           now;
  }
  bool hasSpace(int64_t r, int64_t x) const override {
    int64_t owner = p.owner[r];
    bool right = x < owner || x + 1 == columns || fits(r, x, x + 1, v.queue);
    bool left = x > owner || x == 0 || fits(r, x, x - 1, v.queue);
    return right && left;
  }
  int64_t lastEvent() const override {
    int64_t last = v.io ? out.last.back() : 0;
    for (int64_t x = 0; x < columns; ++x)
      last = std::max(last, finished[rows - 1][x] + owed());
    return last;
  }
};

} // namespace

int64_t playSpmm(const RecurrenceProblem &problem, int v, Slots slots) {
  return SpmmPlayer(problem, v, slots).play();
}

int64_t playSddmm(const RecurrenceProblem &problem, int v, Slots slots) {
  return SddmmPlayer(problem, v, slots).play();
}

} // namespace waferflow::test
