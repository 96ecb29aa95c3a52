//===- Map.cpp - Element-wise work ----------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/elements/ElementBody.h"
#include "compiler/lower-to-fabric/LowerToFabric.h"
#include "compiler/lower-to-fabric/SlotPlan.h"

using namespace mlir;

namespace waferflow::fabric {

namespace {

/// Which feature of an input each node reads: every one that it can write over
/// must be that of the node's own place.
class Overwrites {
public:
  Overwrites(const StepLowering &lowering, flow::MapOp map,
             const ElementGraph &graph, int64_t address)
      : lowering(lowering), map(map), graph(graph), address(address),
        known(graph.size()) {}

  bool readsOnly(int32_t node, int64_t feature) {
    int64_t read = featureOf(node);
    return read == none || read == feature;
  }

private:
  static constexpr int64_t none = -1, several = -2;

  int64_t featureOf(int32_t node) {
    if (known[node])
      return *known[node];
    const Element &element = graph[node];
    int64_t read = none;
    if (element.kind == Element::Kind::OverFeatures ||
        element.kind == Element::Kind::OverTokens)
      read = several;
    if (element.kind == Element::Kind::Activation &&
        lowering.held(map->getOperand(element.input)).address == address)
      read = element.index;
    for (int32_t argument : element.arguments) {
      int64_t other = argument < 0 ? none : featureOf(argument);
      if (other != none)
        read = read == none || read == other ? other : several;
    }
    known[node] = read;
    return read;
  }

  const StepLowering &lowering;
  flow::MapOp map;
  const ElementGraph &graph;
  int64_t address;
  std::vector<std::optional<int64_t>> known; ///< by node
};

/// A result with features, and the node of each feature.
struct Wide {
  OpResult result;
  std::vector<int32_t> nodes;
};

/// The input that each result takes the place of, if any: nobody reads it
/// afterwards, and each of its places is read only for the same place of the
/// results. Results are computed before any is stored.
std::vector<Value> findPlaces(StepLowering &lowering, flow::MapOp map,
                              const ElementGraph &graph,
                              ArrayRef<Wide> results) {
  std::vector<Value> places(results.size());
  // What is copied would be read after it was written over.
  for (const Wide &wide : results)
    for (int32_t node : wide.nodes)
      if (node >= 0 && results.size() > 1 &&
          graph[node].kind == Element::Kind::Activation)
        return places;
  for (Value operand : llvm::SmallSetVector<Value, 4>(map->operand_begin(),
                                                      map->operand_end())) {
    if (!lowering.diesIn(operand, map))
      continue;
    const Held &held = lowering.held(operand);
    Overwrites overwrites(lowering, map, graph, held.address);
    bool inPlace = true;
    for (const Wide &wide : results)
      for (auto [feature, node] : llvm::enumerate(wide.nodes))
        inPlace &= node < 0 ||
                   overwrites.readsOnly(node, static_cast<int64_t>(feature));
    for (size_t i = 0; i < results.size() && inPlace; ++i) {
      Held shape = lowering.shapeOf(results[i].result);
      if (!places[i] && held.kind == shape.kind &&
          held.layout == shape.layout && held.element == shape.element &&
          held.extent == shape.extent) {
        places[i] = operand;
        break;
      }
    }
  }
  return places;
}

} // namespace

LogicalResult lowerMap(StepLowering &lowering, flow::MapOp map) {
  ElementGraph graph;
  ElementBody body(lowering.elementInputs(), map, graph);
  SlotPlan plan(lowering, map, graph);
  std::vector<Wide> wide;
  for (OpResult result : map->getResults()) {
    unsigned index = result.getResultNumber();
    Held shape = lowering.shapeOf(result);
    if (shape.kind != Held::Kind::Activation) {
      auto node = body.result(index);
      auto held = lowering.hold(result);
      if (failed(node) || failed(held))
        return failure();
      plan.add(*node, {Sink::Kind::Store, *held, Combine::Add});
      continue;
    }
    FeatureOrder order = lowering.orderOf(shape.layout);
    wide.push_back({result, std::vector<int32_t>(order.features(), -1)});
    for (auto [feature, of] : llvm::enumerate(wide.back().nodes)) {
      if (order.column[feature] < 0)
        continue;
      auto node = body.result(index, static_cast<int64_t>(feature));
      if (failed(node))
        return failure();
      of = *node;
    }
  }
  // Results of one layout are computed together.
  SmallVector<SlotPlan::Slots> jobs;
  std::vector<Value> places = findPlaces(lowering, map, graph, wide);
  for (auto [i, each] : llvm::enumerate(wide)) {
    if (places[i])
      lowering.alias(each.result, places[i]);
    else if (failed(lowering.hold(each.result)))
      return failure();
    const Held &held = lowering.held(each.result);
    auto *job = llvm::find_if(jobs, [&](const SlotPlan::Slots &slots) {
      return slots.layout == held.layout;
    });
    if (job == jobs.end()) {
      jobs.push_back({held.layout, {}, {}, false});
      job = &jobs.back();
      job->nodes.resize(each.nodes.size());
    }
    job->together = wide.size() > 1 && llvm::any_of(places, [](Value place) {
                      return static_cast<bool>(place);
                    });
    job->sinks.push_back({Sink::Kind::Store, held, Combine::Add});
    for (auto [list, node] : llvm::zip(job->nodes, each.nodes))
      if (node >= 0)
        list.push_back(node);
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
