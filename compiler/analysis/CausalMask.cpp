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

/// The loop whose position `value` is, or nothing.
static std::optional<uint64_t> position(Value value) {
  while (auto cast = value.getDefiningOp<arith::IndexCastOp>())
    value = cast.getIn();
  if (auto index = value.getDefiningOp<linalg::IndexOp>())
    return index.getDim();
  return std::nullopt;
}

bool waferflow::comparesPositions(Operation *op) {
  if (!isa<linalg::LinalgOp>(op))
    return false;
  bool found = false;
  op->walk([&](arith::CmpIOp cmp) {
    auto left = position(cmp.getLhs()), right = position(cmp.getRhs());
    found |= left && right && *left != *right;
  });
  return found;
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
