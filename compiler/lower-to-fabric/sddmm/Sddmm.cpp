//===- Sddmm.cpp - A weight's gradient at its mask, or dense --------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One side stays: columns hold its features. The other side's vectors, the rows
// of the stream, are sent along x one after the other, each from the column
// that holds it (Broadcast). A position of the mask is a dot (Worker); the dots
// of a row are one vector, added up down y and drained (Results).
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/LowerToFabric.h"
#include "compiler/lower-to-fabric/sddmm/Worker.h"

using namespace mlir;

namespace waferflow::fabric {

LogicalResult lowerSddmm(StepLowering &lowering, flow::SddmmOp sddmm) {
  auto plan = sddmm::Plan::of(lowering, sddmm);
  if (failed(plan))
    return failure();
  Phase phase(lowering, sddmm);
  Value positions;
  if (!plan->dense) {
    int64_t columns = lowering.columns();
    StringRef weight = *sddmm.getWeight();
    positions = phase.color();
    phase.routeDown(positions, 0, columns, lowering.rows());
    phase.inject(positions, 0, columns, weight, plan->host(weight, "mask"),
                 IntegerType::get(sddmm.getContext(), 32), false, sddmm::rowEnd,
                 false, sddmm::Plan::places);
  }
  auto broadcast = sddmm::Broadcast::create(phase, *plan);
  if (failed(broadcast))
    return failure();
  sddmm::Results results(phase, *plan);
  sddmm::Worker worker(*plan, *broadcast, results, positions);
  worker.write(phase, true);
  if (lowering.rows() > 1)
    worker.write(phase, false);
  return success();
}

} // namespace waferflow::fabric
