//===- Places.cpp - Blocks from the residual stream -----------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/label-kernels/Labels.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace waferflow;
using namespace waferflow::flow;

KernelGraph::KernelGraph(func::FuncOp entry) : entry(entry) {
  for (Operation &op : entry.getBody().front())
    if (auto kernel = dyn_cast<FlowKernel>(op))
      kernels.push_back(kernel);
}

Value KernelGraph::root(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (isa<FlowKernel>(op) || op->getNumOperands() == 0)
      break;
    value = op->getOperand(0);
  }
  return value;
}

SmallVector<FlowKernel> KernelGraph::readers(Value value) {
  SmallVector<FlowKernel> found;
  SmallVector<Value> work{value};
  while (!work.empty())
    for (Operation *user : work.pop_back_val().getUsers()) {
      if (auto kernel = dyn_cast<FlowKernel>(user))
        found.push_back(kernel);
      else
        llvm::append_range(work, user->getResults());
    }
  llvm::sort(found, [](FlowKernel a, FlowKernel b) {
    return a != b && a->isBeforeInBlock(b);
  });
  return found;
}

WeightAttr KernelGraph::weight(Value value) {
  auto arg = dyn_cast<BlockArgument>(root(value));
  return arg ? entry.getArgAttrOfType<WeightAttr>(arg.getArgNumber(),
                                                  "flow.weight")
             : WeightAttr();
}

GradientAttr KernelGraph::gradient(Value value) {
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    if (isa<func::ReturnOp>(user)) {
      if (auto found = dyn_cast_or_null<GradientAttr>(
              entry.getResultAttr(use.getOperandNumber(), "flow.gradient")))
        return found;
    } else if (!isa<FlowKernel>(user) && user->getNumResults() == 1) {
      if (GradientAttr found = gradient(user->getResult(0)))
        return found;
    }
  }
  return {};
}

void KernelGraph::place(FlowKernel kernel, Place place) {
  places[kernel] = place;
  MLIRContext *context = entry.getContext();
  kernel.setSectionAttr(KernelSectionAttr::get(context, place.section));
  if (place.section == KernelSection::Block)
    kernel.setLayerAttr(
        IntegerAttr::get(IntegerType::get(context, 64), place.layer));
}

void waferflow::markPhases(KernelGraph &graph) {
  llvm::DenseSet<Operation *> forward;
  SmallVector<Value> work;
  for (OpOperand &operand :
       graph.entry.getBody().front().getTerminator()->getOpOperands())
    if (!graph.entry.getResultAttr(operand.getOperandNumber(), "flow.gradient"))
      work.push_back(operand.get());
  while (!work.empty()) {
    Operation *op = work.pop_back_val().getDefiningOp();
    if (op && forward.insert(op).second)
      llvm::append_range(work, op->getOperands());
  }
  for (FlowKernel kernel : graph.kernels)
    if (kernel.getPhase() != KernelPhase::Recompute)
      kernel.setPhaseAttr(KernelPhaseAttr::get(graph.entry.getContext(),
                                               forward.contains(kernel)
                                                   ? KernelPhase::Forward
                                                   : KernelPhase::Backward));
}

static int64_t features(Value value) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(value.getType()).getShape();
  return shape.empty() ? 1 : shape.back();
}

namespace {
/// Kernels between two cuts, with the activation that enters and leaves.
struct Stretch {
  SmallVector<FlowKernel> kernels;
  Value in, out;

  bool has(llvm::function_ref<bool(Operation *)> is) const {
    return llvm::any_of(kernels, [&](FlowKernel k) { return is(k); });
  }
  bool attends() const {
    return has([](Operation *op) { return isa<AttentionOp>(op); });
  }
  /// Multiplies with weights and adds to the stream: what leaves is made from
  /// what enters.
  bool addsToStream() const {
    if (!in || !out || features(in) != features(out))
      return false;
    bool skips = llvm::any_of(out.getDefiningOp()->getOperands(), [&](Value v) {
      return KernelGraph::root(v) == in;
    });
    return skips && has([](Operation *op) { return isa<SpmmOp>(op); });
  }
};
} // namespace

/// Activations and weights' relatives, no labels or counts.
static bool isFloat(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && isa<FloatType>(type.getElementType());
}

static SmallVector<Stretch> cut(ArrayRef<FlowKernel> forward) {
  llvm::DenseMap<Value, int64_t> lastUse;
  for (auto [i, kernel] : llvm::enumerate(forward))
    for (Value operand : kernel->getOperands()) {
      Value root = KernelGraph::root(operand);
      if (!isa<BlockArgument>(root) && isFloat(root))
        lastUse[root] = i;
    }
  SmallVector<Stretch> stretches(1);
  llvm::SetVector<Value> live;
  for (int64_t i = 0, end = forward.size(); i < end; ++i) {
    FlowKernel kernel = forward[i];
    stretches.back().kernels.push_back(kernel);
    for (Value result : kernel->getResults())
      if (lastUse.count(result))
        live.insert(result);
    live.remove_if([&](Value v) { return lastUse[v] <= i; });
    if (live.size() != 1 || i + 1 == end)
      continue;
    stretches.back().out = live.front();
    stretches.emplace_back();
    stretches.back().in = live.front();
  }
  return stretches;
}

void waferflow::placeForward(KernelGraph &graph) {
  SmallVector<FlowKernel> forward, aside;
  for (FlowKernel kernel : graph.kernels)
    if (kernel.getPhase() == KernelPhase::Forward)
      (llvm::any_of(kernel->getResults(), isFloat) ? forward : aside)
          .push_back(kernel);
  int64_t layer = -1;
  bool inBlock = false;
  for (const Stretch &stretch : cut(forward)) {
    if (stretch.attends())
      ++layer, inBlock = true;
    else
      inBlock &= stretch.addsToStream();
    Place place{inBlock     ? KernelSection::Block
                : layer < 0 ? KernelSection::Embedding
                            : KernelSection::Head,
                inBlock ? layer : -1};
    for (FlowKernel kernel : stretch.kernels)
      graph.place(kernel, place);
  }
  // Labels and counts serve whoever reads them.
  for (FlowKernel kernel : llvm::reverse(aside)) {
    Place place{KernelSection::Head};
    for (Value result : kernel->getResults())
      for (FlowKernel reader : KernelGraph::readers(result))
        if (graph.places.count(reader) &&
            reader.getPhase() == KernelPhase::Forward)
          place = graph.places[reader];
    graph.place(kernel, place);
  }
}

namespace {
/// Finds where a backward kernel belongs.
class Backward {
public:
  explicit Backward(KernelGraph &graph) : graph(graph) {
    for (BlockArgument arg : graph.entry.getArguments())
      if (auto weight = graph.weight(arg))
        arguments[weight.getName()] = arg;
  }

  std::optional<Place> of(FlowKernel kernel) const {
    if (auto place = fromWeight(kernel))
      return place;
    if (auto place = fromValues(kernel))
      return place;
    // Else with the kernels that it continues.
    for (Value operand : llvm::reverse(kernel->getOperands()))
      if (Operation *maker = KernelGraph::root(operand).getDefiningOp())
        if (graph.places.count(maker))
          return graph.places.lookup(maker);
    return std::nullopt;
  }

private:
  /// The forward kernel of the same family that uses the weight.
  std::optional<Place> fromWeight(FlowKernel kernel) const {
    bool gathers = isa<GatherOp>(kernel.getOperation());
    SmallVector<Value> weights;
    if (auto named = kernel->getAttrOfType<StringAttr>("weight"))
      weights.push_back(arguments.lookup(named));
    for (Value operand : kernel->getOperands())
      if (graph.weight(operand))
        weights.push_back(KernelGraph::root(operand));
    for (Value weight : weights)
      if (weight)
        for (FlowKernel reader : KernelGraph::readers(weight))
          if (reader.getPhase() == KernelPhase::Forward &&
              isa<GatherOp>(reader.getOperation()) == gathers)
            return graph.places.lookup(reader);
    return std::nullopt;
  }

  /// Forward values belong to their last forward reader: what enters a block
  /// is that block's, though the block before made it.
  std::optional<Place> fromValues(FlowKernel kernel) const {
    std::optional<Place> best;
    for (Value operand : kernel->getOperands()) {
      Value root = KernelGraph::root(operand);
      auto maker = dyn_cast_or_null<FlowKernel>(root.getDefiningOp());
      if (!maker || maker.getPhase() == KernelPhase::Backward)
        continue;
      Place place = graph.places.lookup(maker);
      SmallVector<FlowKernel> readers = KernelGraph::readers(root);
      for (FlowKernel reader : llvm::reverse(readers))
        if (reader.getPhase() == KernelPhase::Forward) {
          place = graph.places.lookup(reader);
          break;
        }
      // Of several the earliest: a gradient flows back to it.
      if (!best || rank(place) < rank(*best))
        best = place;
    }
    return best;
  }

  static int64_t rank(Place place) {
    return place.section == KernelSection::Embedding ? -1
           : place.section == KernelSection::Head    ? INT64_MAX
                                                     : place.layer;
  }

  KernelGraph &graph;
  llvm::StringMap<Value> arguments;
};
} // namespace

void waferflow::placeBackward(KernelGraph &graph) {
  Backward backward(graph);
  SmallVector<FlowKernel> left;
  for (FlowKernel kernel : graph.kernels) {
    if (graph.places.count(kernel))
      continue;
    if (auto place = backward.of(kernel))
      graph.place(kernel, *place);
    else
      left.push_back(kernel);
  }
  // Made from nothing that has a place: with who reads it, else the loss.
  for (FlowKernel kernel : llvm::reverse(left)) {
    Place place{KernelSection::Head};
    for (Value result : kernel->getResults())
      for (FlowKernel reader : KernelGraph::readers(result))
        if (graph.places.count(reader))
          place = graph.places[reader];
    graph.place(kernel, place);
  }
}
