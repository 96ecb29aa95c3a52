//===- Attention.cpp - Regions around attention scores --------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Scores are values with two token axes. A region is what is connected through
// them, completed by what lies between its ops (row statistics) and by sums
// over the query heads of a key head. Its forward part is one kernel, its
// backward part another that clones what it needs of the forward scores.
//
//===----------------------------------------------------------------------===//
#include "compiler/form-kernels/Boundary.h"
#include "compiler/form-kernels/Plan.h"

#include "compiler/analysis/CausalMask.h"

#include "llvm/ADT/EquivalenceClasses.h"

using namespace mlir;
using namespace waferflow;

namespace {
class AttentionRegion {
public:
  AttentionRegion(KernelPlan &plan, bool forward)
      : plan(plan), graph(plan.graph), forward(forward) {}

  llvm::DenseSet<Operation *> ops;

  bool takes(Operation *op) const {
    OpKind kind = graph.kind(op);
    return plan.owner(op) < 0 && graph.isForward(op) == forward &&
           kind != OpKind::Source && kind != OpKind::View;
  }
  void complete();
  void absorbHeadSums();

private:
  KernelPlan &plan;
  Graph &graph;
  bool forward;
};
} // namespace

/// Adds the ops on paths from the region to the region.
void AttentionRegion::complete() {
  if (ops.empty())
    return;
  int64_t first = INT64_MAX, last = 0;
  for (Operation *op : ops) {
    first = std::min(first, graph.position(op));
    last = std::max(last, graph.position(op));
  }
  auto inside = [&](Operation *op) {
    int64_t position = graph.position(op);
    return first < position && position < last;
  };
  llvm::DenseSet<Operation *> below;
  SmallVector<Operation *> work(ops.begin(), ops.end());
  while (!work.empty())
    for (Value result : work.pop_back_val()->getResults())
      for (Consumer use : graph.consumers(result))
        if (inside(use.op) && takes(use.op) && below.insert(use.op).second)
          work.push_back(use.op);
  llvm::DenseSet<Operation *> above;
  work.assign(ops.begin(), ops.end());
  while (!work.empty())
    for (Value input : Graph::inputs(work.pop_back_val()))
      if (Operation *op = graph.root(input).getDefiningOp())
        if (inside(op) && takes(op) && above.insert(op).second)
          work.push_back(op);
  for (Operation *op : below)
    if (above.contains(op))
      ops.insert(op);
}

/// Sums over the query heads that share a key head belong to the region.
void AttentionRegion::absorbHeadSums() {
  SmallVector<Operation *> found;
  for (Operation *op : ops)
    for (Value result : op->getResults())
      for (Consumer use : graph.consumers(result)) {
        auto sum = dyn_cast<linalg::LinalgOp>(use.op);
        if (!sum || graph.kind(sum) != OpKind::Reduction || !takes(sum) ||
            !graph.axes.isActivation(result))
          continue;
        Dims loops = graph.axes.loops(sum);
        SmallVector<unsigned> reduced;
        sum.getReductionDims(reduced);
        if (llvm::all_of(reduced, [&](unsigned loop) {
              return llvm::all_of(
                  loops[loop], [](Factor f) { return f.axis == Axis::Other; });
            }))
          found.push_back(sum);
      }
  ops.insert(found.begin(), found.end());
}

/// Heads and sizes from a product that makes scores out of two activations.
static LogicalResult describe(KernelPlan &plan, PlannedKernel &kernel) {
  Graph &graph = plan.graph;
  for (Operation *op : kernel.members) {
    for (Value input : Graph::inputs(op))
      while (Operation *source = input.getDefiningOp()) {
        if (!graph.isSource(input))
          break;
        kernel.causal |= isCausalMask(source);
        if (!source->getNumOperands())
          break;
        input = source->getOperand(0);
      }
  }
  for (Operation *op : kernel.members) {
    if (graph.kind(op) != OpKind::Contraction ||
        !graph.axes.isScores(op->getResult(0)))
      continue;
    auto product = cast<linalg::LinalgOp>(op);
    Dims loops = graph.axes.loops(product);
    auto dims = *linalg::inferContractionDims(product);
    auto sizes = product.getStaticLoopRanges();
    kernel.headDim = 1;
    for (unsigned loop : dims.k)
      kernel.headDim *= sizes[loop];
    int64_t features[2];
    for (int i : {0, 1}) {
      Value root = graph.root(op->getOperand(i));
      kernel.leading.push_back(root);
      features[i] = boundaryType(graph.axes, root).getShape().back();
    }
    kernel.heads = std::max(features[0], features[1]) / kernel.headDim;
    kernel.kvHeads = std::min(features[0], features[1]) / kernel.headDim;
    return success();
  }
  return kernel.members.front()->emitError(
      "expected attention to hold a product of queries and keys");
}

/// Plans the kernel of `region`. A forward kernel's values that only the ops in
/// `recomputing` use don't leave it; a backward kernel is like its `forward`.
static LogicalResult addKernel(KernelPlan &plan, AttentionRegion &region,
                               const llvm::DenseSet<Operation *> &recomputing,
                               std::optional<int> forward) {
  Graph &graph = plan.graph;
  PlannedKernel kernel(KernelKind::Attention);
  kernel.members.assign(region.ops.begin(), region.ops.end());
  llvm::sort(kernel.members, [&](Operation *a, Operation *b) {
    return graph.position(a) < graph.position(b);
  });
  kernel.backward = forward.has_value();
  if (forward) {
    const PlannedKernel &like = plan.kernels[*forward];
    kernel.heads = like.heads;
    kernel.kvHeads = like.kvHeads;
    kernel.headDim = like.headDim;
    kernel.causal = like.causal;
    kernel.leading = like.leading;
  } else if (failed(describe(plan, kernel))) {
    return failure();
  }
  for (Operation *op : kernel.members)
    for (Value result : op->getResults()) {
      bool leaves = llvm::any_of(graph.consumers(result), [&](Consumer use) {
        return !region.ops.contains(use.op) && !recomputing.contains(use.op);
      });
      if (!leaves)
        continue;
      if (graph.axes.isScores(result))
        return op->emitError()
               << "expected attention scores to stay in one kernel, got a use "
                  "of "
               << result.getType() << " outside";
      kernel.outputs.push_back(result);
    }
  plan.add(std::move(kernel));
  return success();
}

LogicalResult waferflow::planAttention(KernelPlan &plan) {
  Graph &graph = plan.graph;
  // Connect the ops that touch the same scores.
  llvm::EquivalenceClasses<Operation *> classes;
  SmallVector<Operation *> touching;
  for (Operation &op : graph.entry.getBody().front().without_terminator()) {
    OpKind kind = graph.kind(&op);
    if (kind == OpKind::Source || kind == OpKind::View || plan.owner(&op) >= 0)
      continue;
    bool touches = llvm::any_of(op.getResults(), [&](Value value) {
      return graph.axes.isScores(value);
    });
    for (Value input : Graph::inputs(&op)) {
      if (!graph.axes.isScores(input))
        continue;
      touches = true;
      if (Operation *made = graph.root(input).getDefiningOp())
        classes.unionSets(&op, made);
    }
    if (touches) {
      classes.insert(&op);
      touching.push_back(&op);
    }
  }
  llvm::MapVector<Operation *, SmallVector<Operation *>> groups;
  for (Operation *op : touching)
    groups[classes.getLeaderValue(op)].push_back(op);

  for (auto &[leader, members] : groups) {
    AttentionRegion forward(plan, true), backward(plan, false);
    for (Operation *op : members)
      (graph.isForward(op) ? forward : backward).ops.insert(op);
    forward.complete();
    forward.absorbHeadSums();
    backward.complete();
    backward.absorbHeadSums();
    if (forward.ops.empty())
      return leader->emitError("expected attention to have a forward pass");
    if (failed(addKernel(plan, forward, backward.ops, std::nullopt)))
      return failure();
    int id = plan.kernels.size() - 1;
    if (!backward.ops.empty() && failed(addKernel(plan, backward, {}, id)))
      return failure();
  }
  return success();
}
