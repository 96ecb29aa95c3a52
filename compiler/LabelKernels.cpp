//===- LabelKernels.cpp - Layer, phase and section of every kernel --------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The forward pass is cut where a single activation carries everything on: the
// residual stream. A block is a stretch with attention and the stretches behind
// it that add to the stream. Backward kernels belong where the forward values
// and weights belong that they use.
//
//===----------------------------------------------------------------------===//
#include "compiler/Passes.h"
#include "compiler/label-kernels/Labels.h"

using namespace mlir;

namespace waferflow {
#define GEN_PASS_DEF_LABELKERNELS
#include "compiler/Passes.h.inc"

namespace {
struct LabelKernels : impl::LabelKernelsBase<LabelKernels> {
  void runOnOperation() override {
    FailureOr<func::FuncOp> entry = entryFunction(getOperation());
    if (failed(entry))
      return signalPassFailure();
    KernelGraph graph(*entry);
    markPhases(graph);
    placeForward(graph);
    placeBackward(graph);
    nameKernels(graph);
  }
};
} // namespace
} // namespace waferflow
