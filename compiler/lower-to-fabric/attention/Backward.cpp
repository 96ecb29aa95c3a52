//===- Backward.cpp - The gradients of queries, keys and values -----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/attention/Worker.h"

using namespace mlir;

namespace waferflow::fabric::attention {

using arith::CmpIPredicate;

/// Of the first pass: `product` is the sum over a head of o and its gradient,
/// and `most` becomes the logarithm of the sum of exponentials.
static void summarize(Worker &worker, const HeadAt &head) {
  Emit &e = worker.e;
  worker.settleTeam();
  Value products = e.dsd(worker.shared, e.at(0), worker.queries);
  e.mov(products, e.real(e.b.getF32Type(), 0));
  worker.eachDim([&](Emit::At dim) {
    Emit::At slot = e.add(head.slots, dim);
    e.binary<FmacOp>(
        products, worker.tokens(worker.output, slot, e.at(0), worker.queries),
        worker.tokens(worker.gradient, slot, e.at(0), worker.queries));
  });
  worker.reduceScatter(worker.shared, worker.chunk(), e.at(0));
  Worker::Own own = worker.own(e.at(0));
  auto write = [&] {
    auto statistics = [&](Value buffer) {
      return e.dsd(buffer, e.add(head.statistics, own.place), own.count);
    };
    Value work = e.dsd(worker.work, own.place, own.count);
    e.unary<ReciprocalOp>(work, statistics(worker.sum));
    e.binary<MulOp>(statistics(worker.product), work,
                    e.dsd(worker.shared, own.first, own.count));
    e.unary<LogOp>(work, statistics(worker.sum));
    e.binary<AddOp>(statistics(worker.most), statistics(worker.most), work);
  };
  if (worker.plan.places.teamColumns == 1)
    write();
  else
    e.when(e.compare(CmpIPredicate::sgt, own.count, e.at(0)), write);
}

/// Scores become probabilities, and their gradients those of scores.
static void differentiate(Worker &worker, const HeadAt &head,
                          const KeysAt &keys) {
  Emit &e = worker.e;
  bool wide = worker.memory.scores.element.isF32();
  Worker::Own all = worker.own(keys.firstQuery);
  auto each = [&](Emit::At i) {
    Worker::Own some = worker.ownOf(all, keys, i);
    auto statistics = [&](Value buffer) {
      return e.dsd(buffer, e.add(head.statistics, some.place), some.count);
    };
    Value score = worker.scoresOf(keys, i, some.first, some.count);
    Value gradient = worker.scoresOf(keys, e.add(i, e.at(worker.plan.keyBlock)),
                                     some.first, some.count);
    Value p = wide ? score : e.dsd(worker.work, some.place, some.count);
    Value d = wide ? gradient
                   : e.dsd(worker.work, e.add(some.place, e.at(worker.chunk())),
                           some.count);
    e.binary<SubOp>(p, score, statistics(worker.most));
    e.unary<ExpOp>(p, p);
    e.binary<SubOp>(d, gradient, statistics(worker.product));
    e.binary<MulOp>(d, d, p);
    if (wide)
      return;
    e.mov(score, p);
    e.mov(gradient, d);
  };
  auto loop = [&] { e.loop(e.at(0), keys.count, each); };
  if (worker.plan.places.teamColumns == 1)
    loop();
  else
    e.when(e.compare(CmpIPredicate::sgt, all.count, e.at(0)), loop);
}

/// What these keys add to the gradients of queries, keys and values.
static void addGradients(Worker &worker, const HeadAt &head,
                         const KeysAt &keys) {
  Emit &e = worker.e;
  e.loop(e.at(0), keys.count, [&](Emit::At i) {
    Emit::At first = worker.firstOf(keys, i);
    Emit::At count = e.sub(worker.queries, first);
    Value p = worker.scoresOf(keys, i, first, count);
    Value d = worker.scoresOf(keys, e.add(i, e.at(worker.plan.keyBlock)), first,
                              count);
    worker.eachDim([&](Emit::At dim) {
      Emit::At slot = e.add(head.slots, dim);
      auto element = [&](Emit::At at) { return e.add(e.add(at, i), dim); };
      e.binary<FmacOp>(worker.tokens(worker.output, slot, first, count),
                       e.load(worker.blocks, element(keys.key)), d);
      e.binary<DotOp>(
          e.dsd(worker.gradients, element(keys.gradientValue), e.at(1)), p,
          worker.tokens(worker.gradient, slot, first, count));
      e.binary<DotOp>(
          e.dsd(worker.gradients, element(keys.gradientKey), e.at(1)), d,
          worker.tokens(worker.q, slot, first, count));
    });
  });
}

void writeBackward(Worker &worker) {
  Emit &e = worker.e;
  const Plan &plan = worker.plan;
  const Memory &memory = worker.memory;
  worker.scaleKeys();
  worker.clear(worker.output);
  worker.clear(worker.gradients);
  worker.eachSequence([&](Emit::At base) {
    worker.begin();
    worker.softmaxOverKeys(base, /*home=*/true);
    worker.eachHead(base, [&](HeadAt head) { summarize(worker, head); });
    worker.clearOutput(base);
    Worker::Tour tour;
    tour.carries = true;
    tour.half = plan.ring % 2;
    tour.entries = 2 * plan.keyBlock;
    int64_t elements = worker.chunk() * tour.entries;
    worker.eachKeys(base, tour, [&](const HeadAt &head, const KeysAt &keys) {
      worker.settleTeam();
      worker.partialScores(head, keys, keys.key, 0, worker.q);
      worker.partialScores(head, keys, keys.value, plan.keyBlock,
                           worker.gradient);
      worker.reduceScatter(worker.scores, elements, keys.firstQuery);
      differentiate(worker, head, keys);
      worker.allGather(worker.scores, elements, keys.firstQuery);
      addGradients(worker, head, keys);
    });
  });
  worker.settleTeam();

  // What came home, in the storage type where that is another.
  int64_t extent = plan.places.slots * worker.tl();
  Value keys = e.dsd(worker.gradients, e.at(memory.home), e.at(extent));
  if (plan.body.scale != 1)
    e.binary<MulOp>(keys, keys,
                    e.real(memory.gradients.element, plan.body.scale));
  if (memory.gradients.element != memory.blocks.element) {
    e.mov(e.dsd(worker.blocks, e.at(0), e.at(extent)), keys);
    e.mov(e.dsd(worker.blocks, e.at(memory.keyElements), e.at(extent)),
          e.dsd(worker.gradients, e.at(memory.home + memory.gradientElements),
                e.at(extent)));
  }
  worker.storeOutput();
}

} // namespace waferflow::fabric::attention
