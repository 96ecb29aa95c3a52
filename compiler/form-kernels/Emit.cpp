//===- Emit.cpp - Replaces the graph's ops by flow kernels ----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/form-kernels/Boundary.h"
#include "compiler/form-kernels/Plan.h"

#include "dialects/flow/Flow.h"

#include "llvm/ADT/SmallSet.h"

#include <queue>

using namespace mlir;
using namespace waferflow;

namespace {
/// What a kernel reads and the ops that it holds, in program order.
struct Body {
  SmallVector<Value> inputs; ///< arguments, then other kernels' outputs
  SmallVector<Operation *> ops;
};

class Emitter {
public:
  explicit Emitter(KernelPlan &plan)
      : plan(plan), graph(plan.graph),
        builder(graph.entry.getBody().front().getTerminator()) {}
  LogicalResult run();

private:
  Body bodyOf(int id) const;
  LogicalResult order(SmallVectorImpl<int> &result) const;
  Value atBoundary(Value value);
  void emit(int id);
  void emitRegion(int id, const Body &body);
  Operation *createKernel(const PlannedKernel &kernel, Location loc,
                          TypeRange types, ValueRange inputs);
  flow::ReduceAxis axisOf(Operation *op) const;
  void emitReturn();

  KernelPlan &plan;
  Graph &graph;
  OpBuilder builder;
  std::vector<Body> bodies;
  llvm::DenseMap<Value, Value> made; ///< graph value -> value at the boundary
};
} // namespace

Body Emitter::bodyOf(int id) const {
  llvm::SetVector<Value> inputs;
  llvm::SetVector<Operation *> ops;
  SmallVector<Value> work;
  auto hold = [&](Operation *op) {
    if (ops.insert(op))
      llvm::append_range(work, Graph::inputs(op));
  };
  for (Value output : plan.kernels[id].outputs)
    hold(output.getDefiningOp());
  while (!work.empty()) {
    Value value = work.pop_back_val();
    int maker = plan.maker(value);
    if (isa<BlockArgument>(value) || (maker >= 0 && maker != id))
      inputs.insert(value);
    else
      hold(value.getDefiningOp());
  }
  Body body{inputs.takeVector(), {}};
  llvm::append_range(body.ops, ops);
  llvm::sort(body.ops, [&](Operation *a, Operation *b) {
    return graph.position(a) < graph.position(b);
  });
  // Attention reads queries and keys first; then arguments, then values in
  // order.
  ArrayRef<Value> leading = plan.kernels[id].leading;
  auto key = [&](Value value) {
    int64_t lead = llvm::find(leading, value) - leading.begin();
    if (auto arg = dyn_cast<BlockArgument>(value))
      return std::tuple<int64_t, int64_t, int64_t>(lead, -1,
                                                   arg.getArgNumber());
    auto result = cast<OpResult>(value);
    return std::tuple<int64_t, int64_t, int64_t>(
        lead, graph.position(result.getOwner()), result.getResultNumber());
  };
  llvm::sort(body.inputs, [&](Value a, Value b) { return key(a) < key(b); });
  return body;
}

/// Kernels after their inputs, otherwise as the graph had them.
LogicalResult Emitter::order(SmallVectorImpl<int> &result) const {
  size_t count = plan.kernels.size();
  std::vector<int> missing(count, 0);
  std::vector<SmallVector<int>> users(count);
  using Entry = std::pair<int64_t, int>; // position, kernel
  std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>> ready;
  auto position = [&](int id) {
    return graph.position(plan.kernels[id].outputs.back().getDefiningOp());
  };
  size_t wanted = 0;
  for (size_t id = 0; id < count; ++id) {
    if (plan.kernels[id].outputs.empty())
      continue;
    ++wanted;
    llvm::SmallSet<int, 8> makers;
    for (Value input : bodies[id].inputs)
      if (int maker = plan.maker(input); maker >= 0)
        makers.insert(maker);
    missing[id] = makers.size();
    for (int maker : makers)
      users[maker].push_back(id);
    if (makers.empty())
      ready.push({position(id), id});
  }
  while (!ready.empty()) {
    int id = ready.top().second;
    ready.pop();
    result.push_back(id);
    for (int user : users[id])
      if (--missing[user] == 0)
        ready.push({position(user), user});
  }
  if (result.size() != wanted)
    return graph.entry.emitError("expected kernels without cycles, got ")
           << wanted - result.size() << " in cycles";
  return success();
}

/// The value of a view's root between kernels.
Value Emitter::atBoundary(Value value) {
  Value root = graph.root(value);
  if (Value found = made.lookup(root))
    return found;
  assert(isa<BlockArgument>(root) && "made by no kernel");
  return made[root] = toBoundary(builder, graph.axes, root, root);
}

flow::ReduceAxis Emitter::axisOf(Operation *op) const {
  bool x = false, y = false;
  auto reduction = cast<linalg::LinalgOp>(op);
  Dims loops = graph.axes.loops(reduction);
  SmallVector<unsigned> reduced;
  reduction.getReductionDims(reduced);
  for (unsigned loop : reduced)
    for (Factor factor : loops[loop])
      (factor.axis == Axis::Other ? x : y) = true;
  if (x && y)
    return flow::ReduceAxis::XY;
  // A pick at an index has no reduction loop; it crosses the features.
  return y ? flow::ReduceAxis::Y : flow::ReduceAxis::X;
}

Operation *Emitter::createKernel(const PlannedKernel &kernel, Location loc,
                                 TypeRange types, ValueRange inputs) {
  OperationState state(loc, "");
  MLIRContext *context = builder.getContext();
  auto direction = flow::DirectionAttr::get(
      context,
      kernel.backward ? flow::Direction::Backward : flow::Direction::Forward);
  StringRef name;
  if (kernel.kind == KernelKind::Map) {
    name = flow::MapOp::getOperationName();
  } else if (kernel.kind == KernelKind::Reduce) {
    name = flow::ReduceOp::getOperationName();
    state.addAttribute("axis",
                       flow::ReduceAxisAttr::get(
                           context, axisOf(kernel.outputs[0].getDefiningOp())));
  } else if (kernel.kind == KernelKind::Gather) {
    name = flow::GatherOp::getOperationName();
    state.addAttribute("direction", direction);
    if (auto gradient = dyn_cast_or_null<flow::GradientAttr>(kernel.gradient))
      state.addAttribute("weight", builder.getStringAttr(gradient.getWeight()));
  } else {
    name = flow::AttentionOp::getOperationName();
    state.addAttribute("direction", direction);
    if (kernel.causal)
      state.addAttribute("causal", builder.getUnitAttr());
    for (auto [key, value] :
         {std::pair<StringRef, int64_t>{"heads", kernel.heads},
          {"kv_heads", kernel.kvHeads},
          {"head_dim", kernel.headDim},
          {"batch", graph.axes.batch()},
          {"seq", graph.axes.seq()}})
      state.addAttribute(key, builder.getI64IntegerAttr(value));
  }
  state.name = OperationName(name, context);
  state.addTypes(types);
  state.addOperands(inputs);
  state.addRegion();
  return builder.create(state);
}

void Emitter::emitRegion(int id, const Body &body) {
  const PlannedKernel &kernel = plan.kernels[id];
  SmallVector<Value> inputs;
  SmallVector<Location> locs;
  for (Value input : body.inputs) {
    inputs.push_back(isa<BlockArgument>(input) ? input : made.lookup(input));
    locs.push_back(input.getLoc());
  }
  SmallVector<Type> types;
  for (Value output : kernel.outputs)
    types.push_back(boundaryType(graph.axes, output));
  Operation *op =
      createKernel(kernel, kernel.outputs.back().getLoc(), types, inputs);
  Block *block = builder.createBlock(&op->getRegion(0), {},
                                     ValueRange(inputs).getTypes(), locs);
  IRMapping mapping;
  for (auto [input, arg] : llvm::zip_equal(body.inputs, block->getArguments()))
    mapping.map(input, isa<BlockArgument>(input)
                           ? Value(arg)
                           : fromBoundary(builder, graph.axes, input, arg));
  for (Operation *held : body.ops)
    builder.clone(*held, mapping);
  SmallVector<Value> yields;
  for (Value output : kernel.outputs)
    yields.push_back(
        toBoundary(builder, graph.axes, output, mapping.lookup(output)));
  flow::YieldOp::create(builder, op->getLoc(), yields);
  builder.setInsertionPointAfter(op);
  for (auto [output, result] :
       llvm::zip_equal(kernel.outputs, op->getResults()))
    made[output] = result;
}

void Emitter::emit(int id) {
  const PlannedKernel &kernel = plan.kernels[id];
  Value output = kernel.outputs.front();
  Location loc = output.getLoc();
  if (kernel.kind == KernelKind::Spmm) {
    Value x = atBoundary(kernel.x);
    made[output] =
        flow::SpmmOp::create(builder, loc, x, kernel.weight, kernel.transposed);
  } else if (kernel.kind == KernelKind::Sddmm) {
    Value dy = atBoundary(kernel.dy), x = atBoundary(kernel.x);
    auto gradient = dyn_cast_or_null<flow::GradientAttr>(kernel.gradient);
    Value result = flow::SddmmOp::create(
        builder, loc, dy, x, gradient ? gradient.getAt() : "dense",
        gradient ? builder.getStringAttr(gradient.getWeight()) : StringAttr());
    if (kernel.swapped) {
      Value empty = tensor::EmptyOp::create(
          builder, loc, cast<RankedTensorType>(output.getType()).getShape(),
          cast<RankedTensorType>(output.getType()).getElementType());
      result = linalg::TransposeOp::create(builder, loc, result, empty,
                                           ArrayRef<int64_t>{1, 0})
                   ->getResult(0);
    }
    made[output] = toBoundary(builder, graph.axes, output, result);
  } else {
    emitRegion(id, bodies[id]);
  }
}

/// Results keep their types: views of what the kernels made.
void Emitter::emitReturn() {
  Operation *ret = graph.entry.getBody().front().getTerminator();
  for (OpOperand &operand : ret->getOpOperands()) {
    SmallVector<Operation *> views;
    Value root = operand.get();
    // Sources have no kernel: they are cloned like views.
    while (Operation *op = root.getDefiningOp()) {
      if (graph.kind(op) != OpKind::View)
        break;
      views.push_back(op);
      root = op->getOperand(0);
    }
    IRMapping mapping;
    std::function<Value(Value)> copy = [&](Value value) {
      Operation *op = value.getDefiningOp();
      if (op && !mapping.contains(value) && graph.isSource(value)) {
        for (Value input : Graph::inputs(op))
          copy(input);
        builder.clone(*op, mapping);
      }
      return mapping.lookupOrDefault(value);
    };
    if (Value found = made.lookup(root); found && !isa<BlockArgument>(root))
      mapping.map(root, fromBoundary(builder, graph.axes, root, found));
    else
      copy(root);
    for (Operation *view : llvm::reverse(views)) {
      for (Value input : llvm::drop_begin(Graph::inputs(view)))
        copy(input);
      builder.clone(*view, mapping);
    }
    operand.set(mapping.lookupOrDefault(operand.get()));
  }
}

LogicalResult Emitter::run() {
  Block &block = graph.entry.getBody().front();
  SmallVector<Operation *> old;
  for (Operation &op : block.without_terminator())
    old.push_back(&op);
  bodies.resize(plan.kernels.size());
  for (size_t id = 0; id < plan.kernels.size(); ++id)
    if (!plan.kernels[id].outputs.empty())
      bodies[id] = bodyOf(id);
  SmallVector<int> sorted;
  if (failed(order(sorted)))
    return failure();
  for (int id : sorted)
    emit(id);
  emitReturn();
  for (Operation *op : llvm::reverse(old))
    op->erase();
  return success();
}

LogicalResult waferflow::emitKernels(KernelPlan &plan) {
  return Emitter(plan).run();
}
