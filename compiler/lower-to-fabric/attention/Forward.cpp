//===- Forward.cpp - o = softmax(scale q k^T) v ---------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/attention/Worker.h"

using namespace mlir;

namespace waferflow::fabric::attention {

void writeForward(Worker &worker) {
  worker.beginBlocks();
  worker.clear(worker.output);
  worker.eachSequence([&](Emit::At base) {
    worker.begin();
    worker.softmaxOverKeys(base, /*home=*/false);
    worker.eachHead(base, [&](HeadAt head) { worker.normalize(head); });
  });
  worker.settleTeam();
  worker.storeOutput();
}

} // namespace waferflow::fabric::attention
