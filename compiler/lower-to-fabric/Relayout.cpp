//===- Relayout.cpp - Features move to other columns ----------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/Exchange.h"
#include "compiler/lower-to-fabric/LowerToFabric.h"

using namespace mlir;

namespace waferflow::fabric {

LogicalResult lowerRelayout(StepLowering &lowering, flow::RelayoutOp relayout) {
  ColumnLayout from = lowering.layoutOf(relayout.getFrom());
  ColumnLayout to = lowering.layoutOf(relayout.getTo());
  if (from == to) {
    lowering.alias(relayout.getResult(), relayout.getInput());
    return success();
  }
  auto result = lowering.hold(relayout.getResult());
  if (failed(result))
    return failure();
  return exchange(lowering, relayout, lowering.held(relayout.getInput()),
                  *result, movesBetween(from, to));
}

} // namespace waferflow::fabric
