//===- PlaceKernels.cpp - A rectangle for every kernel --------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/MappedStep.h"

using namespace mlir;

namespace waferflow::flow {

namespace {

/// The layout in which a spmm reads must be the one its input was made in.
LogicalResult verifyLayouts(FlowKernel kernel) {
  auto spmm = dyn_cast<SpmmOp>(kernel.getOperation());
  if (!spmm)
    return success();
  auto wanted = kernel.getInLayout();
  if (!wanted)
    return kernel->emitOpError("expected an in_layout; run choose-mapping");
  auto relayout = spmm.getX().getDefiningOp<RelayoutOp>();
  int64_t made = relayout ? relayout.getTo().getGo() : 1;
  if (relayout ? relayout.getTo() == *wanted : wanted->getGo() == 1)
    return success();
  InFlightDiagnostic diagnostic = kernel->emitOpError("expected its input in ")
                                  << wanted->getGo() << " output groups, got "
                                  << made << "; run insert-relayouts";
  if (Operation *producer = spmm.getX().getDefiningOp())
    diagnostic.attachNote(producer->getLoc()) << "the input is made here";
  return diagnostic;
}

} // namespace

LogicalResult placeKernels(ModuleOp module) {
  auto mapped = readMappedStep(module);
  if (failed(mapped))
    return failure();
  const TokenLayout &tokens = mapped->solution.tokens;
  auto region =
      RegionAttr::get(module.getContext(), 0, 0,
                      tokens.groups * tokens.groupColumns, tokens.rowsUsed);
  for (FlowKernel kernel : mapped->shape.kernels) {
    if (failed(verifyLayouts(kernel)))
      return failure();
    kernel.setPlacementAttr(region);
  }
  return success();
}

} // namespace waferflow::flow
