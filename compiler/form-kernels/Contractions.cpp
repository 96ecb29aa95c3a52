//===- Contractions.cpp - Products with weights and their gradients -------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/form-kernels/Boundary.h"
#include "compiler/form-kernels/Plan.h"

#include "dialects/flow/Flow.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace waferflow;

int KernelPlan::owner(Operation *op) const {
  auto it = owners.find(op);
  return it == owners.end() ? -1 : it->second;
}

int KernelPlan::maker(Value value) const {
  auto it = makers.find(value);
  return it == makers.end() ? -1 : it->second;
}

int KernelPlan::add(PlannedKernel kernel) {
  int id = kernels.size();
  for (Operation *op : kernel.members)
    owners[op] = id;
  for (Value value : kernel.outputs)
    makers[value] = id;
  kernels.push_back(std::move(kernel));
  return id;
}

void KernelPlan::addMember(int kernel, Operation *op) {
  owners[op] = kernel;
  kernels[kernel].members.push_back(op);
}

void KernelPlan::addOutput(int kernel, Value value) {
  if (makers.try_emplace(value, kernel).second)
    kernels[kernel].outputs.push_back(value);
}

namespace {
/// A contraction of two operands with the loops of each of their dimensions.
struct Product {
  explicit Product(linalg::LinalgOp op) : op(op) {
    auto dims = *linalg::inferContractionDims(op);
    reduced.insert(dims.k.begin(), dims.k.end());
  }
  linalg::LinalgOp op;
  llvm::SmallDenseSet<unsigned> reduced;

  Value operand(int i) { return op->getOperand(i); }
  /// Loops of an operand's (or, for 2, the result's) dimensions, in order.
  SmallVector<unsigned> loops(int i) {
    SmallVector<unsigned> loops;
    for (AffineExpr expr : op.getIndexingMapsArray()[i].getResults())
      if (auto dim = dyn_cast<AffineDimExpr>(expr))
        loops.push_back(dim.getPosition());
    return loops;
  }
};
} // namespace

/// A lone token counts as nothing.
static bool hasAxis(ArrayRef<Factor> dim, bool tokens) {
  return llvm::any_of(dim, [&](Factor f) {
    return f.size > 1 && (f.axis != Axis::Other) == tokens;
  });
}

/// The weight's dimension that `loops` walk over in order, or nothing.
static std::optional<int> weightDim(Product &product, int operand,
                                    ArrayRef<Pieces> pieces,
                                    ArrayRef<unsigned> loops,
                                    RankedTensorType weight) {
  Pieces walked;
  SmallVector<unsigned> own = product.loops(operand);
  for (unsigned loop : loops)
    for (auto [mine, piece] : llvm::zip(own, pieces))
      if (mine == loop)
        llvm::append_range(walked, piece);
  walked = merged(walked);
  for (int dim : {0, 1})
    if (walked.size() == 1 && walked[0].size == weight.getDimSize(dim) &&
        walked[0].stride == (dim ? 1 : weight.getDimSize(1)))
      return dim;
  return std::nullopt;
}

/// Fills a kernel of kind spmm, or fails silently.
static std::optional<PlannedKernel> matchSpmm(Graph &graph, Product &product,
                                              int weightOperand) {
  int xOperand = 1 - weightOperand;
  PlannedKernel kernel(KernelKind::Spmm);
  kernel.weight = graph.weight(product.operand(weightOperand));
  kernel.x = product.operand(xOperand);
  if (!graph.axes.isActivation(kernel.x))
    return std::nullopt;
  Dims loops = graph.axes.loops(product.op);
  SmallVector<unsigned> reduced, kept;
  for (unsigned loop : product.loops(xOperand)) {
    bool sums = product.reduced.contains(loop);
    if (hasAxis(loops[loop], /*tokens=*/sums))
      return std::nullopt; // tokens are kept, features are summed
    if (sums)
      reduced.push_back(loop);
  }
  SmallVector<unsigned> own = product.loops(weightOperand);
  for (unsigned loop : product.loops(2))
    if (llvm::is_contained(own, loop))
      kept.push_back(loop);
  auto pieces = piecesOf(graph, product.operand(weightOperand));
  auto type = cast<RankedTensorType>(kernel.weight.getType());
  if (!pieces)
    return std::nullopt;
  auto sumDim = weightDim(product, weightOperand, *pieces, reduced, type);
  auto keptDim = weightDim(product, weightOperand, *pieces, kept, type);
  if (!sumDim || !keptDim)
    return std::nullopt;
  // A square weight of size one walks both ways; else the two differ.
  if (*sumDim == *keptDim)
    return std::nullopt;
  kernel.transposed = *sumDim == 0;
  return kernel;
}

/// dW: two activations, summed over all their tokens.
static std::optional<PlannedKernel> matchSddmm(Graph &graph, Product &product) {
  Dims loops = graph.axes.loops(product.op);
  if (graph.axes.sequenceAxes(product.op->getResult(0)))
    return std::nullopt;
  for (int i : {0, 1})
    if (!graph.axes.isActivation(product.operand(i)))
      return std::nullopt;
  for (unsigned loop : product.reduced)
    if (hasAxis(loops[loop], /*tokens=*/false))
      return std::nullopt;
  // The operand whose features come first in the result.
  SmallVector<unsigned> result = product.loops(2);
  if (result.empty())
    return std::nullopt;
  int first = llvm::is_contained(product.loops(0), result.front()) ? 0 : 1;
  SmallVector<unsigned> features;
  for (int i : {first, 1 - first})
    for (unsigned loop : product.loops(i))
      if (!product.reduced.contains(loop))
        features.push_back(loop);
  if (features != result)
    return std::nullopt;
  PlannedKernel kernel(KernelKind::Sddmm);
  kernel.dy = product.operand(first);
  kernel.x = product.operand(1 - first);
  return kernel;
}

bool waferflow::isOneHot(const Graph &graph, Value value) {
  bool compares = false, integers = false;
  SmallVector<Value> work{value};
  while (!work.empty()) {
    Value next = graph.root(work.pop_back_val());
    if (graph.isSource(next))
      continue;
    Operation *op = next.getDefiningOp();
    if (!op) {
      if (!cast<RankedTensorType>(next.getType()).getElementType().isInteger())
        return false;
      integers = true;
      continue;
    }
    if (graph.kind(op) != OpKind::Elementwise)
      return false;
    op->walk([&](arith::CmpIOp cmp) {
      compares |= cmp.getPredicate() == arith::CmpIPredicate::eq;
    });
    llvm::append_range(work, Graph::inputs(op));
  }
  return compares && integers;
}

GradientUse waferflow::gradientOf(const Graph &graph, Value value) {
  for (Consumer use : graph.consumers(value)) {
    if (!use.operand)
      continue;
    GradientUse found;
    if (isa<func::ReturnOp>(use.op))
      found.gradient = graph.entry.getResultAttr(
          use.operand->getOperandNumber(), "flow.gradient");
    else if (graph.kind(use.op) == OpKind::Elementwise &&
             !graph.isForward(use.op))
      found = gradientOf(graph, use.op->getResult(0));
    if (!found.gradient)
      continue;
    auto pieces = piecesOf(graph, use.operand->get());
    if (!pieces || pieces->empty())
      continue;
    Pieces last = merged(pieces->back());
    if (!last.empty() && last.back().stride != 1)
      found.transposed = !found.transposed;
    return found;
  }
  return {};
}

/// An operand that is wanted in another order than its root's is moved by a map
/// kernel of its own.
static void wantAtBoundary(Graph &graph, Value value) {
  if (graph.root(value) != value && !isRootAtBoundary(graph, value))
    graph.promote(value.getDefiningOp());
}

static LogicalResult planContraction(KernelPlan &plan, linalg::LinalgOp op) {
  Graph &graph = plan.graph;
  Product product(op);
  Value result = op->getResult(0);
  std::optional<PlannedKernel> kernel;
  for (int i : {1, 0})
    if (!kernel && graph.weight(product.operand(i)))
      kernel = matchSpmm(graph, product, i);
  if (kernel) {
    wantAtBoundary(graph, kernel->x);
  } else if (graph.axes.isScores(result) ||
             graph.axes.isScores(product.operand(0)) ||
             graph.axes.isScores(product.operand(1))) {
    return success(); // attention's
  } else if ((kernel = matchSddmm(graph, product))) {
    GradientUse use = gradientOf(graph, result);
    kernel->gradient = use.gradient;
    if (isOneHot(graph, kernel->dy) || isOneHot(graph, kernel->x)) {
      kernel->kind = KernelKind::Gather;
    } else {
      kernel->swapped = use.transposed;
      if (use.transposed)
        std::swap(kernel->dy, kernel->x);
      wantAtBoundary(graph, kernel->dy);
      wantAtBoundary(graph, kernel->x);
    }
  } else {
    InFlightDiagnostic diag =
        op.emitError() << "expected a product with a weight, of two "
                          "activations over their tokens, or of attention "
                          "scores, got a product of ";
    diag << op->getOperand(0).getType() << " and "
         << op->getOperand(1).getType();
    return diag;
  }
  kernel->backward = !graph.isForward(op);
  kernel->members = {op};
  kernel->outputs = {result};
  plan.add(std::move(*kernel));
  return success();
}

LogicalResult waferflow::planContractions(KernelPlan &plan) {
  Graph &graph = plan.graph;
  for (Operation &op : graph.entry.getBody().front().without_terminator()) {
    if (graph.kind(&op) == OpKind::Contraction) {
      if (failed(planContraction(plan, cast<linalg::LinalgOp>(op))))
        return failure();
    } else if (graph.kind(&op) == OpKind::Lookup) {
      PlannedKernel kernel(KernelKind::Gather);
      kernel.backward = !graph.isForward(&op);
      kernel.members = {&op};
      kernel.outputs = {op.getResult(0)};
      plan.add(std::move(kernel));
    }
  }
  return success();
}
