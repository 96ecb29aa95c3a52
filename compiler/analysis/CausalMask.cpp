//===- CausalMask.cpp - Attention masks that only look back ---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/analysis/CausalMask.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

bool waferflow::isCausalMask(Operation *op) {
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic || generic.getNumDpsInputs() || generic.getNumLoops() < 2 ||
      generic.getNumReductionLoops() || generic->getNumResults() != 1 ||
      !generic.getIndexingMapsArray()[0].isIdentity())
    return false;
  auto yield = cast<linalg::YieldOp>(generic.getBody()->getTerminator());
  auto select = yield.getOperand(0).getDefiningOp<arith::SelectOp>();
  if (!select)
    return false;
  auto sees = select.getCondition().getDefiningOp<arith::CmpIOp>();
  if (!sees || sees.getPredicate() != arith::CmpIPredicate::ule ||
      !select.getTrueValue().getDefiningOp<arith::ConstantOp>() ||
      !select.getFalseValue().getDefiningOp<arith::ConstantOp>())
    return false;
  auto key = sees.getLhs().getDefiningOp<linalg::IndexOp>();
  auto query = sees.getRhs().getDefiningOp<linalg::IndexOp>();
  unsigned last = generic.getNumLoops() - 1;
  return key && query && key.getDim() == last && query.getDim() == last - 1;
}

Value waferflow::buildCausalMask(OpBuilder &builder, Location loc,
                                 RankedTensorType type, TypedAttr visible,
                                 TypedAttr hidden) {
  Value yes = arith::ConstantOp::create(builder, loc, visible);
  Value no = arith::ConstantOp::create(builder, loc, hidden);
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(),
                                        type.getElementType());
  int64_t rank = type.getRank();
  AffineMap identity = builder.getMultiDimIdentityMap(rank);
  SmallVector<utils::IteratorType> loops(rank, utils::IteratorType::parallel);
  auto mask = linalg::GenericOp::create(
      builder, loc, TypeRange(type), ValueRange(), ValueRange(empty),
      ArrayRef<AffineMap>(identity), loops,
      [&](OpBuilder &b, Location loc, ValueRange) {
        Value query = linalg::IndexOp::create(b, loc, rank - 2);
        Value key = linalg::IndexOp::create(b, loc, rank - 1);
        Value sees = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ule,
                                           key, query);
        Value value = arith::SelectOp::create(b, loc, sees, yes, no);
        linalg::YieldOp::create(b, loc, value);
      });
  return mask.getResult(0);
}
