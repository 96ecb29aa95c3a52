//===- Worker.cpp - The code of cores that hold heads ---------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/attention/Worker.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;

namespace waferflow::fabric::attention {

// Microthreads: what goes to the team, to the next row, comes from the last.
static constexpr int64_t teamThread = 0, rowThread = 1, arrivalThread = 2;

Worker::Worker(const Plan &plan, const Memory &memory, Code &code, Ring &x,
               Ring &y, int64_t group, const Rows &rows)
    : rows(rows), plan(plan), memory(memory), e([&] {
        auto buffer = [&](const Held &held) { return code.buffer(held); };
        const StepLowering &lowering = plan.lowering;
        q = buffer(lowering.held(plan.body.q));
        blocks = buffer(memory.blocks);
        scores = buffer(memory.scores);
        output = buffer(memory.output);
        most = buffer(memory.most);
        sum = buffer(memory.sum);
        work = buffer(memory.work);
        pin = buffer(memory.pin);
        result =
            buffer(lowering.held(plan.backward() ? plan.body.dq : plan.body.o));
        if (plan.backward()) {
          gradient = buffer(lowering.held(plan.body.gradient));
          gradients = buffer(memory.gradients);
          shared = buffer(memory.shared);
          product = buffer(memory.product);
        }
        int64_t x0 = plan.firstColumn(group), x1 = x0 + plan.places.columns;
        if (x.members() > 1) {
          teamIn = x.input(code, x0, x1, rows.y0, rows.y1);
          teamOut = x.output(code, x0, x1, rows.y0, rows.y1);
        }
        if (y.members() > 1) {
          rowIn = y.input(code, x0, x1, rows.y0, rows.y1);
          rowOut = y.output(code, x0, x1, rows.y0, rows.y1);
        }
        return Emit(code.local("main", /*start=*/true));
      }()) {
  Phase &phase = code.phase;
  int64_t x0 = plan.firstColumn(group), seq = plan.lowering.tokens.seq;
  row = member = e.at(0);
  queries = e.at(plan.perSequence);
  if (y.members() > 1) {
    AffineExpr number = y.number(phase, x0, rows.y0);
    row = e.param(number);
    if (seq % plan.ring)
      queries = e.param((number * -1 + (seq - 1)).floorDiv(plan.ring) + 1);
  }
  if (x.members() > 1)
    member = e.param(x.number(phase, x0, rows.y0));
  // Columns without heads don't run this: any number of theirs is right.
  auto perColumn = [&](std::vector<int64_t> numbers) {
    std::fill(numbers.begin() + plan.places.columns, numbers.end(),
              numbers.front());
    return getAsOpFoldResult(e.perColumn(plan.lowering, numbers));
  };
  dims = perColumn(plan.places.dims);
  heads = perColumn(plan.places.heads);
}

Worker::At Worker::min(At a, At c) {
  auto known = getConstantIntValue(a), other = getConstantIntValue(c);
  if (known && other)
    return e.at(std::min(*known, *other));
  return arith::MinSIOp::create(e.b, e.loc, e.value(a), e.value(c)).getResult();
}
Worker::At Worker::max(At a, At c) {
  auto known = getConstantIntValue(a), other = getConstantIntValue(c);
  if (known && other)
    return e.at(std::max(*known, *other));
  return arith::MaxSIOp::create(e.b, e.loc, e.value(a), e.value(c)).getResult();
}
Worker::At Worker::rest(At a, int64_t n) {
  if (auto known = getConstantIntValue(a))
    return e.at(*known % n);
  return arith::RemSIOp::create(e.b, e.loc, e.value(a), e.index(n)).getResult();
}

void Worker::eachSequence(llvm::function_ref<void(At)> body) {
  e.loop(e.at(0), e.at(rows.sequences * plan.perSequence), body,
         plan.perSequence);
}

void Worker::eachHead(At base, llvm::function_ref<void(HeadAt)> body) {
  if (plan.places.mostHeads == 1)
    return body({base, e.at(0)});
  e.loop(e.at(0), heads, [&](At head) {
    body({e.add(e.mul(head, e.at(plan.places.headSlots * tl())), base),
          e.mul(head, e.at(chunk()))});
  });
}

void Worker::eachDim(llvm::function_ref<void(At)> body, int64_t first) {
  // Steps over elements, so that the loop's number is the offset.
  e.loop(e.at(first * tl()), e.mul(dims, e.at(tl())), body, tl());
}

//===----------------------------------------------------------------------===//
// Blocks travel round the rows of a sequence
//===----------------------------------------------------------------------===//

void Worker::settle(int64_t thread) {
  // A microthread takes an instruction when it has done the one before.
  Type type = cast<MemRefType>(pin.getType()).getElementType();
  e.mov(e.dsd(pin, e.at(0), e.at(1)), e.real(type, 0), {thread});
}
void Worker::settleTeam() {
  if (teamOut)
    settle(teamThread);
}

void Worker::sendRow(Value buffer, At from, int64_t elements) {
  Type type = cast<MemRefType>(buffer.getType()).getElementType();
  e.mov(e.fabout(rowOut, e.at(elements), type),
        e.dsd(buffer, from, e.at(elements)), {rowThread});
}
void Worker::receiveRow(Value buffer, At to, int64_t elements,
                        std::optional<int64_t> thread) {
  Type type = cast<MemRefType>(buffer.getType()).getElementType();
  e.mov(e.dsd(buffer, to, e.at(elements)), e.fabin(rowIn, e.at(elements), type),
        {thread});
}

void Worker::eachKeys(
    At base, const Tour &tour,
    llvm::function_ref<void(const HeadAt &, const KeysAt &)> body) {
  using arith::CmpIPredicate;
  int64_t ring = plan.ring, seq = plan.lowering.tokens.seq;
  int64_t block = 2 * memory.keyElements;
  int64_t gradientBlock = 2 * memory.gradientElements;
  e.loop(e.at(0), e.at(ring), [&](At step) {
    At here = e.at(0), gradientHere = e.at(0);
    At from = row, keys = queries, shift = e.at(0);
    At next = e.at(0), gradientNext = e.at(0);
    if (ring > 1) {
      At half = rest(step, 2), other = rest(e.add(step, e.at(1)), 2);
      here = e.mul(tour.half ? other : half, e.at(block));
      next = e.mul(tour.half ? half : other, e.at(block));
      gradientHere = e.mul(half, e.at(gradientBlock));
      gradientNext = e.mul(other, e.at(gradientBlock));
      from = rest(e.add(e.sub(row, step), e.at(ring)), ring);
      keys = e.at(plan.perSequence);
      if (seq % ring) // the first rows have one token more
        keys = e.sub(keys,
                     arith::SelectOp::create(
                         e.b, e.loc,
                         e.compare(CmpIPredicate::sge, from, e.at(seq % ring)),
                         e.index(1), e.index(0))
                         .getResult());
      if (plan.causal())
        shift = arith::SelectOp::create(
                    e.b, e.loc, e.compare(CmpIPredicate::sgt, from, row),
                    e.index(1), e.index(0))
                    .getResult();
      auto pass = [&] {
        sendRow(blocks, here, block);
        receiveRow(blocks, next, block, arrivalThread);
      };
      if (tour.home)
        pass();
      else
        e.when(e.compare(CmpIPredicate::slt, step, e.at(ring - 1)), pass);
    }
    At seen = plan.causal() ? min(keys, e.sub(queries, shift)) : keys;
    eachHead(base, [&](HeadAt head) {
      e.loop(
          e.at(0), seen,
          [&](At key) {
            At at = e.add(head.slots, key);
            KeysAt some;
            some.count = min(e.at(plan.keyBlock), e.sub(seen, key));
            some.key = e.add(here, at);
            some.value = e.add(some.key, e.at(memory.keyElements));
            some.gradientKey = e.add(gradientHere, at);
            some.gradientValue =
                e.add(some.gradientKey, e.at(memory.gradientElements));
            some.firstQuery = plan.causal() ? e.add(key, shift) : e.at(0);
            some.entries = tour.entries;
            body(head, some);
          },
          plan.keyBlock);
    });
    if (ring == 1)
      return;
    settle(arrivalThread);
    if (tour.carries) {
      sendRow(gradients, gradientHere, gradientBlock);
      receiveRow(gradients, gradientNext, gradientBlock, {});
    }
  });
  if (ring > 1)
    settle(rowThread);
}

//===----------------------------------------------------------------------===//
// What the columns of a team share
//===----------------------------------------------------------------------===//

/// Members - 1 times: sends a chunk on and takes the one before it in.
void Worker::transfer(Value buffer, int64_t elements, At first, bool add) {
  using arith::CmpIPredicate;
  int64_t members = plan.places.teamColumns;
  if (members == 1)
    return;
  Type type = cast<MemRefType>(buffer.getType()).getElementType();
  At live = first; // the first chunk with queries from `first` on
  if (auto known = getConstantIntValue(first))
    live = e.at(*known / chunk());
  else
    live = arith::DivSIOp::create(e.b, e.loc, e.value(first), e.index(chunk()))
               .getResult();
  auto whenLive = [&](At number, llvm::function_ref<void(Value)> body) {
    auto at = [&] {
      body(e.dsd(buffer, e.mul(number, e.at(elements)), e.at(elements)));
    };
    // Chunks behind the queries are in the last columns alone.
    auto some = [&] {
      int64_t fewest = plan.perSequence - (rows.sequences == 1 ? 1 : 0);
      if ((members - 1) * chunk() < fewest)
        return at();
      e.when(
          e.compare(CmpIPredicate::slt, e.mul(number, e.at(chunk())), queries),
          at);
    };
    if (getConstantIntValue(live) == 0)
      return some();
    e.when(e.compare(CmpIPredicate::sge, number, live), some);
  };
  e.loop(e.at(0), e.at(members - 1), [&](At step) {
    At back = e.add(step, e.at(add ? 1 : 0));
    At ahead = e.add(e.sub(member, back), e.at(members));
    whenLive(rest(ahead, members), [&](Value chunk) {
      e.mov(e.fabout(teamOut, e.at(elements), type), chunk, {teamThread});
    });
    At behind = e.add(ahead, e.at(members - 1));
    whenLive(rest(behind, members), [&](Value chunk) {
      Value arriving = e.fabin(teamIn, e.at(elements), type);
      if (add)
        e.binary<AddOp>(chunk, chunk, arriving);
      else
        e.mov(chunk, arriving);
    });
  });
}

void Worker::reduceScatter(Value buffer, int64_t elements, At first) {
  transfer(buffer, elements, first, /*add=*/true);
}
void Worker::allGather(Value buffer, int64_t elements, At first) {
  transfer(buffer, elements, first, /*add=*/false);
}

Worker::Own Worker::own(At first) {
  Own own;
  At begin = e.mul(member, e.at(chunk()));
  own.first = plan.places.teamColumns == 1 ? first : max(begin, first);
  own.end = min(queries, e.add(begin, e.at(chunk())));
  own.count = e.sub(own.end, own.first);
  own.place = e.sub(own.first, begin);
  return own;
}

Worker::Own Worker::ownOf(const Own &own, const KeysAt &keys, At i) {
  if (!plan.causal())
    return own;
  Own some = own;
  some.first = max(own.first, firstOf(keys, i));
  some.count = max(e.sub(own.end, some.first), e.at(0));
  some.place = e.add(own.place, e.sub(some.first, own.first));
  return some;
}

} // namespace waferflow::fabric::attention
