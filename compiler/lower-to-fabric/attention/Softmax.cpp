//===- Softmax.cpp - Scores, their softmax so far, and what it weighs -----===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/attention/Worker.h"

using namespace mlir;

namespace waferflow::fabric::attention {

/// Below every score, and small enough that differences stay finite.
static constexpr double nothingSeen = -1e30;

static Type elementOf(Value buffer) {
  return cast<MemRefType>(buffer.getType()).getElementType();
}

void Worker::scaleKeys() {
  if (plan.body.scale == 1)
    return;
  Value keys = e.dsd(blocks, e.at(0), e.at(plan.places.slots * tl()));
  e.binary<MulOp>(keys, keys, e.real(elementOf(blocks), plan.body.scale));
}

void Worker::clear(Value buffer) {
  int64_t extent = cast<MemRefType>(buffer.getType()).getNumElements();
  e.mov(e.dsd(buffer, e.at(0), e.at(extent)), e.real(elementOf(buffer), 0));
}

void Worker::begin() {
  int64_t extent = memory.most.extent;
  e.mov(e.dsd(most, e.at(0), e.at(extent)),
        e.real(elementOf(most), nothingSeen));
  clear(sum);
}

void Worker::clearOutput(At base) {
  e.loop(
      e.at(0), e.at(plan.places.slots * tl()),
      [&](At slot) {
        e.mov(e.dsd(output, e.add(slot, base), e.at(plan.perSequence)),
              e.real(elementOf(output), 0));
      },
      tl());
}

void Worker::storeOutput() {
  if (output == result)
    return;
  At extent = e.at(memory.output.extent);
  e.mov(e.dsd(result, e.at(0), extent), e.dsd(output, e.at(0), extent));
}

void Worker::partialScores(const HeadAt &head, const KeysAt &keys, At at,
                           int64_t entry, Value buffer) {
  e.loop(e.at(0), keys.count, [&](At i) {
    At first = firstOf(keys, i);
    At count = e.sub(queries, first);
    Value score = scoresOf(keys, e.add(i, e.at(entry)), first, count);
    At element = e.add(at, i);
    // The first slot's product needs no zero before it.
    e.binary<MulOp>(score, e.load(blocks, element),
                    tokens(buffer, head.slots, first, count));
    eachDim(
        [&](At dim) {
          e.binary<FmacOp>(
              score, e.load(blocks, e.add(element, dim)),
              tokens(buffer, e.add(head.slots, dim), first, count));
        },
        /*first=*/1);
  });
}

void Worker::onlineSoftmax(const HeadAt &head, const KeysAt &keys) {
  bool wide = elementOf(scores).isF32();
  Own all = own(keys.firstQuery);
  auto statistics = [&](Value buffer, const Own &some) {
    return e.dsd(buffer, e.add(head.statistics, some.place), some.count);
  };
  auto largest = [&](const Own &some) {
    return e.dsd(work, some.place, some.count);
  };
  auto other = [&](const Own &some) {
    return e.dsd(work, e.add(some.place, e.at(chunk())), some.count);
  };
  auto update = [&] {
    e.mov(largest(all), statistics(most, all));
    e.loop(e.at(0), keys.count, [&](At i) {
      Own some = ownOf(all, keys, i);
      e.binary<MaxOp>(largest(some), largest(some),
                      scoresOf(keys, i, some.first, some.count));
    });
    Value shrunk = other(all);
    e.binary<SubOp>(shrunk, statistics(most, all), largest(all));
    e.unary<ExpOp>(shrunk, shrunk);
    e.binary<MulOp>(statistics(sum, all), statistics(sum, all), shrunk);
    e.mov(scoresOf(keys, e.at(keys.entries - 1), all.first, all.count), shrunk);
    e.mov(statistics(most, all), largest(all));
    e.loop(e.at(0), keys.count, [&](At i) {
      Own some = ownOf(all, keys, i);
      Value score = scoresOf(keys, i, some.first, some.count);
      Value exponent = wide ? score : other(some);
      e.binary<SubOp>(exponent, score, largest(some));
      e.unary<ExpOp>(exponent, exponent);
      if (!wide) // the sum is of what the values are weighed with
        e.mov(score, exponent);
      e.binary<AddOp>(statistics(sum, some), statistics(sum, some), score);
    });
  };
  if (plan.places.teamColumns == 1)
    return update();
  e.when(e.compare(arith::CmpIPredicate::sgt, all.count, e.at(0)), update);
}

void Worker::addValues(const HeadAt &head, const KeysAt &keys) {
  At count = e.sub(queries, keys.firstQuery);
  Value shrunk = scoresOf(keys, e.at(keys.entries - 1), keys.firstQuery, count);
  eachDim([&](At dim) {
    Value o = tokens(output, e.add(head.slots, dim), keys.firstQuery, count);
    e.binary<MulOp>(o, o, shrunk);
  });
  e.loop(e.at(0), keys.count, [&](At i) {
    At first = firstOf(keys, i);
    At count = e.sub(queries, first);
    Value probability = scoresOf(keys, i, first, count);
    At element = e.add(keys.value, i);
    eachDim([&](At dim) {
      e.binary<FmacOp>(tokens(output, e.add(head.slots, dim), first, count),
                       e.load(blocks, e.add(element, dim)), probability);
    });
  });
}

void Worker::softmaxOverKeys(At base, bool home) {
  Tour tour;
  tour.home = home;
  tour.entries = plan.keyBlock + 1;
  eachKeys(base, tour, [&](const HeadAt &head, const KeysAt &keys) {
    settleTeam();
    partialScores(head, keys, keys.key, 0, q);
    reduceScatter(scores, chunk() * tour.entries, keys.firstQuery);
    onlineSoftmax(head, keys);
    allGather(scores, chunk() * tour.entries, keys.firstQuery);
    addValues(head, keys);
  });
}

} // namespace waferflow::fabric::attention
