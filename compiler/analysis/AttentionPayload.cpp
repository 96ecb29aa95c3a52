//===- AttentionPayload.cpp - What one generic op computes ----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/analysis/AttentionPayload.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace waferflow::flow {

/// The number that `value` is for every element.
static std::optional<double> constantOf(linalg::GenericOp generic,
                                        Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (argument.getOwner() != generic.getBody() ||
        argument.getArgNumber() >= generic.getNumDpsInputs())
      return std::nullopt;
    DenseElementsAttr elements;
    if (!matchPattern(generic.getInputs()[argument.getArgNumber()],
                      m_Constant(&elements)) ||
        !elements.isSplat() || !isa<FloatType>(elements.getElementType()))
      return std::nullopt;
    return elements.getSplatValue<APFloat>().convertToDouble();
  }
  FloatAttr number;
  if (!matchPattern(value, m_Constant(&number)))
    return std::nullopt;
  return number.getValueAsDouble();
}

/// The number of the input that `value` is an element of.
static std::optional<unsigned> inputOf(linalg::GenericOp generic, Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner() != generic.getBody() ||
      argument.getArgNumber() >= generic.getNumDpsInputs())
    return std::nullopt;
  return argument.getArgNumber();
}

Payload payloadOf(linalg::GenericOp generic) {
  using Kind = Payload::Kind;
  if (generic->getNumResults() != 1)
    return {};
  Value result = generic.getBody()->getTerminator()->getOperand(0);
  bool reduces = generic.getNumReductionLoops() > 0;
  if (auto input = inputOf(generic, result))
    return reduces ? Payload() : Payload{Kind::Copy, *input, 1};
  Operation *op = result.getDefiningOp();
  if (!op || op->getBlock() != generic.getBody() || op->getNumOperands() == 0 ||
      op->getNumOperands() > 2)
    return {};
  // Nothing else in it but constants.
  for (Operation &other : generic.getBody()->without_terminator())
    if (&other != op && !other.hasTrait<OpTrait::ConstantLike>())
      return {};
  Value a = op->getOperand(0);
  auto input = inputOf(generic, a);
  if (op->getNumOperands() == 1) {
    if (!input || reduces)
      return {};
    if (isa<math::ExpOp>(op))
      return {Kind::Exp, *input, 1};
    if (isa<arith::NegFOp>(op))
      return {Kind::Scale, *input, -1};
    return {};
  }
  Value b = op->getOperand(1);
  auto second = inputOf(generic, b);
  if (reduces) {
    if (!input)
      std::swap(input, second);
    bool accumulates =
        input && !second && isa<BlockArgument>(a) && isa<BlockArgument>(b);
    if (accumulates && isa<arith::AddFOp>(op))
      return {Kind::Sum, *input, 1};
    if (accumulates && isa<arith::MaximumFOp, arith::MaxNumFOp>(op))
      return {Kind::Max, *input, 1};
    return {};
  }
  auto left = constantOf(generic, a), right = constantOf(generic, b);
  if (isa<arith::MulFOp>(op) && input && right)
    return {Kind::Scale, *input, *right};
  if (isa<arith::MulFOp>(op) && second && left)
    return {Kind::Scale, *second, *left};
  if (isa<arith::DivFOp>(op) && input && right)
    return {Kind::Scale, *input, 1 / *right};
  if (isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp>(op) &&
      input && second && *input != *second && !left && !right)
    return {Kind::Binary, *input, 1};
  return {};
}

} // namespace waferflow::flow
