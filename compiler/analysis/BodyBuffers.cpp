//===- BodyBuffers.cpp - What element-wise work holds meanwhile -----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/analysis/BodyBuffers.h"

#include "compiler/analysis/Axes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace waferflow::flow {

namespace {

/// Values are tensors of the body, or what a linalg op computes of one element.
class BodyWalk {
public:
  BodyWalk(FlowKernel kernel, int64_t batch, int64_t seq)
      : kernel(kernel), body(kernel->getRegion(0).front()), seq(seq),
        axes(AxisAnalysis::ofBody(body, batch, seq)) {}

  BodyBuffers run() {
    ValueRange results = body.getTerminator()->getOperands();
    for (Value result : results)
      if (auto type = dyn_cast<RankedTensorType>(result.getType());
          type && isa<ReduceOp>(kernel.getOperation()) && type.getRank() == 1)
        ++found.featureSums;
    // A vector of its own for what is written element by element.
    int64_t most = compute(SmallVector<Value>(results), /*ofRows=*/false);
    int64_t hoisted = rows.size();
    // Sums over features or tokens, one after the other, each in its place.
    for (size_t i = 0; i < sums.size(); ++i) {
      auto [op, terms] = *std::next(sums.begin(), i);
      found.reductions += 2;
      int64_t select = isa<tensor::ExtractOp>(op) ? 2 : 0;
      most = std::max(most, compute(terms, /*ofRows=*/false) + select);
      hoisted = std::max<int64_t>(hoisted, rows.size());
    }
    most = std::max(most, compute(rows.takeVector(), /*ofRows=*/true));
    found.temporaries = most + hoisted;
    return std::move(found);
  }

private:
  /// Whether a value differs between tokens, between features.
  struct Differs {
    bool tokens = false, features = false;
  };

  Differs differs(Value value) {
    if (auto it = known.find(value); it != known.end())
      return it->second;
    Differs result;
    auto unite = [&](Value other) {
      Differs d = differs(other);
      result.tokens |= d.tokens;
      result.features |= d.features;
    };
    auto over = [&](const Dim &dim) {
      for (const Factor &factor : dim)
        (factor.axis == Axis::Other ? result.features : result.tokens) |=
            factor.size > 1;
    };
    Operation *op = value.getDefiningOp();
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      if (argument.getOwner() != &body)
        unite(operandOf(argument));
      else if (isTokens(argument))
        result.tokens = true;
      else if (isa<RankedTensorType>(value.getType()))
        llvm::for_each(axes.dims(value), over);
    } else if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
      result = ofConstant(constant);
    } else if (auto index = dyn_cast<linalg::IndexOp>(op)) {
      over(axes.loops(
          cast<linalg::LinalgOp>(op->getParentOp()))[index.getDim()]);
    } else if (auto pick = dyn_cast<tensor::ExtractOp>(op)) {
      result.tokens = true;
    } else if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op)) {
      if (linalgOp.getNumReductionLoops() > 0)
        llvm::for_each(axes.dims(value), over);
      else
        unite(yielded(linalgOp, value));
    } else {
      for (Value operand : op->getOperands())
        unite(operand);
    }
    return known[value] = result;
  }

  static Value operandOf(BlockArgument argument) {
    return argument.getOwner()->getParentOp()->getOperand(
        argument.getArgNumber());
  }
  static Value yielded(linalg::LinalgOp op, Value result) {
    return op.getBlock()->getTerminator()->getOperand(
        cast<OpResult>(result).getResultNumber());
  }
  /// Token numbers of the step's inputs.
  bool isTokens(BlockArgument argument) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    return type && type.getElementType().isInteger() &&
           isa<BlockArgument>(kernel->getOperand(argument.getArgNumber()));
  }

  Differs ofConstant(arith::ConstantOp op) {
    auto constant = dyn_cast<ElementsAttr>(op.getValue());
    if (!constant || constant.isSplat())
      return {};
    auto shape = constant.getShapedType().getShape();
    bool ofPlace = llvm::is_contained(shape, seq);
    return {ofPlace, constant.getNumElements() > (ofPlace ? seq : 1)};
  }

  /// What computes `value`, element by element: past changes of shape.
  Value source(Value value) {
    while (isa<RankedTensorType>(value.getType())) {
      Operation *op = value.getDefiningOp();
      if (!op)
        return value;
      if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op)) {
        if (linalgOp.getNumReductionLoops() > 0)
          return value;
        value = yielded(linalgOp, value);
        if (auto argument = dyn_cast<BlockArgument>(value))
          value = operandOf(argument);
        continue;
      }
      if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op))
        return value;
      value = op->getOperand(0);
    }
    auto argument = dyn_cast<BlockArgument>(value);
    if (argument && argument.getOwner() != &body)
      return source(operandOf(argument));
    return value;
  }

  /// Whether a vector instruction makes `value`, in this code.
  bool isInner(Value value) {
    Operation *op = value.getDefiningOp();
    if (!op || isa<RankedTensorType>(value.getType()) ||
        isa<arith::ConstantOp, linalg::IndexOp, tensor::ExtractOp>(op))
      return false;
    Differs d = differs(value);
    return d.tokens && d.features == !ofRows;
  }

  void countUses(Value value) {
    value = source(value);
    if (!isInner(value)) {
      leaf(value);
      return;
    }
    if (uses[value]++ > 0)
      return;
    for (Value operand : value.getDefiningOp()->getOperands())
      countUses(operand);
  }

  /// What a code reads and does not compute.
  void leaf(Value value) {
    Operation *op = value.getDefiningOp();
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      readInput(argument);
    } else if (auto pick = dyn_cast_or_null<tensor::ExtractOp>(op)) {
      pickFeature(pick);
    } else if (op && isa<arith::ConstantOp>(op)) {
      Differs d = differs(value);
      Attribute attribute = cast<arith::ConstantOp>(op).getValue();
      if (d.tokens)
        found.positionTables.insert(attribute);
      else if (d.features)
        found.featureTables.insert(attribute);
    } else if (op && isa<linalg::IndexOp>(op)) {
      if (differs(value).features)
        found.featureTables.insert(
            Builder(op->getContext()).getStringAttr("index"));
    } else if (auto sum = dyn_cast_or_null<linalg::LinalgOp>(op)) {
      SmallVector<Value> terms(sum.getBlock()->getTerminator()->getOperands());
      sums.insert({op, std::move(terms)});
    } else if (op && isa<RankedTensorType>(value.getType())) {
      // Slices, concatenations, padding: each part by itself.
      for (Value operand : op->getOperands())
        if (isa<RankedTensorType>(operand.getType())) {
          found.pointwise = false;
          countUses(operand);
        }
    } else if (op && differs(value).tokens && !differs(value).features) {
      rows.insert(value);
    } else if (op) {
      for (Value operand : op->getOperands())
        countUses(operand);
    }
  }

  /// The feature that a number of the token says: a sum over all features, of
  /// which all others are 0.
  void pickFeature(tensor::ExtractOp pick) {
    found.featureTables.insert(
        Builder(pick.getContext()).getStringAttr("index"));
    sums.insert({pick, SmallVector<Value>(pick->getOperands())});
  }

  void readInput(BlockArgument argument) {
    if (isTokens(argument))
      found.tokenTables.insert(kernel->getOperand(argument.getArgNumber()));
  }

  void release(Value value) {
    value = source(value);
    if (isInner(value) && --uses[value] == 0 && done.contains(value))
      --live;
  }

  void evaluate(Value value) {
    value = source(value);
    Operation *op = value.getDefiningOp();
    if (!isInner(value)) {
      if (op && isa<RankedTensorType>(value.getType()) &&
          !isa<linalg::LinalgOp>(op))
        for (Value operand : op->getOperands())
          if (isa<RankedTensorType>(operand.getType()))
            evaluate(operand);
      return;
    }
    if (!done.insert(value).second)
      return;
    for (Value operand : op->getOperands())
      evaluate(operand);
    // Division, comparison and the like are several instructions.
    if (!isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::MaximumFOp,
             arith::MinimumFOp, arith::MaxNumFOp, arith::MinNumFOp, math::ExpOp,
             math::LogOp, math::RsqrtOp>(op))
      most = std::max(most, live + 2);
    for (Value operand : op->getOperands())
      release(operand);
    most = std::max(most, ++live);
  }

  /// Vectors at once in a code that computes `roots`.
  int64_t compute(ArrayRef<Value> roots, bool rowsOnly) {
    ofRows = rowsOnly;
    uses.clear();
    done.clear();
    live = most = 0;
    for (Value root : roots)
      countUses(root);
    // Several results that may take the place of inputs are computed before
    // any is stored.
    for (Value root : roots)
      evaluate(root);
    return most;
  }

  FlowKernel kernel;
  Block &body;
  int64_t seq;
  AxisAnalysis axes;
  BodyBuffers found;
  DenseMap<Value, Differs> known;
  llvm::SetVector<Value> rows; ///< of tokens alone: computed once, before
  llvm::MapVector<Operation *, SmallVector<Value>> sums; ///< and their terms
  bool ofRows = false;
  DenseMap<Value, int64_t> uses;
  DenseSet<Value> done;
  int64_t live = 0, most = 0;
};

} // namespace

BodyBuffers findBodyBuffers(FlowKernel kernel, int64_t batch, int64_t seq) {
  return BodyWalk(kernel, batch, seq).run();
}

} // namespace waferflow::flow
