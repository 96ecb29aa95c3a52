//===- AddedGradients.cpp - A weight that is used more than once ----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/AddedGradients.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;

namespace waferflow::fabric {

namespace {

/// The arguments of `body` whose sum, element by element, `value` is; false
/// where it is something else.
bool sumsArguments(Value value, Block *body, SmallVectorImpl<Value> &terms) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (argument.getOwner() == body) {
      terms.push_back(argument);
      return true;
    }
    auto generic =
        dyn_cast<linalg::GenericOp>(argument.getOwner()->getParentOp());
    OpOperand *operand =
        generic ? generic.getMatchingOpOperand(argument) : nullptr;
    return operand && generic.isDpsInput(operand) &&
           sumsArguments(operand->get(), body, terms);
  }
  Operation *op = value.getDefiningOp();
  if (isa<arith::AddFOp>(op))
    return sumsArguments(op->getOperand(0), body, terms) &&
           sumsArguments(op->getOperand(1), body, terms);
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic || generic.getNumResults() != 1 ||
      generic.getNumParallelLoops() != generic.getNumLoops() ||
      !llvm::all_of(generic.getIndexingMapsArray(),
                    [](AffineMap map) { return map.isIdentity(); }))
    return false;
  return sumsArguments(generic.getBody()->getTerminator()->getOperand(0), body,
                       terms);
}

/// Kernels whose result leaves for the store as it is made.
bool leaves(Value value) {
  auto gather = value.getDefiningOp<flow::GatherOp>();
  return value.hasOneUse() &&
         (value.getDefiningOp<flow::SddmmOp>() ||
          (gather && gather.getDirection() == flow::Direction::Backward));
}

} // namespace

void mergeAddedGradients(StepLowering &lowering) {
  Operation *end = lowering.step.getBody().front().getTerminator();
  for (OpOperand &returned : end->getOpOperands()) {
    unsigned index = returned.getOperandNumber();
    auto map = returned.get().getDefiningOp<flow::MapOp>();
    if (!map || !returned.get().hasOneUse() || map->getNumResults() != 1 ||
        !lowering.step.getResultAttr(index, "flow.gradient"))
      continue;
    Block &body = map->getRegion(0).front();
    SmallVector<Value> terms;
    if (!sumsArguments(body.getTerminator()->getOperand(0), &body, terms) ||
        terms.size() != map->getNumOperands() ||
        llvm::any_of(body.getArguments(),
                     [&](Value a) { return !llvm::is_contained(terms, a); }) ||
        !llvm::all_of(map->getOperands(), leaves))
      continue;
    for (Value term : map->getOperands())
      lowering.setResultName(term, lowering.resultName(index));
    returned.set(map->getOperand(0));
    map->erase();
  }
}

} // namespace waferflow::fabric
