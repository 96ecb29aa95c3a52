//===- VerifyWeights.cpp - Weights and gradients in their legal roles -----===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/Passes.h"

using namespace mlir;

namespace waferflow {
#define GEN_PASS_DEF_VERIFYWEIGHTS
#include "compiler/Passes.h.inc"

namespace {
using namespace flow;

/// A weight's dimensions behind views: for each dimension of the view, which of
/// the weight's two it is a part of.
using Sides = SmallVector<int>;

class WeightWalk {
public:
  WeightWalk(func::FuncOp entry, BlockArgument weight, WeightAttr name)
      : symbols(entry->getParentOp()), weight(weight), name(name) {}

  LogicalResult visit(Value value, const Sides &sides);

private:
  LogicalResult visitUse(OpOperand &use, const Sides &sides);
  LogicalResult visitProduct(linalg::LinalgOp op, OpOperand &use,
                             const Sides &sides);
  LogicalResult visitCall(func::CallOp call, OpOperand &use,
                          const Sides &sides);
  InFlightDiagnostic error(Operation *op) {
    InFlightDiagnostic diag = op->emitError();
    diag
        << "expected weight '" << name.getName()
        << "' to be used by products that sum over its inputs (forward) or its "
           "outputs (dX), got ";
    diag.attachNote(weight.getLoc()) << "the weight";
    return diag;
  }

  SymbolTable symbols;
  BlockArgument weight;
  WeightAttr name;
  llvm::DenseSet<Value> seen;
};

struct VerifyWeights : impl::VerifyWeightsBase<VerifyWeights> {
  void runOnOperation() override {
    FailureOr<func::FuncOp> entry = entryFunction(getOperation());
    if (failed(entry) || failed(verifyRoles(*entry)) ||
        failed(verifyGradients(*entry)))
      signalPassFailure();
    markAllAnalysesPreserved();
  }

  LogicalResult verifyRoles(func::FuncOp entry);
  LogicalResult verifyGradients(func::FuncOp entry);

  llvm::StringMap<unsigned> weights; ///< name -> argument
};
} // namespace

LogicalResult WeightWalk::visit(Value value, const Sides &sides) {
  if (!seen.insert(value).second)
    return success();
  for (OpOperand &use : value.getUses())
    if (failed(visitUse(use, sides)))
      return failure();
  return success();
}

LogicalResult WeightWalk::visitUse(OpOperand &use, const Sides &sides) {
  Operation *op = use.getOwner();
  if (auto call = dyn_cast<func::CallOp>(op))
    return visitCall(call, use, sides);
  Sides next;
  if (auto transpose = dyn_cast<linalg::TransposeOp>(op)) {
    for (int64_t i : transpose.getPermutation())
      next.push_back(sides[i]);
    return visit(op->getResult(0), next);
  }
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
    for (auto [side, group] :
         llvm::zip(sides, expand.getReassociationIndices()))
      next.append(group.size(), side);
    return visit(op->getResult(0), next);
  }
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    for (const auto &group : collapse.getReassociationIndices()) {
      next.push_back(sides[group.front()]);
      if (llvm::any_of(group,
                       [&](int64_t i) { return sides[i] != next.back(); }))
        return error(op) << "a reshape that mixes its dimensions";
    }
    return visit(op->getResult(0), next);
  }
  if (auto spmm = dyn_cast<SpmmOp>(op))
    if (&use == &spmm.getWeightMutable() && sides == Sides{0, 1})
      return success();
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (linalgOp && linalg::isaContractionOpInterface(linalgOp))
    return visitProduct(linalgOp, use, sides);
  return error(op) << "'" << op->getName() << "'";
}

/// Forward sums over all of side 1 and keeps side 0, dX the other way round.
LogicalResult WeightWalk::visitProduct(linalg::LinalgOp op, OpOperand &use,
                                       const Sides &sides) {
  if (op.isDpsInit(&use))
    return error(op) << "the result of a product";
  bool summed[2] = {false, false}, kept[2] = {false, false};
  auto loops = op.getIteratorTypesArray();
  AffineMap map = op.getMatchingIndexingMap(&use);
  ArrayRef<int64_t> shape = op.getShape(&use);
  for (auto [expr, side, size] : llvm::zip(map.getResults(), sides, shape)) {
    auto loop = dyn_cast<AffineDimExpr>(expr);
    if (!loop || size == 1)
      continue;
    bool sums = loops[loop.getPosition()] == utils::IteratorType::reduction;
    (sums ? summed : kept)[side] = true;
  }
  bool oneSummed = summed[0] != summed[1];
  bool mixed = (summed[0] && kept[0]) || (summed[1] && kept[1]);
  if (!oneSummed || mixed)
    return error(op) << "a product that sums over "
                     << (mixed       ? "a part of one of them"
                         : summed[0] ? "both"
                                     : "neither");
  return success();
}

LogicalResult WeightWalk::visitCall(func::CallOp call, OpOperand &use,
                                    const Sides &sides) {
  auto callee = symbols.lookup<func::FuncOp>(call.getCallee());
  if (!callee || callee.isDeclaration())
    return error(call) << "a call of a function without a body";
  return visit(callee.getArgument(use.getOperandNumber()), sides);
}

LogicalResult VerifyWeights::verifyRoles(func::FuncOp entry) {
  weights.clear();
  for (BlockArgument arg : entry.getArguments()) {
    auto weight =
        entry.getArgAttrOfType<WeightAttr>(arg.getArgNumber(), "flow.weight");
    if (!weight)
      continue;
    auto type = dyn_cast<RankedTensorType>(arg.getType());
    if (!type || !type.hasStaticShape())
      return emitError(arg.getLoc())
             << "expected weight '" << weight.getName()
             << "' to be a tensor of static shape, got " << arg.getType();
    auto [first, isNew] =
        weights.try_emplace(weight.getName(), arg.getArgNumber());
    if (!isNew)
      return emitError(arg.getLoc())
             << "expected one weight '" << weight.getName()
             << "', got arguments " << first->second << " and "
             << arg.getArgNumber();
    if (!weight.getPruned())
      continue;
    if (type.getRank() != 2)
      return emitError(arg.getLoc())
             << "expected pruned weight '" << weight.getName()
             << "' to be a matrix, got " << type;
    if (failed(WeightWalk(entry, arg, weight).visit(arg, {0, 1})))
      return failure();
  }
  return success();
}

LogicalResult VerifyWeights::verifyGradients(func::FuncOp entry) {
  llvm::StringMap<unsigned> results;
  Operation *ret = entry.getBody().back().getTerminator();
  for (unsigned i = 0; i < entry.getNumResults(); ++i) {
    auto gradient =
        dyn_cast_or_null<GradientAttr>(entry.getResultAttr(i, "flow.gradient"));
    if (!gradient)
      continue;
    auto found = weights.find(gradient.getWeight());
    if (found == weights.end())
      return ret->emitError()
             << "expected the gradient in result " << i
             << " to name a weight, got '" << gradient.getWeight() << "'";
    Type weight = entry.getArgument(found->second).getType();
    if (entry.getResultTypes()[i] != weight)
      return ret->emitError()
             << "expected the gradient of '" << gradient.getWeight()
             << "' to be " << weight << ", got " << entry.getResultTypes()[i];
    auto [first, isNew] = results.try_emplace(gradient.getWeight(), i);
    if (!isNew)
      return ret->emitError()
             << "expected one gradient of '" << gradient.getWeight()
             << "', got results " << first->second << " and " << i;
    auto attr =
        entry.getArgAttrOfType<WeightAttr>(found->second, "flow.weight");
    if (gradient.getAt() == "mask" && !attr.getPruned())
      return ret->emitError()
             << "expected the gradient of '" << gradient.getWeight()
             << "', which is not pruned, at = \"dense\", got \"mask\"";
  }
  return success();
}
} // namespace waferflow
