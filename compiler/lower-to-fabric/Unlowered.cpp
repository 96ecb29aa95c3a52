//===- Unlowered.cpp - Kernels without a lowering yet ---------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/LowerToFabric.h"

using namespace mlir;

namespace waferflow::fabric {

LogicalResult lowerSpmm(StepLowering &, flow::SpmmOp kernel) {
  return kernel.emitOpError("has no lowering to the fabric yet");
}
LogicalResult lowerSddmm(StepLowering &, flow::SddmmOp kernel) {
  return kernel.emitOpError("has no lowering to the fabric yet");
}

} // namespace waferflow::fabric
