//===- Map.cpp - Element-wise work ----------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/ElementBody.h"
#include "compiler/lower-to-fabric/LowerToFabric.h"
#include "compiler/lower-to-fabric/SlotPlan.h"

using namespace mlir;

namespace waferflow::fabric {

LogicalResult lowerMap(StepLowering &lowering, flow::MapOp map) {
  ElementGraph graph;
  ElementBody body(lowering, map, graph);
  SlotPlan plan(lowering, map, graph);
  // Results of one layout are computed together.
  SmallVector<SlotPlan::Slots> jobs;
  for (OpResult result : map->getResults()) {
    unsigned index = result.getResultNumber();
    auto held = lowering.hold(result);
    if (failed(held))
      return failure();
    Sink sink{Sink::Kind::Store, *held, Combine::Add};
    if (held->kind != Held::Kind::Activation) {
      auto node = body.result(index);
      if (failed(node))
        return failure();
      plan.add(*node, sink);
      continue;
    }
    auto *job = llvm::find_if(jobs, [&](const SlotPlan::Slots &slots) {
      return slots.layout == held->layout;
    });
    if (job == jobs.end()) {
      jobs.push_back({held->layout, {}, {}, false});
      job = &jobs.back();
      job->nodes.resize(lowering.orderOf(held->layout).features());
    }
    job->sinks.push_back(sink);
    FeatureOrder order = lowering.orderOf(held->layout);
    for (auto [feature, nodes] : llvm::enumerate(job->nodes)) {
      if (order.column[feature] < 0)
        continue;
      auto node = body.result(index, static_cast<int64_t>(feature));
      if (failed(node))
        return failure();
      nodes.push_back(*node);
    }
  }
  for (SlotPlan::Slots &slots : jobs)
    plan.add(std::move(slots));
  if (failed(plan.prepare()))
    return failure();
  Phase phase(lowering, map);
  plan.inject(phase);
  Code code(phase, "all", lowering.everywhere());
  Emit e(code.local("main", /*start=*/true));
  plan.emit(code, e);
  return success();
}

} // namespace waferflow::fabric
