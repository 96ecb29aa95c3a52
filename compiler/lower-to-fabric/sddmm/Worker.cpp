//===- Worker.cpp - What a core of an sddmm computes ----------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/sddmm/Worker.h"

using namespace mlir;
using arith::CmpIPredicate;

namespace waferflow::fabric::sddmm {

/// Slots of a dense row up to which its dots are written out, and dots of a
/// round of a loop: a round costs four slots of scalar code, and two for its
/// addresses, which add two registers.
constexpr int64_t mostWrittenOut = 32, inRound = 16;

void Worker::write(Phase &phase, bool top) {
  int64_t columns = plan.lowering.columns(), rows = plan.lowering.rows();
  Code code(phase, top ? "top" : "below",
            phase.cores(0, columns, top ? 0 : 1, top ? 1 : rows));
  staying = code.buffer(plan.staying);
  Value queue = plan.dense ? Value() : code.input(positions);
  broadcast.bind(code);
  receiver.bind(code);
  results.bind(code, top);
  writeMain(code);
  if (plan.dense)
    writeDense(code);
  else
    writeStreamed(code, queue);
  receiver.writeTasks(code, "row_end");
}

void Worker::writeMain(Code &code) {
  Emit e(code.local("main", /*start=*/true));
  broadcast.send(e);
  results.begin(e);
  receiver.begin(e, "row_end");
  if (plan.dense)
    ActivateOp::create(e.b, e.loc, "row");
}

/// One more dot of the row in hand, over tokens: padding may hold what is no
/// number.
void Worker::dot(Emit &e, Emit::At place, Emit::At feature) {
  Value tokens = e.realTokens(plan.lowering);
  e.binary<DotOp>(e.dsd(results.buffer(), place, e.at(1)),
                  e.dsd(receiver.buffer(), receiver.inUse(e), tokens),
                  e.dsd(staying, feature, tokens));
}

void Worker::writeStreamed(Code &code, Value queue) {
  Type i16 = IntegerType::get(plan.kernel.getContext(), 16);
  Emit end(code.control("row_end", rowEnd, queue, /*blocked=*/true));
  Block *block = end.b.getInsertionBlock();
  receiver.next(end, "row_end");
  // The control wavelet says how many positions the row has.
  Value count = block->getArgument(0);
  Value none =
      arith::ConstantOp::create(end.b, end.loc, end.b.getI16IntegerAttr(0));
  end.when(
      arith::CmpIOp::create(end.b, end.loc, CmpIPredicate::sgt, count, none),
      [&] { results.pass(end, count); });

  TaskOp position = code.data("position", queue, {i16, i16});
  Emit e(position);
  Block &body = position.getBody().front();
  dot(e, address(e, body.getArgument(1), 1),
      address(e, body.getArgument(0), plan.tl));
}

/// Rounds of dots up to the columns with fewest slots, then one by one.
void Worker::writeRounds(Emit &e, int64_t least, Value count) {
  int64_t whole = least / inRound * inRound;
  auto round = [&](int64_t dots) {
    return [&, dots](Emit::At first) {
      Value place = e.value(results.place(e, first));
      for (int64_t i = 0; i < dots; ++i)
        dot(e, e.add(place, e.at(i)),
            e.mul(e.add(first, e.at(i)), e.at(plan.tl)));
    };
  };
  e.loop(e.at(0), e.at(whole), round(inRound), inRound);
  e.loop(e.at(whole), count, round(1));
}

void Worker::writeDense(Code &code) {
  Count done(code);
  {
    Emit e(code.local("row", /*start=*/false));
    int64_t least = *llvm::min_element(plan.slotsOf);
    Value count = e.perColumn(plan.lowering, plan.slotsOf);
    auto one = [&](Emit::At slot) {
      dot(e, results.place(e, slot), e.mul(slot, e.at(plan.tl)));
    };
    if (plan.slots <= mostWrittenOut)
      for (int64_t slot = 0; slot < plan.slots; ++slot)
        if (slot < least)
          one(e.at(slot));
        else
          e.when(e.compare(CmpIPredicate::slt, e.at(slot), count),
                 [&] { one(e.at(slot)); });
    else
      writeRounds(e, least, count);
    ActivateOp::create(e.b, e.loc, "row_end");
  }
  Emit e(code.local("row_end", /*start=*/false, /*blocked=*/true));
  receiver.next(e, "row_end");
  auto pass = [&] { results.pass(e, Value()); };
  if (llvm::is_contained(plan.slotsOf, 0))
    e.when(is(e, CmpIPredicate::sgt, plan.perColumn(e, plan.slotsOf), 0), pass);
  else
    pass();
  e.when(is(e, CmpIPredicate::slt, done.add(e, 1), plan.rows),
         [&] { ActivateOp::create(e.b, e.loc, "row"); });
}

} // namespace waferflow::fabric::sddmm
