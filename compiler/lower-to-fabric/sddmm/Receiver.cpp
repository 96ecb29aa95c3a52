//===- Receiver.cpp - Vectors arrive ahead of their dots ------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/sddmm/Receiver.h"

using namespace mlir;
using arith::CmpIPredicate;

namespace waferflow::fabric::sddmm {

static Value least(Emit &e, Value a, Value b) {
  return arith::MinSIOp::create(e.b, e.loc, a, b);
}

void Receiver::bind(Code &code) {
  vectors = code.buffer(plan.vectors);
  counts.emplace(code);
}

Emit::At Receiver::inUse(Emit &e) const {
  return address(e, counts->use.get(e), plan.pitch);
}

/// `count` vectors to places from `place` on: from the fabric, or own ones from
/// number `from` on.
void Receiver::copy(Emit &e, Value place, Value count, Value from,
                    How how) const {
  Emit::At extent =
      from ? plan.elementsOf(e, count) : address(e, count, plan.pitch);
  Value to = e.dsd(vectors, address(e, place, plan.pitch), extent);
  e.mov(to,
        from ? broadcast.own(e, from, extent)
             : e.fabin(broadcast.arrivals(), extent, plan.travelling.element),
        how);
}

/// The next row's vector; `end`, where it is given, is behind the last one that
/// may come with it. Rows of other columns come from the fabric, first those of
/// the west.
void Receiver::receive(Emit &e, Value place, Value end, How how,
                       llvm::function_ref<void()> none) const {
  Value row = counts->row.get(e);
  auto below = [&](Value bound) {
    return arith::CmpIOp::create(e.b, e.loc, CmpIPredicate::slt, row, bound)
        .getResult();
  };
  auto take = [&](Value bound, bool own) {
    Value count = end ? minus(e, least(e, bound, end), row) : integer(e, 1);
    counts->row.set(e, plus(e, row, count));
    if (end)
      counts->place.set(e, plus(e, place, count));
    Value from = own ? minus(e, row, plan.perColumn(e, plan.before)) : Value();
    copy(e, place, count, from, how);
  };
  Value rows = integer(e, plan.rows);
  if (!plan.travels())
    return e.when(below(rows), [&] { take(rows, true); }, none);
  Value fromWest = counts->fromWest.get(e);
  e.when(
      below(fromWest), [&] { take(fromWest, false); },
      [&] {
        Value behind = plan.perColumn(e, plan.behind);
        e.when(
            below(behind), [&] { take(behind, true); },
            [&] {
              e.when(
                  below(rows),
                  [&] {
                    counts->fromWest.set(e, rows);
                    take(rows, false);
                  },
                  none);
            });
      });
}

//===----------------------------------------------------------------------===//
// Blocks of one row: its arrival unblocks the task
//===----------------------------------------------------------------------===//

void Receiver::receiveOne(Emit &e, Value place, StringRef task) const {
  How how;
  how.thread = Plan::receiveThread;
  how.unblock = task;
  receive(e, place, Value(), how, [&] { UnblockOp::create(e.b, e.loc, task); });
}

void Receiver::begin(Emit &e, StringRef task) const {
  if (plan.travels())
    counts->fromWest.set(e, plan.perColumn(e, plan.before));
  if (plan.block > 1)
    return beginBlocks(e, task);
  receive(e, integer(e, 0), Value(), {}, [] {});
  receiveOne(e, integer(e, 1), task);
}

void Receiver::next(Emit &e, StringRef task) const {
  if (plan.block > 1)
    return nextOfBlock(e, task);
  BlockOp::create(e.b, e.loc, task);
  Value use = counts->use.get(e);
  receiveOne(e, use, task);
  counts->use.set(e, minus(e, integer(e, 1), use));
}

//===----------------------------------------------------------------------===//
// Blocks of several rows
//===----------------------------------------------------------------------===//

void Receiver::beginBlocks(Emit &e, StringRef task) const {
  // The parts of the first block, by column.
  SmallVector<int64_t> west, own, ownEnd, east;
  for (auto [before, behind] : llvm::zip(plan.before, plan.behind)) {
    west.push_back(std::min(before, plan.block));
    ownEnd.push_back(std::min(behind, plan.block));
    own.push_back(ownEnd.back() - west.back());
    east.push_back(plan.block - ownEnd.back());
  }
  auto arrive = [&](ArrayRef<int64_t> place, ArrayRef<int64_t> count) {
    copy(e, plan.perColumn(e, place), plan.perColumn(e, count), Value(), {});
  };
  SmallVector<int64_t> start(west.size(), 0);
  arrive(start, west);
  copy(e, plan.perColumn(e, west), plan.perColumn(e, own), integer(e, 0), {});
  arrive(ownEnd, east);
  counts->row.set(e, plan.block);
  counts->last.set(e, plan.block - 1);
  counts->place.set(e, plan.block);
  startBlock(e);
  UnblockOp::create(e.b, e.loc, task);
}

/// The block that begins with the next row, if there is one, to `place`.
void Receiver::startBlock(Emit &e) const {
  Value row = counts->row.get(e);
  Value end =
      least(e, plus(e, row, integer(e, plan.block)), integer(e, plan.rows));
  Value size = minus(e, end, row);
  counts->end.set(e, end);
  counts->size.set(e, size);
  e.when(
      is(e, CmpIPredicate::sgt, size, 0),
      [&] {
        counts->here.set(e, 0);
        receivePart(e);
      },
      [&] { counts->here.set(e, 1); });
}

/// As much of the block as comes from one side.
void Receiver::receivePart(Emit &e) const {
  How how;
  how.thread = Plan::receiveThread;
  how.activate = "arrived";
  receive(e, counts->place.get(e), counts->end.get(e), how, [] {});
}

void Receiver::writeTasks(Code &code, StringRef task) const {
  if (plan.block == 1)
    return;
  Emit e(code.local("arrived"));
  e.when(
      arith::CmpIOp::create(e.b, e.loc, CmpIPredicate::slt, counts->row.get(e),
                            counts->end.get(e)),
      [&] { receivePart(e); },
      [&] {
        counts->here.set(e, 1);
        UnblockOp::create(e.b, e.loc, task);
      });
}

void Receiver::nextOfBlock(Emit &e, StringRef task) const {
  Value use = counts->use.add(e, 1);
  Value last = counts->last.get(e);
  auto compare = [&](CmpIPredicate predicate) {
    return arith::CmpIOp::create(e.b, e.loc, predicate, use, last).getResult();
  };
  auto blockEnds = [&] {
    Value freed = counts->half.get(e);
    counts->place.set(e, freed);
    Value other = minus(e, integer(e, plan.block), freed);
    counts->half.set(e, other);
    counts->use.set(e, other);
    counts->last.set(
        e, minus(e, plus(e, other, counts->size.get(e)), integer(e, 1)));
    startBlock(e);
  };
  // Where a block of one row follows, it is the last one, and waits for none.
  auto lastRow = [&] {
    e.when(is(e, CmpIPredicate::eq, counts->here.get(e), 0),
           [&] { BlockOp::create(e.b, e.loc, task); });
  };
  e.when(compare(CmpIPredicate::sge),
         [&] { e.when(compare(CmpIPredicate::sgt), blockEnds, lastRow); });
}

} // namespace waferflow::fabric::sddmm
