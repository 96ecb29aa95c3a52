//===- Worker.cpp - The code of cores that hold heads ---------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/attention/Worker.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

#include <set>

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
        shared = buffer(memory.shared);
        pin = buffer(memory.pin);
        result =
            buffer(lowering.held(plan.backward() ? plan.body.dq : plan.body.o));
        if (plan.backward()) {
          gradient = buffer(lowering.held(plan.body.gradient));
          gradients = buffer(memory.gradients);
          product = buffer(memory.product);
        }
        if (memory.logarithms)
          logarithms = buffer(*memory.logarithms);
        if (memory.forwardOutput)
          forwardOutput = buffer(lowering.held(memory.forwardOutput));
        if (plan.inPlace() && !plan.backward()) {
          k = buffer(lowering.held(plan.body.k));
          v = buffer(lowering.held(plan.body.v));
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
  std::set<int64_t> counts(plan.places.dims.begin(),
                           plan.places.dims.begin() + plan.places.columns);
  dimCounts.assign(counts.begin(), counts.end());
  for (size_t i = 0; i + 1 < dimCounts.size(); ++i)
    hasMore.push_back(
        e.compare(arith::CmpIPredicate::slt, e.at(dimCounts[i]), dims));
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
  // A sequence's logarithms take the place of as many tokens.
  At before = e.mul(base, e.at(plan.places.mostHeads));
  if (plan.places.mostHeads == 1)
    return body({base, e.at(0), before});
  e.loop(e.at(0), heads, [&](At head) {
    At statistics = e.mul(head, e.at(plan.perSequence));
    body({e.add(e.mul(head, e.at(plan.places.headSlots * tl())), base),
          statistics, e.add(before, statistics)});
  });
}

/// Slots whose instructions are written one by one: a number that is known
/// folds into an address, a loop's takes an issue slot to add.
static constexpr int64_t unrolled = 8;

void Worker::eachDim(ArrayRef<At> firsts,
                     llvm::function_ref<void(ArrayRef<At>)> body,
                     int64_t first) {
  auto behind = [&](ArrayRef<At> from, At slot) {
    return llvm::map_to_vector(from, [&](At at) { return e.add(at, slot); });
  };
  int64_t slot = first, fewest = dimCounts.front();
  if (fewest - slot > 2 * unrolled) {
    int64_t end = slot + (fewest - slot) / unrolled * unrolled;
    e.loop(
        e.at(slot * tl()), e.at(end * tl()),
        [&](At at) {
          SmallVector<At> here = behind(firsts, at);
          for (int64_t s = 0; s < unrolled; ++s)
            body(behind(here, e.at(s * tl())));
        },
        unrolled * tl());
    slot = end;
  }
  for (; slot < fewest; ++slot)
    body(behind(firsts, e.at(slot * tl())));
  eachDimBehind(firsts, body, 0);
}

/// Of the slots that only some columns have, from the number `part` of dims on.
void Worker::eachDimBehind(ArrayRef<At> firsts,
                           llvm::function_ref<void(ArrayRef<At>)> body,
                           size_t part) {
  if (part + 1 >= dimCounts.size())
    return;
  e.when(hasMore[part], [&] {
    for (int64_t slot = dimCounts[part]; slot < dimCounts[part + 1]; ++slot)
      body(llvm::map_to_vector(
          firsts, [&](At at) { return e.add(at, e.at(slot * tl())); }));
    eachDimBehind(firsts, body, part + 1);
  });
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

Worker::Share Worker::share(At first) {
  Share share;
  share.first = share.begin = first;
  share.end = queries;
  share.chunk = share.count = e.sub(queries, first);
  if (team() == 1)
    return share;
  At above = e.add(share.count, e.at(team() - 1));
  if (auto known = getConstantIntValue(above))
    share.chunk = e.at(*known / team());
  else
    share.chunk =
        arith::DivSIOp::create(e.b, e.loc, e.value(above), e.index(team()))
            .getResult();
  share.begin = e.add(first, e.mul(member, share.chunk));
  share.end = min(queries, e.add(share.begin, share.chunk));
  share.count = e.sub(share.end, share.begin);
  return share;
}

void Worker::whenAny(const Share &share, llvm::function_ref<void()> body) {
  if (team() == 1)
    return body();
  e.when(e.compare(arith::CmpIPredicate::sgt, share.count, e.at(0)), body);
}

void Worker::eachQuery(const Share &share, const KeysAt &keys,
                       llvm::function_ref<void(At, At)> body) {
  // A query sees the keys up to its own.
  At before = e.at(0);
  if (plan.causal())
    before = e.sub(e.at(1), keys.firstQuery);
  e.loop(share.begin, share.end, [&](At query) {
    body(query,
         plan.causal() ? min(keys.count, e.add(before, query)) : keys.count);
  });
}

/// Members - 1 times: sends a chunk on and takes the one before it in. A chunk
/// without queries goes round like the others.
void Worker::transfer(Value buffer, int64_t entries, const Share &share,
                      bool add) {
  int64_t members = team();
  if (members == 1)
    return;
  Type type = cast<MemRefType>(buffer.getType()).getElementType();
  At elements = e.mul(share.chunk, e.at(entries));
  auto chunk = [&](At number) {
    At first = e.add(share.first, e.mul(rest(number, members), share.chunk));
    return e.dsd(buffer, e.mul(first, e.at(entries)), elements);
  };
  At last = e.add(member, e.at(members - (add ? 1 : 0)));
  e.loop(e.at(0), e.at(members - 1), [&](At step) {
    At ahead = e.sub(last, step);
    e.mov(e.fabout(teamOut, elements, type), chunk(ahead), {teamThread});
    Value behind = chunk(e.add(ahead, e.at(members - 1)));
    Value arriving = e.fabin(teamIn, elements, type);
    if (add)
      e.binary<AddOp>(behind, behind, arriving);
    else
      e.mov(behind, arriving);
  });
}

void Worker::reduceScatter(Value buffer, int64_t entries, const Share &share) {
  transfer(buffer, entries, share, /*add=*/true);
}
void Worker::allGather(Value buffer, int64_t entries, const Share &share) {
  transfer(buffer, entries, share, /*add=*/false);
}

} // namespace waferflow::fabric::attention
