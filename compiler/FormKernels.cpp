//===- FormKernels.cpp - From ops to kernels ------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/Passes.h"
#include "compiler/form-kernels/Plan.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace waferflow {
#define GEN_PASS_DEF_FORMKERNELS
#include "compiler/Passes.h.inc"

namespace {
struct FormKernels : impl::FormKernelsBase<FormKernels> {
  void runOnOperation() override {
    FailureOr<func::FuncOp> entry = entryFunction(getOperation());
    if (failed(entry))
      return signalPassFailure();
    dropAssertions(*entry);
    // Positions of maxima that nobody reads and the like are no work.
    RewritePatternSet patterns(&getContext());
    linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
    if (failed(applyPatternsGreedily(*entry, std::move(patterns))))
      return signalPassFailure();
    FailureOr<Graph> graph = Graph::of(*entry);
    if (failed(graph))
      return signalPassFailure();
    KernelPlan plan(*graph);
    if (failed(planContractions(plan)) || failed(planAttention(plan)) ||
        failed(clusterElementwise(plan)) || failed(emitKernels(plan)))
      return signalPassFailure();
  }
};
} // namespace
} // namespace waferflow
