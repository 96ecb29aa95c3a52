//===- Reduce.cpp - Sums and maxima over features, tokens or both ---------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/elements/ElementBody.h"
#include "compiler/lower-to-fabric/Collect.h"
#include "compiler/lower-to-fabric/LowerToFabric.h"
#include "compiler/lower-to-fabric/SlotPlan.h"

#include <memory>

using namespace mlir;

namespace waferflow::fabric {

namespace {

using Kind = Element::Kind;

class Reducer {
public:
  Reducer(StepLowering &lowering, flow::ReduceOp reduce)
      : lowering(lowering), reduce(reduce),
        body(lowering.elementInputs(), reduce, graph) {}

  LogicalResult run() {
    for (OpResult result : reduce->getResults()) {
      bool ofFeatures = cast<RankedTensorType>(result.getType()).getRank() == 1;
      if (failed(ofFeatures ? featureGradient(result) : addRoot(result)))
        return failure();
    }
    return roots.empty() ? success() : reductions();
  }

private:
  struct Root {
    OpResult result;
    int32_t node;
    Held held;
    bool done = false;
  };

  LogicalResult addRoot(OpResult result) {
    auto node = body.result(result.getResultNumber());
    if (failed(node))
      return failure();
    auto held = lowering.hold(result);
    if (failed(held))
      return failure();
    if (held->kind == Held::Kind::Activation)
      return reduce.emitOpError("has a result with features, which a "
                                "reduction leaves in no column");
    roots.push_back({result, *node, *held});
    return success();
  }

  /// The layout in which terms are counted.
  FailureOr<flow::LayoutAttr> layout() {
    if (flow::LayoutAttr in = reduce.getInLayoutAttr())
      return in;
    for (Value operand : reduce->getOperands())
      if (lowering.isHeld(operand) && lowering.held(operand).layout)
        return lowering.held(operand).layout;
    return reduce.emitOpError("reduces features, but none of its inputs has "
                              "a layout");
  }

  Type typeOf(Number number) {
    return computedType(number, reduce.getContext());
  }

  /// Where the value of a reduction goes: to a result that is nothing else.
  FailureOr<Held> target(int32_t node, int64_t extent) {
    for (Root &root : roots)
      if (root.node == node &&
          root.held.element == typeOf(graph[node].number) &&
          root.held.extent == extent) {
        root.done = true;
        return root.held;
      }
    return lowering.scratch(reduce, typeOf(graph[node].number), extent);
  }

  LogicalResult reductions() {
    std::vector<int32_t> wanted;
    for (const Root &root : roots)
      wanted.push_back(root.node);
    std::vector<int32_t> nodes = graph.reductionsOf(wanted);
    std::vector<std::pair<int32_t, Held>> known;
    auto plan = [&] {
      SlotPlan plan(lowering, reduce, graph);
      for (auto &[node, held] : known)
        plan.bind(node, held);
      return plan;
    };
    // What remains to be done with what has been reduced.
    auto rest = [&](SlotPlan &plan) {
      for (Root &root : roots)
        if (!root.done)
          plan.add(root.node, {Sink::Kind::Store, root.held, Combine::Add});
      return plan.prepare();
    };
    if (nodes.empty()) {
      SlotPlan after = plan();
      if (failed(rest(after)))
        return failure();
      Phase phase(lowering, reduce);
      after.inject(phase);
      Code code(phase, "all", lowering.everywhere());
      Emit e(code.local("main", /*start=*/true));
      after.emit(code, e);
      return success();
    }
    for (size_t i = 0; i < nodes.size(); ++i) {
      int32_t node = nodes[i];
      const Element element = graph[node];
      bool overFeatures = element.kind == Kind::OverFeatures;
      if (element.ofFeature)
        return reduce.emitOpError("goes on with what it sums up over tokens "
                                  "for each feature");
      int64_t extent = element.ofToken ? lowering.tokensPerCore() : 1;
      auto from = lowering.scratch(reduce, typeOf(element.number), extent);
      auto to = target(node, extent);
      if (failed(from) || failed(to))
        return failure();
      Combine combine = overFeatures ? graph.reduction(element.index).combine
                                     : element.combine;
      Sink sink{element.ofToken ? Sink::Kind::OverFeatures
                                : Sink::Kind::OverTokens,
                *from, combine};
      SlotPlan before = plan();
      int64_t begin = 0, end = lowering.tokens.groupColumns;
      if (overFeatures) {
        auto slots = terms(graph.reduction(element.index), sink);
        if (failed(slots))
          return failure();
        ColumnLayout columns = lowering.layoutOf(slots->layout);
        while (end > 1 && columns.slotsOf(end - 1) == 0)
          --end;
        while (begin < end - 1 && columns.slotsOf(begin) == 0)
          ++begin;
        before.add(std::move(*slots));
      } else {
        before.add(element.arguments[0], sink);
      }
      if (failed(before.prepare()))
        return failure();
      known.push_back({node, *to});
      bool last = i + 1 == nodes.size();
      SlotPlan after = plan();
      if (last && failed(rest(after)))
        return failure();
      Phase phase(lowering, reduce,
                  last ? std::string() : "part" + std::to_string(i));
      before.inject(phase);
      if (last)
        after.inject(phase);
      auto first = [&](Code &code, Emit &e) { before.emit(code, e); };
      auto second = [&](Code &code, Emit &e) {
        if (last)
          after.emit(code, e);
      };
      if (element.ofToken)
        collectRows(phase, *from, *to, combine, begin, end, first, second);
      else
        collectScalar(phase, *from, *to, combine, overFeatures, first, second);
    }
    return success();
  }

  FailureOr<SlotPlan::Slots> terms(const Reduction &reduction,
                                   const Sink &sink) {
    auto where = layout();
    if (failed(where))
      return failure();
    SlotPlan::Slots slots{*where, {sink}, {}, /*once=*/true};
    slots.nodes.resize(lowering.orderOf(*where).features());
    for (const Reduction::Term &term : reduction.terms) {
      int64_t feature = graph.featureOf(term.node, term.feature);
      if (feature >= static_cast<int64_t>(slots.nodes.size()) ||
          !slots.nodes[feature].empty())
        return reduce.emitOpError("reduces other features than those of ")
               << *where;
      slots.nodes[feature] = {term.node};
    }
    return slots;
  }

  /// One sum over all tokens for each feature: down the columns, to the edge.
  LogicalResult featureGradient(OpResult result) {
    auto name = lowering.resultName(result);
    if (!name || !StringRef(*name).ends_with(".grad"))
      return reduce.emitOpError("sums up over tokens for each feature; only "
                                "the gradient of a weight leaves the columns");
    auto where = layout();
    if (failed(where))
      return failure();
    int64_t slots = lowering.layoutOf(*where).slots();
    auto sums = lowering.scratch(reduce, typeOf(Number::Real), slots);
    if (failed(sums))
      return failure();
    SlotPlan::Slots job{*where,
                        {{Sink::Kind::OverTokens, *sums, Combine::Add}},
                        {},
                        /*once=*/false};
    job.nodes.resize(lowering.orderOf(*where).features());
    for (auto [feature, nodes] : llvm::enumerate(job.nodes)) {
      auto node =
          body.result(result.getResultNumber(), static_cast<int64_t>(feature));
      if (failed(node))
        return failure();
      const Element &sum = graph[*node];
      if (sum.kind != Kind::OverTokens || sum.combine != Combine::Add)
        return reduce.emitOpError("expected a sum over tokens for each "
                                  "feature, and nothing behind it");
      nodes = {sum.arguments[0]};
    }
    SlotPlan plan(lowering, reduce, graph);
    plan.add(std::move(job));
    if (failed(plan.prepare()))
      return failure();
    Phase phase(lowering, reduce);
    plan.inject(phase);
    South south = routeSouth(phase);
    auto host = HostAttr::get(reduce.getContext(), *name, "feature_gradient",
                              *where, {}, false, 0, 0, {});
    phase.drain(south.last(), 0, lowering.columns(), *name, host, sums->element,
                slots);
    ColumnLayout columns = lowering.layoutOf(*where);
    SmallVector<int64_t> counts;
    for (int64_t c = 0; c < columns.columns(); ++c)
      counts.push_back(columns.slotsOf(c));
    eachRow(south, [&](Code &code, Emit &e, Value in, Value out) {
      plan.emit(code, e);
      Emit::At count = e.perColumn(lowering, counts);
      Value own = e.dsd(code.buffer(*sums), e.at(0), count);
      Value down = e.fabout(out, count, sums->element);
      How once;
      once.configured = false;
      if (in)
        e.binary<AddOp>(down, e.fabin(in, count, sums->element), own, once);
      else
        e.mov(down, own, once);
    });
    return success();
  }

  StepLowering &lowering;
  flow::ReduceOp reduce;
  ElementGraph graph;
  ElementBody body;
  std::vector<Root> roots;
};

} // namespace

LogicalResult lowerReduce(StepLowering &lowering, flow::ReduceOp reduce) {
  return Reducer(lowering, reduce).run();
}

} // namespace waferflow::fabric
