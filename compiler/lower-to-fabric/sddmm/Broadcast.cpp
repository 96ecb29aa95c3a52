//===- Broadcast.cpp - Vectors go from each column to all others ----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/sddmm/Broadcast.h"

using namespace mlir;
using arith::CmpIPredicate;

namespace waferflow::fabric::sddmm {

/// Microthreads; the chain of results goes before both.
constexpr int64_t receiveThread = 1, sendThread = 2;
/// Routers that the end of a turn moves: the own one, and the next root's. One
/// in the west of the own one is in its last position and stays there.
constexpr int64_t turn = 2;

FailureOr<Broadcast> Broadcast::create(Phase &phase, const Plan &plan) {
  Broadcast made(plan);
  if (!plan.travels())
    return made;
  int64_t needed = std::min<int64_t>(3, plan.groupColumns());
  if (plan.lowering.machine.switchPositions < needed)
    return plan.kernel.emitOpError()
           << "needs " << needed << " switch positions on "
           << plan.groupColumns() << " columns; the machine has "
           << plan.lowering.machine.switchPositions;
  made.color = phase.color();
  made.route(phase);
  return made;
}

void Broadcast::route(Phase &phase) {
  int64_t columns = plan->lowering.columns(), rows = plan->lowering.rows();
  int64_t width = plan->groupColumns();
  AffineExpr column = phase.x();
  if (plan->lowering.tokens.groups > 1)
    column = column % width;
  auto where = [&](int64_t begin, int64_t end) {
    if (plan->lowering.tokens.groups == 1)
      return phase.cores(begin, end, 0, rows);
    return phase.cores(0, columns, 0, rows,
                       IntegerSet::get(2, 0,
                                       {column - begin, -column + (end - 1)},
                                       {false, false}));
  };
  using Position = Phase::Position;
  phase.route(
      color, where(0, 1),
      {Position{Link::Ramp, {Link::East}}, Position{Link::East, {Link::Ramp}}});
  if (width > 2)
    phase.route(color, where(1, width - 1),
                {Position{Link::West, {Link::Ramp, Link::East}},
                 Position{Link::Ramp, {Link::West, Link::East}},
                 Position{Link::East, {Link::Ramp, Link::West}}});
  phase.route(
      color, where(width - 1, width),
      {Position{Link::West, {Link::Ramp}}, Position{Link::Ramp, {Link::West}}});
}

void Broadcast::bind(Code &code) {
  travelling = code.buffer(plan->travelling);
  vectors = code.buffer(plan->vectors);
  if (color) {
    input = code.input(color);
    output = code.output(color);
  }
  counts.emplace(code);
}

Value Broadcast::place(Emit &e, Value number) const {
  return e.dsd(vectors, address(e, number, plan->tl), e.at(plan->tl));
}
Emit::At Broadcast::inUse(Emit &e) const {
  return address(e, counts->use.get(e), plan->tl);
}
Value Broadcast::perColumn(Emit &e, ArrayRef<int64_t> table) const {
  return arith::IndexCastOp::create(e.b, e.loc, e.b.getI32Type(),
                                    e.perColumn(plan->lowering, table));
}

//===----------------------------------------------------------------------===//
// Sending
//===----------------------------------------------------------------------===//

bool Broadcast::oneByOne() const {
  return plan->tl % 2 && plan->travelling.element.getIntOrFloatBitWidth() == 16;
}

/// `count` own vectors from number `first` on; the turn ends with the last.
void Broadcast::sendSome(Emit &e, Value first, Emit::At count,
                         bool last) const {
  How how;
  how.thread = sendThread;
  if (!last)
    how.activate = "sent";
  Emit::At extent = e.mul(count, e.at(plan->tl));
  Value own = e.dsd(travelling, address(e, first, plan->tl), extent);
  e.mov(e.fabout(output, extent, plan->travelling.element,
                 last ? std::optional<int64_t>(turn) : std::nullopt),
        own, how);
}

void Broadcast::send(Emit &e) const {
  if (!color)
    return;
  if (oneByOne())
    return sendOne(e);
  SmallVector<int64_t> own;
  for (auto [from, to] : llvm::zip(plan->before, plan->behind))
    own.push_back(to - from);
  sendSome(e, integer(e, 0), e.perColumn(plan->lowering, own), true);
}

void Broadcast::writeTasks(Code &code) const {
  if (!color || !oneByOne())
    return;
  Emit e(code.local("sent"));
  sendOne(e);
}

void Broadcast::sendOne(Emit &e) const {
  SmallVector<int64_t> lastOf;
  for (auto [from, to] : llvm::zip(plan->before, plan->behind))
    lastOf.push_back(to - from - 1); // -1: nothing but the end of the turn
  Value first = counts->sent.get(e), last = perColumn(e, lastOf);
  Value more =
      arith::CmpIOp::create(e.b, e.loc, CmpIPredicate::slt, first, last);
  e.when(
      more,
      [&] {
        sendSome(e, first, e.at(1), false);
        counts->sent.add(e, 1);
      },
      [&] {
        Value left = arith::SubIOp::create(e.b, e.loc, last, first);
        sendSome(e, first, address(e, plus(e, left, integer(e, 1)), 1), true);
      });
}

//===----------------------------------------------------------------------===//
// Receiving
//===----------------------------------------------------------------------===//

/// The next row's vector. Rows of other columns come from the fabric, first
/// those of the west; own ones are copied.
void Broadcast::receive(Emit &e, Value to, How how) const {
  Value row = counts->row.get(e);
  auto below = [&](Value bound) {
    return arith::CmpIOp::create(e.b, e.loc, CmpIPredicate::slt, row, bound)
        .getResult();
  };
  auto fromFabric = [&] {
    counts->row.add(e, 1);
    e.mov(to, e.fabin(input, e.at(plan->tl), plan->travelling.element), how);
  };
  auto own = [&] {
    Value number =
        arith::SubIOp::create(e.b, e.loc, row, perColumn(e, plan->before));
    counts->row.add(e, 1);
    e.mov(to, e.dsd(travelling, address(e, number, plan->tl), e.at(plan->tl)),
          how);
  };
  auto none = [&] {
    if (!how.unblock.empty())
      UnblockOp::create(e.b, e.loc, how.unblock);
  };
  if (!color)
    return e.when(below(integer(e, plan->rows)), own, none);
  e.when(below(counts->fromWest.get(e)), fromFabric, [&] {
    e.when(below(perColumn(e, plan->behind)), own, [&] {
      e.when(
          below(integer(e, plan->rows)),
          [&] {
            counts->fromWest.set(e, integer(e, plan->rows));
            fromFabric();
          },
          none);
    });
  });
}

static How arriving(StringRef task) {
  How how;
  how.thread = receiveThread;
  how.unblock = task;
  return how;
}

void Broadcast::begin(Emit &e, StringRef task) const {
  counts->fromWest.set(e, perColumn(e, plan->before));
  receive(e, place(e, integer(e, 0)), {});
  receive(e, place(e, integer(e, 1)), arriving(task));
}

void Broadcast::next(Emit &e, StringRef task) const {
  Value use = counts->use.get(e);
  receive(e, place(e, use), arriving(task));
  counts->use.set(e, arith::SubIOp::create(e.b, e.loc, integer(e, 1), use));
}

} // namespace waferflow::fabric::sddmm
