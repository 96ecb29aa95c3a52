//===- Forward.cpp - o = softmax(scale q k^T) v ---------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/attention/Worker.h"

using namespace mlir;

namespace waferflow::fabric::attention {

/// Divides what a head has summed up by the sum of its exponentials.
static void normalize(Worker &worker, const HeadAt &head) {
  Emit &e = worker.e;
  Worker::Own own = worker.own(e.at(0));
  auto write = [&] {
    Value reciprocal = e.dsd(worker.work, own.place, own.count);
    e.unary<ReciprocalOp>(
        reciprocal,
        e.dsd(worker.sum, e.add(head.statistics, own.place), own.count));
    e.mov(e.dsd(worker.scores, own.first, own.count), reciprocal);
  };
  worker.settleTeam();
  if (worker.plan.places.teamColumns == 1)
    write();
  else
    e.when(e.compare(arith::CmpIPredicate::sgt, own.count, e.at(0)), write);
  worker.allGather(worker.scores, worker.chunk(), e.at(0));
  worker.eachDim([&](Emit::At dim) {
    Value o = worker.tokens(worker.output, e.add(head.slots, dim), e.at(0),
                            worker.queries);
    e.binary<MulOp>(o, o, e.dsd(worker.scores, e.at(0), worker.queries));
  });
}

void writeForward(Worker &worker) {
  worker.scaleKeys();
  worker.clear(worker.output);
  worker.eachSequence([&](Emit::At base) {
    worker.begin();
    worker.softmaxOverKeys(base, /*home=*/false);
    worker.eachHead(base, [&](HeadAt head) { normalize(worker, head); });
  });
  worker.settleTeam();
  worker.storeOutput();
}

} // namespace waferflow::fabric::attention
