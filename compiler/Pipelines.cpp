//===- Pipelines.cpp - The passes in order --------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/Passes.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

FailureOr<func::FuncOp> waferflow::entryFunction(ModuleOp module) {
  func::FuncOp entry;
  for (auto function : module.getOps<func::FuncOp>()) {
    if (!function.isPublic() || function.isDeclaration())
      continue;
    if (entry)
      return (module.emitError("expected one public function, got two")
                  .attachNote(function.getLoc())
              << "the second"),
             failure();
    entry = function;
  }
  if (!entry)
    return module.emitError("expected a public function, got none");
  return entry;
}

void waferflow::dropAssertions(func::FuncOp entry) {
  SmallVector<Operation *> checks;
  entry.walk([&](cf::AssertOp op) { checks.push_back(op); });
  for (Operation *op : checks)
    op->erase();
}

void waferflow::buildGraphToFlowPipeline(OpPassManager &passes) {
  auto simplify = [&] {
    passes.addPass(createCanonicalizerPass());
    passes.addPass(createCSEPass());
  };
  passes.addPass(createVerifyWeights());
  passes.addPass(createInlinerPass());
  passes.addPass(createSymbolDCEPass());
  simplify();
  passes.addPass(createFoldConstants());
  simplify();
  passes.addPass(createFormKernels());
  simplify();
  passes.addPass(createLabelKernels());
}

void waferflow::registerWaferflowPipelines() {
  PassPipelineRegistration<>(
      "graph-to-flow",
      "From a graph to labelled kernels: verify-weights, inline, "
      "fold-constants, form-kernels, label-kernels",
      [](OpPassManager &passes) { buildGraphToFlowPipeline(passes); });
}
