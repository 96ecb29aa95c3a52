//===- Backward.cpp - The gradients of queries, keys and values -----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/attention/Worker.h"

using namespace mlir;

namespace waferflow::fabric::attention {

/// `product` is the sum over a head of o and its gradient.
static void summarize(Worker &worker, const HeadAt &head) {
  Emit &e = worker.e;
  worker.settleTeam();
  Value products = e.dsd(worker.shared, e.at(0), worker.queries);
  e.mov(products, e.real(e.b.getF32Type(), 0));
  Value output = worker.forwardOutput ? worker.forwardOutput : worker.output;
  worker.eachDim(head.slots, [&](ArrayRef<Emit::At> here) {
    e.binary<FmacOp>(products, e.dsd(output, here[0], worker.queries),
                     e.dsd(worker.gradient, here[0], worker.queries));
  });
  Worker::Share share = worker.share(e.at(0));
  worker.reduceScatter(worker.shared, 1, share);
  worker.allGather(worker.shared, 1, share);
  e.mov(e.dsd(worker.product, head.statistics, worker.queries), products);
}

/// Scores become probabilities, and their gradients those of scores.
static void differentiate(Worker &worker, const HeadAt &head,
                          const KeysAt &keys, const Worker::Share &share) {
  Emit &e = worker.e;
  bool wide = worker.memory.scores.element.isF32();
  worker.whenAny(share, [&] {
    worker.eachQuery(share, keys, [&](Emit::At query, Emit::At seen) {
      Emit::At scored = e.mul(query, e.at(keys.entries));
      Value p = e.dsd(worker.scores, scored, seen);
      Value d =
          e.dsd(worker.scores, e.add(scored, e.at(worker.plan.keyBlock)), seen);
      // In f32 where scores are not, and rounded once.
      auto inWork = [&](Value value) {
        return wide ? value : e.dsd(worker.work, e.at(0), seen);
      };
      Value exponent = inWork(p), product = inWork(d);
      e.binary<SubOp>(exponent, p,
                      e.load(worker.logarithms, e.add(head.logarithms, query)));
      e.unary<ExpOp>(exponent, exponent);
      if (!wide)
        e.mov(p, exponent);
      e.binary<SubOp>(product, d,
                      e.load(worker.product, e.add(head.statistics, query)));
      e.binary<MulOp>(product, product, p);
      if (!wide)
        e.mov(d, product);
    });
  });
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
    Emit::At firsts[] = {e.add(head.slots, first), e.add(keys.key, i),
                         e.add(keys.gradientKey, i),
                         e.add(keys.gradientValue, i)};
    worker.eachDim(firsts, [&](ArrayRef<Emit::At> here) {
      e.binary<FmacOp>(e.dsd(worker.output, here[0], count),
                       e.load(worker.blocks, here[1]), d);
      e.binary<DotOp>(e.dsd(worker.gradients, here[3], e.at(1)), p,
                      e.dsd(worker.gradient, here[0], count));
      e.binary<DotOp>(e.dsd(worker.gradients, here[2], e.at(1)), d,
                      e.dsd(worker.q, here[0], count));
    });
  });
}

/// What came home is scaled, and stored where keys and values were if that is
/// of another type.
static void bringHome(Worker &worker) {
  Emit &e = worker.e;
  const Plan &plan = worker.plan;
  const Memory &memory = worker.memory;
  Emit::At extent = e.at(plan.places.slots * worker.tl());
  auto part = [&](Value buffer, int64_t first) {
    return e.dsd(buffer, e.at(first), extent);
  };
  Value keys = part(worker.gradients, memory.home);
  Type type = memory.gradients.element;
  if (plan.body.scale != 1)
    e.binary<MulOp>(keys, keys, e.real(type, plan.body.scale));
  if (type == memory.blocks.element)
    return;
  e.mov(part(worker.blocks, 0), keys);
  e.mov(part(worker.blocks, memory.keyElements),
        part(worker.gradients, memory.home + memory.gradientElements));
}

void writeBackward(Worker &worker) {
  const Plan &plan = worker.plan;
  const Memory &memory = worker.memory;
  bool firstPass = !worker.forwardOutput;
  worker.beginBlocks();
  bool readsOutput = memory.overOutput && worker.output == worker.forwardOutput;
  if (!readsOutput)
    worker.clear(worker.output);
  worker.clear(worker.gradients);
  worker.eachSequence([&](Emit::At base) {
    if (firstPass) {
      worker.begin();
      worker.softmaxOverKeys(base, /*home=*/true);
      worker.eachHead(base, [&](HeadAt head) { worker.normalize(head); });
    }
    worker.eachHead(base, [&](HeadAt head) { summarize(worker, head); });
    if (firstPass || readsOutput)
      worker.clearOutput(base);
    Worker::Tour tour;
    tour.carries = true;
    tour.half = firstPass ? plan.ring % 2 : 0;
    tour.entries = 2 * plan.keyBlock;
    worker.eachKeys(base, tour, [&](const HeadAt &head, const KeysAt &keys) {
      worker.settleTeam();
      worker.partialScores(head, keys, keys.key, 0, worker.q);
      worker.partialScores(head, keys, keys.value, plan.keyBlock,
                           worker.gradient);
      Worker::Share share = worker.share(keys.firstQuery);
      worker.reduceScatter(worker.scores, tour.entries, share);
      differentiate(worker, head, keys, share);
      worker.allGather(worker.scores, tour.entries, share);
      addGradients(worker, head, keys);
    });
  });
  worker.settleTeam();

  if (!plan.inPlace())
    bringHome(worker);
  worker.storeOutput();
}

} // namespace waferflow::fabric::attention
