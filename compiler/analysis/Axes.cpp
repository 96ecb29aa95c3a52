//===- Axes.cpp - Which dimensions are tokens, which features -------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/analysis/Axes.h"

#include "dialects/flow/Flow.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace waferflow;

static Dim otherDim(int64_t size) {
  return size == 1 ? Dim{} : Dim{{Axis::Other, size}};
}

static Dims otherDims(Type type) {
  Dims dims;
  if (auto shaped = dyn_cast<RankedTensorType>(type))
    for (int64_t size : shaped.getShape())
      dims.push_back(otherDim(size));
  return dims;
}

static bool isTagged(ArrayRef<Factor> dim) {
  return llvm::any_of(dim, [](Factor f) { return f.axis != Axis::Other; });
}

/// The dimension after a change of size: a lone axis keeps its name (labels
/// shifted by one are still tokens).
static Dim resized(ArrayRef<Factor> dim, int64_t before, int64_t after) {
  if (before == after)
    return Dim(dim);
  // One token of a sequence still is a token.
  if (dim.size() == 1 && (after != 1 || dim[0].axis == Axis::Sequence))
    return {{dim[0].axis, after}};
  return otherDim(after);
}

Dims waferflow::splitDim(ArrayRef<Factor> dim, ArrayRef<int64_t> sizes) {
  SmallVector<Factor> left(dim.rbegin(), dim.rend()); // outermost at the back
  Dims result;
  for (int64_t size : sizes) {
    Dim part;
    while (size > 1 && !left.empty()) {
      Factor factor = left.pop_back_val();
      if (size % factor.size == 0) {
        part.push_back(factor);
        size /= factor.size;
        continue;
      }
      if (factor.size % size == 0) {
        part.push_back({Axis::Other, size});
        left.push_back({Axis::Other, factor.size / size});
        size = 1;
        continue;
      }
      part = otherDim(size); // sizes that share no factors: nothing is known
      break;
    }
    while (!left.empty() && left.back().size == 1)
      part.push_back(left.pop_back_val());
    result.push_back(part);
  }
  return result;
}

const Dims &AxisAnalysis::dims(Value value) const {
  static const Dims none;
  auto it = known.find(value);
  return it == known.end() ? none : it->second;
}

int64_t AxisAnalysis::sequenceAxes(Value value) const {
  int64_t count = 0;
  for (const Dim &dim : dims(value))
    for (Factor factor : dim)
      count += factor.axis == Axis::Sequence;
  return count;
}

Dims AxisAnalysis::loops(linalg::LinalgOp op) const {
  Dims loops(op.getNumLoops());
  SmallVector<bool> found(op.getNumLoops(), false);
  // Inputs before inits: an init's tensor is shared by ops of all meanings.
  for (OpOperand &operand : op->getOpOperands()) {
    auto it = known.find(operand.get());
    if (it == known.end())
      continue;
    AffineMap map = op.getMatchingIndexingMap(&operand);
    for (auto [expr, dim] : llvm::zip_equal(map.getResults(), it->second)) {
      auto loop = dyn_cast<AffineDimExpr>(expr);
      if (!loop)
        continue;
      unsigned position = loop.getPosition();
      if (!found[position] || (!isTagged(loops[position]) && isTagged(dim)))
        loops[position] = dim;
      found[position] = true;
    }
  }
  return loops;
}

void AxisAnalysis::visit(Operation *op) {
  for (Value result : op->getResults())
    if (isa<RankedTensorType>(result.getType()))
      known[result] = otherDims(result.getType());
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op)) {
    Dims loopDims = loops(linalgOp);
    for (auto [init, result] :
         llvm::zip(linalgOp.getDpsInitsMutable(), op->getResults())) {
      AffineMap map = linalgOp.getMatchingIndexingMap(&init);
      for (auto [dim, expr] : llvm::zip_equal(known[result], map.getResults()))
        if (auto loop = dyn_cast<AffineDimExpr>(expr))
          dim = loopDims[loop.getPosition()];
    }
  } else if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
    Dims result;
    for (auto [dim, group] : llvm::zip_equal(
             dims(expand.getSrc()), expand.getReassociationIndices())) {
      SmallVector<int64_t> sizes;
      for (int64_t i : group)
        sizes.push_back(expand.getResultType().getDimSize(i));
      llvm::append_range(result, splitDim(dim, sizes));
    }
    if (result.size() == static_cast<size_t>(expand.getResultType().getRank()))
      known[expand.getResult()] = result;
  } else if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    Dims result;
    Dims source = dims(collapse.getSrc());
    for (const ReassociationIndices &group :
         collapse.getReassociationIndices()) {
      Dim dim;
      for (int64_t i : group)
        llvm::append_range(dim, source[i]);
      result.push_back(dim);
    }
    known[collapse.getResult()] = result;
  } else if (auto insert = dyn_cast<tensor::InsertSliceOp>(op)) {
    Dims source = dims(insert.getSource());
    auto from = insert.getSourceType(), to = insert.getResultType();
    if (from.getRank() == to.getRank())
      for (int64_t i = 0; i < to.getRank(); ++i)
        if (from.getDimSize(i) == to.getDimSize(i) && isTagged(source[i]))
          known[insert.getResult()][i] = source[i];
  } else if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
    // What a dropped dimension was stays with its neighbour: one token.
    const Dims source = dims(slice.getSource());
    llvm::SmallBitVector dropped = slice.getDroppedDims();
    Dims result;
    Dim pending;
    for (auto [i, dim] : llvm::enumerate(source)) {
      Dim sized = resized(dim, slice.getSourceType().getDimSize(i),
                          slice.getStaticSizes()[i]);
      if (!dropped[i])
        result.emplace_back();
      llvm::append_range(result.empty() ? pending : result.back(), sized);
    }
    if (!result.empty())
      result.front().insert(result.front().begin(), pending.begin(),
                            pending.end());
    known[slice.getResult()] = result;
  } else if (isa<tensor::PadOp, tensor::ConcatOp, tensor::CastOp>(op) ||
             op->hasTrait<OpTrait::Elementwise>()) {
    if (!op->getNumOperands() || !op->getNumResults())
      return;
    auto from = dyn_cast<RankedTensorType>(op->getOperand(0).getType());
    auto to = dyn_cast<RankedTensorType>(op->getResult(0).getType());
    if (!from || !to || from.getRank() != to.getRank())
      return;
    Dims source = dims(op->getOperand(0));
    for (int64_t i = 0; i < to.getRank(); ++i)
      known[op->getResult(0)][i] =
          resized(source[i], from.getDimSize(i), to.getDimSize(i));
  }
}

void AxisAnalysis::seed(BlockArgument argument, bool isWeight) {
  auto type = dyn_cast<RankedTensorType>(argument.getType());
  if (!type)
    return;
  Dim batchDim, seqDim = {{Axis::Sequence, seqSize}};
  if (batchSize > 1)
    batchDim.push_back({Axis::Batch, batchSize});
  Dims dims = otherDims(type);
  if (!isWeight) {
    if (type.getRank() >= 2 && type.getDimSize(0) == batchSize &&
        type.getDimSize(1) == seqSize) {
      dims[0] = batchDim;
      dims[1] = seqDim;
    } else if (type.getRank() >= 1 && type.getDimSize(0) == tokens()) {
      dims[0] = batchDim;
      llvm::append_range(dims[0], seqDim);
    }
  }
  known[argument] = dims;
}

AxisAnalysis AxisAnalysis::ofBody(Block &body, int64_t batch, int64_t seq) {
  AxisAnalysis analysis;
  analysis.batchSize = batch;
  analysis.seqSize = seq;
  // A vector is one of features, even of as many as there are tokens: what is
  // one number a token is [tokens, 1].
  for (BlockArgument argument : body.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    analysis.seed(argument, /*isWeight=*/type && type.getRank() == 1);
  }
  for (Operation &op : body)
    analysis.visit(&op);
  return analysis;
}

FailureOr<AxisAnalysis> AxisAnalysis::of(func::FuncOp entry) {
  AxisAnalysis analysis;
  if (auto step = entry->getAttrOfType<flow::StepAttr>("flow.step")) {
    analysis.seqSize = step.getSeq();
    analysis.batchSize = step.getTokens() / step.getSeq();
  }
  for (BlockArgument arg : entry.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(arg.getType());
    if (!type || !type.getElementType().isIntOrIndex() || type.getRank() != 2)
      continue;
    int64_t batch = type.getDimSize(0), seq = type.getDimSize(1);
    if (analysis.seqSize &&
        (batch != analysis.batchSize || seq != analysis.seqSize))
      return entry.emitError()
             << "expected integer arguments of " << analysis.batchSize << " x "
             << analysis.seqSize << " tokens, got " << type << " as argument "
             << arg.getArgNumber();
    analysis.batchSize = batch;
    analysis.seqSize = seq;
  }
  if (analysis.seqSize < 2)
    return entry.emitError()
           << "expected an integer argument [batch, seq] or flow.step with "
              "sequences of at least 2 tokens, got "
           << analysis.seqSize;
  for (BlockArgument argument : entry.getArguments())
    analysis.seed(argument,
                  !!entry.getArgAttr(argument.getArgNumber(), "flow.weight"));
  for (Operation &op : entry.getBody().front())
    analysis.visit(&op);
  return analysis;
}
