//===- Graph.cpp - The entry function's ops, by what they are -------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/form-kernels/Graph.h"

#include "dialects/flow/Flow.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace waferflow;

SmallVector<Value> Graph::inputs(Operation *op) {
  SmallVector<Value> inputs(op->getOperands());
  if (op->getNumRegions()) {
    llvm::SetVector<Value> captured;
    getUsedValuesDefinedAbove(op->getRegions(), captured);
    llvm::append_range(inputs, captured);
  }
  return inputs;
}

/// Yields its only input: a permutation or a broadcast.
static bool isMove(linalg::GenericOp op) {
  if (op.getNumDpsInputs() != 1 || op->getNumResults() != 1 ||
      op.getNumParallelLoops() != op.getNumLoops())
    return false;
  Operation *yield = op.getBody()->getTerminator();
  return yield->getOperand(0) == op.getBody()->getArgument(0);
}

static bool isView(Operation *op) {
  if (auto generic = dyn_cast<linalg::GenericOp>(op))
    return isMove(generic);
  return isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp,
             linalg::TransposeOp, linalg::BroadcastOp>(op);
}

/// A product of two operands summed over some loops.
static bool isContraction(linalg::LinalgOp op) {
  return linalg::isaContractionOpInterface(op) &&
         succeeded(linalg::inferContractionDims(op));
}

/// The tensor that the op's body reads at computed indices, or null.
static Value lookedUp(Operation *op) {
  Value table;
  op->walk([&](tensor::ExtractOp extract) {
    if (!op->isAncestor(extract.getTensor().getParentBlock()->getParentOp()))
      table = extract.getTensor();
  });
  return table;
}

LogicalResult Graph::classify() {
  for (Operation &each : entry.getBody().front().without_terminator()) {
    Operation *op = &each;
    positions[op] = positions.size();
    if (llvm::all_of(inputs(op), [&](Value v) { return isSource(v); })) {
      kinds[op] = OpKind::Source;
    } else if (isView(op)) {
      kinds[op] = OpKind::View;
    } else if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op)) {
      if (!linalgOp.hasPureTensorSemantics())
        return op->emitError("expected a linalg op on tensors");
      if (Value table = lookedUp(op))
        // A pick from an activation crosses its features: a reduction.
        kinds[op] = weight(table) ? OpKind::Lookup : OpKind::Reduction;
      else if (isContraction(linalgOp))
        kinds[op] = OpKind::Contraction;
      else
        kinds[op] = linalgOp.getNumReductionLoops() ? OpKind::Reduction
                                                    : OpKind::Elementwise;
    } else if (isa<tensor::PadOp, tensor::ConcatOp, tensor::InsertSliceOp,
                   tensor::ExtractSliceOp>(op) ||
               (op->hasTrait<OpTrait::Elementwise>() &&
                llvm::all_of(op->getResultTypes(),
                             llvm::IsaPred<RankedTensorType>))) {
      kinds[op] = OpKind::Elementwise;
    } else {
      return op->emitError() << "expected an op that a flow kernel can hold "
                                "(linalg, tensor or element-wise), got '"
                             << op->getName() << "'";
    }
  }
  positions[entry.getBody().front().getTerminator()] = positions.size();
  return success();
}

void Graph::markForward() {
  SmallVector<Value> work;
  Operation *ret = entry.getBody().front().getTerminator();
  for (OpOperand &operand : ret->getOpOperands())
    if (!entry.getResultAttr(operand.getOperandNumber(), "flow.gradient"))
      work.push_back(operand.get());
  while (!work.empty()) {
    Operation *op = work.pop_back_val().getDefiningOp();
    if (op && forward.insert(op).second)
      llvm::append_range(work, inputs(op));
  }
}

FailureOr<Graph> Graph::of(func::FuncOp entry) {
  if (!entry.getBody().hasOneBlock())
    return entry.emitError("expected a function of one block");
  FailureOr<AxisAnalysis> axes = AxisAnalysis::of(entry);
  if (failed(axes))
    return failure();
  Graph graph(entry, std::move(*axes));
  if (failed(graph.classify()))
    return failure();
  graph.markForward();
  return graph;
}

bool Graph::isSource(Value value) const {
  Operation *op = value.getDefiningOp();
  return op && kinds.contains(op) && kind(op) == OpKind::Source;
}

Value Graph::root(Value value) const {
  while (Operation *op = value.getDefiningOp()) {
    if (kind(op) != OpKind::View)
      break;
    value = op->getOperand(0);
  }
  return value;
}

BlockArgument Graph::weight(Value value) const {
  auto arg = dyn_cast<BlockArgument>(root(value));
  if (!arg || !entry.getArgAttr(arg.getArgNumber(), "flow.weight"))
    return {};
  auto type = dyn_cast<RankedTensorType>(arg.getType());
  return type && type.getRank() == 2 ? arg : BlockArgument();
}

SmallVector<Consumer> Graph::consumers(Value value) const {
  SmallVector<Consumer> found;
  SmallVector<Value> work{value};
  Block *body = &entry.getBody().front();
  while (!work.empty()) {
    Value next = work.pop_back_val();
    for (OpOperand &use : next.getUses()) {
      Operation *user = use.getOwner();
      if (user->getBlock() != body) {
        found.push_back({body->findAncestorOpInBlock(*user), nullptr});
      } else if (kinds.contains(user) && kind(user) == OpKind::View &&
                 use.getOperandNumber() == 0) {
        work.push_back(user->getResult(0));
      } else {
        found.push_back({user, &use});
      }
    }
  }
  llvm::sort(found, [&](const Consumer &a, const Consumer &b) {
    return std::pair(position(a.op),
                     a.operand ? a.operand->getOperandNumber() : ~0u) <
           std::pair(position(b.op),
                     b.operand ? b.operand->getOperandNumber() : ~0u);
  });
  return found;
}
