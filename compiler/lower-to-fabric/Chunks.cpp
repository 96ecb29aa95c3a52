//===- Chunks.cpp - A vocabulary in pieces --------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/Chunks.h"

#include "compiler/lower-to-fabric/ChunkLoops.h"
#include "compiler/lower-to-fabric/ChunkedReduce.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace waferflow::fabric {

namespace chunks {

bool Unroller::isMadeForPiece(Value value) const {
  auto relayout = value.getDefiningOp<flow::RelayoutOp>();
  return lowering.isChunked(value) ||
         (relayout && llvm::all_of(value.getUsers(), [&](Operation *user) {
            return touchesPieces(user);
          }));
}

/// Whether a piece of the results follows from the same piece of the inputs.
LogicalResult Unroller::check(Operation *op) const {
  auto wrong = [&](const char *what) {
    return op->emitOpError(what)
           << " of which only one of " << lowering.chunks()
           << " pieces is held at a time; fewer tokens a step or more "
              "pe.sram_bytes hold them whole";
  };
  for (Value operand : op->getOperands())
    if (lowering.isChunked(operand) && isa<BlockArgument>(operand))
      return wrong("reads features of the step's arguments");
  if (isa<flow::AttentionOp, flow::GatherOp>(op))
    return wrong("looks for features");
  auto spmm = dyn_cast<flow::SpmmOp>(op);
  auto sddmm = dyn_cast<flow::SddmmOp>(op);
  if ((spmm && lowering.isChunked(spmm.getX()) &&
       lowering.isChunked(spmm.getResult())) ||
      (sddmm && lowering.isChunked(sddmm.getX()) &&
       lowering.isChunked(sddmm.getDy())))
    return wrong("has features on both sides");
  return success();
}

/// Makes an order of each piece of the vocabularies that `op` touches.
LogicalResult Unroller::findPieces(Operation *op) {
  SmallVector<Value> values(op->getOperands());
  llvm::append_range(values, op->getResults());
  for (Value value : values) {
    if (!lowering.isChunked(value))
      continue;
    flow::LayoutAttr layout = lowering.layoutOf(value);
    auto &parts = orders[layout.getOrder()];
    if (!parts.empty())
      continue;
    auto whole = lowering.module.lookupSymbol<flow::OrderOp>(layout.getOrder());
    int64_t features = whole.getFeatures();
    int64_t size = llvm::divideCeil(features, lowering.chunks());
    OpBuilder at(whole);
    for (int64_t first = 0; first < features; first += size) {
      int64_t last = std::min(features, first + size);
      std::string name = (whole.getSymName() + "_" + Twine(parts.size())).str();
      int64_t columns =
          blockedOrder(name, last - first, lowering.tokens.groupColumns)
              .columns;
      at.setInsertionPoint(whole);
      flow::OrderOp::create(at, whole.getLoc(), name, features, columns,
                            flow::OrderForm::Blocked, IntegerAttr(),
                            DenseI32ArrayAttr(), DenseI32ArrayAttr(),
                            at.getDenseI64ArrayAttr({first, last}));
      parts.push_back(FlatSymbolRefAttr::get(b.getContext(), name));
    }
    if (pieces && pieces != static_cast<int64_t>(parts.size()))
      return op->emitOpError("has features in ")
             << parts.size() << " pieces, other kernels in " << pieces;
    pieces = parts.size();
  }
  return success();
}

flow::LayoutAttr Unroller::inPiece(flow::LayoutAttr layout, int64_t piece) {
  auto it = orders.find(layout.getOrder());
  if (it == orders.end())
    return layout;
  return flow::LayoutAttr::get(b.getContext(), it->second[piece],
                               layout.getGo(), layout.getForm());
}

FailureOr<Root> Unroller::rootOf(Operation *op) {
  Root root;
  root.op = op;
  if (isa<flow::SddmmOp>(op)) {
    auto name = lowering.resultName(op->getResult(0));
    if (!name)
      return op->emitOpError(
          "expected a gradient that the step returns, got another value");
    root.kind = Root::Kind::Gradient;
    root.gradient = *name;
    return root;
  }
  if (isa<flow::SpmmOp>(op)) {
    root.kind = Root::Kind::Product;
    return root;
  }
  if (auto reduce = dyn_cast<flow::ReduceOp>(op)) {
    std::optional<Combine> combine;
    if (failed(findCombination(lowering, reduce, combine)))
      return failure();
    if (combine) {
      root.combine = *combine;
      return root;
    }
  }
  return op->emitOpError("runs in ")
         << pieces
         << " pieces of the vocabulary, since its values do not fit whole; "
            "expected a product, a gradient of a weight, or the sum, maximum "
            "or pick of its features alone; fewer tokens a step or more "
            "pe.sram_bytes make it run whole";
}

Root *Unroller::openRoot(Value value) {
  for (Root &root : open)
    if (root.op == value.getDefiningOp())
      return &root;
  return nullptr;
}

/// Whether `op` reads what the open loop gives, itself or through values that
/// are made for it; other than `except`.
bool Unroller::needsOpenLoop(Operation *op, ArrayRef<Value> except) {
  return llvm::any_of(op->getOperands(), [&](Value operand) {
    if (llvm::is_contained(except, operand))
      return false;
    return openRoot(operand) ||
           (isMadeForPiece(operand) && operand.getDefiningOp() &&
            needsOpenLoop(operand.getDefiningOp(), except));
  });
}

/// `op` as a root of the loop that gives the maximum it reads: none where the
/// loop must end before it.
FailureOr<std::optional<Root>> Unroller::onlineRoot(Operation *op) {
  std::optional<Root> none;
  auto reduce = dyn_cast<flow::ReduceOp>(op);
  if (!reduce)
    return none;
  for (Value shifted : op->getOperands()) {
    auto less = shifted.getDefiningOp<flow::MapOp>();
    if (!lowering.isChunked(shifted) || !less)
      continue;
    auto parts = asShifted(lowering, less);
    if (failed(parts))
      return failure();
    Root *max = *parts ? openRoot((*parts)->max) : nullptr;
    if (!max || max->kind != Root::Kind::Reduce ||
        max->combine != Combine::Max || max->op->getNumOperands() != 1 ||
        max->op->getOperand(0) != (*parts)->logits ||
        needsOpenLoop(less, (*parts)->max))
      continue;
    Root root;
    root.op = op;
    root.logits = (*parts)->logits;
    root.max = (*parts)->max;
    root.shifted = shifted;
    auto isSum = isSumOfExp(lowering, reduce, shifted);
    if (failed(isSum))
      return failure();
    if (*isSum && op->getNumOperands() == 1) {
      root.kind = Root::Kind::SumOfExp;
      return std::optional(root);
    }
    for (Value sum : op->getOperands()) {
      Root *running = openRoot(sum);
      if (!running || running->kind != Root::Kind::SumOfExp ||
          running->shifted != shifted || needsOpenLoop(op, {shifted, sum}))
        continue;
      auto isPick = isLogProbability(lowering, reduce, shifted, sum);
      if (failed(isPick))
        return failure();
      if (*isPick) {
        root.kind = Root::Kind::LogProbability;
        root.sum = sum;
        return std::optional(root);
      }
    }
  }
  return none;
}

LogicalResult Unroller::add(Operation *op) {
  if (needsOpenLoop(op)) {
    auto online = onlineRoot(op);
    if (failed(online))
      return failure();
    if (*online) {
      open.push_back(std::move(**online));
      return success();
    }
    close();
  }
  auto root = rootOf(op);
  if (failed(root))
    return failure();
  open.push_back(std::move(*root));
  return success();
}

static bool isReshape(Operation *op) {
  return isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op);
}

/// The step's results that are `value`, itself or reshaped.
static void resultsOf(Value value, SmallVectorImpl<unsigned> &results,
                      SmallVectorImpl<Operation *> &reshapes) {
  for (OpOperand &use : value.getUses()) {
    if (isa<func::ReturnOp>(use.getOwner())) {
      results.push_back(use.getOperandNumber());
    } else if (isReshape(use.getOwner())) {
      reshapes.push_back(use.getOwner());
      resultsOf(use.getOwner()->getResult(0), results, reshapes);
    }
  }
}

/// `op` is a return of features, or the first reshape on the way to one.
void Unroller::addReturned(Operation *op) {
  if (needsOpenLoop(op))
    close();
  llvm::SmallSetVector<Value, 2> values;
  for (Value operand : op->getOperands())
    if (lowering.isChunked(operand))
      values.insert(operand);
  for (Value value : values) {
    Root root;
    root.op = op;
    root.kind = Root::Kind::Result;
    root.returned = value;
    SmallVector<Operation *> reshapes;
    if (isReshape(op)) {
      reshapes.push_back(op);
      resultsOf(op->getResult(0), root.results, reshapes);
    } else {
      for (OpOperand &operand : op->getOpOperands())
        if (operand.get() == value)
          root.results.push_back(operand.getOperandNumber());
    }
    llvm::append_range(replaced, reshapes);
    open.push_back(std::move(root));
  }
}

LogicalResult Unroller::run() {
  if (lowering.chunks() <= 1)
    return success();
  SmallVector<Operation *> ops;
  for (Operation &op : lowering.step.getBody().front())
    ops.push_back(&op);
  for (Operation *op : ops) {
    if (!touchesPieces(op)) {
      if (isa<flow::RelayoutOp>(op) && isMadeForPiece(op->getResult(0)))
        replaced.push_back(op);
      else if (needsOpenLoop(op))
        close();
      continue;
    }
    if (failed(check(op)) || failed(findPieces(op)))
      return failure();
    if (isReshape(op) || isa<func::ReturnOp>(op)) {
      addReturned(op);
      continue;
    }
    replaced.push_back(op);
    auto inPieces = [&](Value value) { return lowering.isChunked(value); };
    if (!op->getResults().empty() && llvm::all_of(op->getResults(), inPieces))
      continue; // made when a loop needs it
    if (failed(add(op)))
      return failure();
  }
  close();
  for (Operation *op : llvm::reverse(replaced))
    op->erase();
  return success();
}

} // namespace chunks

LogicalResult unrollChunks(StepLowering &lowering) {
  return chunks::Unroller(lowering).run();
}

} // namespace waferflow::fabric
