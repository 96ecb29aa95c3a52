//===- Softmax.cpp - Scores, their softmax so far, and what it weighs -----===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/attention/Worker.h"

using namespace mlir;

namespace waferflow::fabric::attention {

/// Below every score of a type, and such that differences stay finite. What it
/// shrinks is zero, so it may equal a score.
static double nothingSeen(Type scores) {
  return scores.isF16() ? -65504 : -1e30;
}

static Type elementOf(Value buffer) {
  return cast<MemRefType>(buffer.getType()).getElementType();
}

void Worker::beginBlocks() {
  At extent = e.at(plan.places.slots * tl());
  auto part = [&](Value buffer, int64_t first) {
    return e.dsd(buffer, e.at(first), extent);
  };
  Value keys = part(blocks, 0);
  Value from = k ? part(k, 0) : keys;
  if (plan.body.scale != 1 && !memory.isScaled)
    e.binary<MulOp>(keys, from, e.real(elementOf(blocks), plan.body.scale));
  else if (k)
    e.mov(keys, from);
  if (v)
    e.mov(part(blocks, memory.keyElements), part(v, 0));
}

void Worker::clear(Value buffer) {
  int64_t extent = cast<MemRefType>(buffer.getType()).getNumElements();
  e.mov(e.dsd(buffer, e.at(0), e.at(extent)), e.real(elementOf(buffer), 0));
}

void Worker::begin() {
  int64_t extent = memory.most.extent;
  e.mov(e.dsd(most, e.at(0), e.at(extent)),
        e.real(elementOf(most), nothingSeen(elementOf(scores))));
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
    At firsts[] = {e.add(at, i), e.add(head.slots, first)};
    // The first slot's product needs no zero before it.
    e.binary<MulOp>(score, e.load(blocks, firsts[0]),
                    e.dsd(buffer, firsts[1], count));
    eachDim(
        firsts,
        [&](ArrayRef<At> here) {
          e.binary<FmacOp>(score, e.load(blocks, here[0]),
                           e.dsd(buffer, here[1], count));
        },
        /*first=*/1);
  });
}

void Worker::onlineSoftmax(const HeadAt &head, const KeysAt &keys,
                           const Share &share) {
  bool wide = elementOf(scores).isF32();
  auto statistics = [&](Value buffer, At query, At count) {
    return e.dsd(buffer, e.add(head.statistics, query), count);
  };
  auto scored = [&](At query, At seen) {
    return e.dsd(scores, e.mul(query, e.at(keys.entries)), seen);
  };
  whenAny(share, [&] {
    Value shrunk = e.dsd(work, e.at(0), share.count);
    Value largest = statistics(most, share.begin, share.count);
    Value sums = statistics(sum, share.begin, share.count);
    e.mov(shrunk, largest);
    eachQuery(share, keys, [&](At query, At seen) {
      e.unary<MaxOfOp>(statistics(most, query, e.at(1)), scored(query, seen));
    });
    e.binary<SubOp>(shrunk, shrunk, largest);
    e.unary<ExpOp>(shrunk, shrunk);
    e.binary<MulOp>(sums, sums, shrunk);
    e.mov(scoresOf(keys, e.at(plan.keyBlock), share.begin, share.count),
          shrunk);
    if (team() > 1) // the largest of scores is exact in their type
      e.mov(scoresOf(keys, e.at(plan.keyBlock + 1), share.begin, share.count),
            largest);
    eachQuery(share, keys, [&](At query, At seen) {
      Value score = scored(query, seen);
      Value exponent = wide ? score : e.dsd(work, e.at(0), seen);
      e.binary<SubOp>(exponent, score,
                      e.load(most, e.add(head.statistics, query)));
      e.unary<ExpOp>(exponent, exponent);
      if (!wide)
        e.mov(score, exponent);
      // The sum is of what the values are weighed with.
      e.unary<SumOp>(statistics(sum, query, e.at(1)), score);
    });
  });
}

void Worker::followSoftmax(const HeadAt &head, const KeysAt &keys,
                           const Share &share) {
  if (team() == 1)
    return;
  auto statistics = [&](Value buffer, At query, At count) {
    return e.dsd(buffer, e.add(head.statistics, query), count);
  };
  At all = e.sub(queries, share.first);
  e.mov(statistics(most, share.first, all),
        scoresOf(keys, e.at(plan.keyBlock + 1), share.first, all));
  auto shrink = [&](At first, At count) {
    Value sums = statistics(sum, first, count);
    e.binary<MulOp>(sums, sums,
                    scoresOf(keys, e.at(plan.keyBlock), first, count));
  };
  // Those before and behind this column's.
  At begin = min(queries, share.begin);
  shrink(share.first, e.sub(begin, share.first));
  shrink(share.end, e.sub(queries, share.end));
}

void Worker::addValues(const HeadAt &head, const KeysAt &keys) {
  At count = e.sub(queries, keys.firstQuery);
  Value shrunk = scoresOf(keys, e.at(plan.keyBlock), keys.firstQuery, count);
  At before = e.add(head.slots, keys.firstQuery);
  eachDim(before, [&](ArrayRef<At> here) {
    Value o = e.dsd(output, here[0], count);
    e.binary<MulOp>(o, o, shrunk);
  });
  e.loop(e.at(0), keys.count, [&](At i) {
    At first = firstOf(keys, i);
    At count = e.sub(queries, first);
    Value probability = scoresOf(keys, i, first, count);
    At firsts[] = {e.add(keys.value, i), e.add(head.slots, first)};
    eachDim(firsts, [&](ArrayRef<At> here) {
      e.binary<FmacOp>(e.dsd(output, here[1], count), e.load(blocks, here[0]),
                       probability);
    });
  });
}

void Worker::softmaxOverKeys(At base, bool home) {
  Tour tour;
  tour.home = home;
  tour.entries = plan.keyBlock + (team() > 1 ? 2 : 1);
  eachKeys(base, tour, [&](const HeadAt &head, const KeysAt &keys) {
    settleTeam();
    partialScores(head, keys, keys.key, 0, q);
    Share share = this->share(keys.firstQuery);
    reduceScatter(scores, tour.entries, share);
    onlineSoftmax(head, keys, share);
    allGather(scores, tour.entries, share);
    followSoftmax(head, keys, share);
    addValues(head, keys);
  });
}

void Worker::normalize(const HeadAt &head) {
  settleTeam();
  Share share = this->share(e.at(0));
  auto own = [&](Value buffer) {
    return e.dsd(buffer, share.begin, share.count);
  };
  auto all = [&](Value buffer, At first) {
    return e.dsd(buffer, first, queries);
  };
  e.mov(all(shared, e.at(0)), all(sum, head.statistics));
  reduceScatter(shared, 1, share);
  whenAny(share, [&] {
    Value reciprocal = e.dsd(work, e.at(0), share.count);
    e.unary<ReciprocalOp>(reciprocal, own(shared));
    e.mov(own(scores), reciprocal);
    if (!logarithms)
      return;
    e.unary<LogOp>(own(shared), own(shared));
    e.binary<AddOp>(
        own(shared), own(shared),
        e.dsd(most, e.add(head.statistics, share.begin), share.count));
  });
  allGather(scores, 1, share);
  if (logarithms) {
    allGather(shared, 1, share);
    e.mov(all(logarithms, head.logarithms), all(shared, e.at(0)));
  }
  eachDim(head.slots, [&](ArrayRef<At> here) {
    Value o = all(output, here[0]);
    e.binary<MulOp>(o, o, all(scores, e.at(0)));
  });
}

} // namespace waferflow::fabric::attention
