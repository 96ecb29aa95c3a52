//===- InlineKernels.cpp - Kernels back to linalg -------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/Passes.h"

using namespace mlir;

namespace waferflow {
#define GEN_PASS_DEF_INLINEKERNELS
#include "compiler/Passes.h.inc"

namespace {
using namespace flow;

Value zeros(OpBuilder &builder, Location loc, RankedTensorType type) {
  Value zero = arith::ConstantOp::create(
      builder, loc, builder.getZeroAttr(type.getElementType()));
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(),
                                        type.getElementType());
  return linalg::FillOp::create(builder, loc, zero, empty).getResult(0);
}

Value transposed(OpBuilder &builder, Value matrix) {
  auto type = cast<RankedTensorType>(matrix.getType());
  SmallVector<int64_t> shape = {type.getDimSize(1), type.getDimSize(0)};
  Value empty = tensor::EmptyOp::create(builder, matrix.getLoc(), shape,
                                        type.getElementType());
  return linalg::TransposeOp::create(builder, matrix.getLoc(), matrix, empty,
                                     ArrayRef<int64_t>{1, 0})
      ->getResult(0);
}

Value product(OpBuilder &builder, Operation *op, Value left, Value right) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  return linalg::MatmulOp::create(builder, op->getLoc(), type,
                                  ValueRange{left, right},
                                  zeros(builder, op->getLoc(), type))
      .getResult(0);
}

/// Moves a body's ops in front of its kernel.
void inlineBody(Operation *kernel) {
  Block &body = kernel->getRegion(0).front();
  for (auto [arg, operand] :
       llvm::zip_equal(body.getArguments(), kernel->getOperands()))
    arg.replaceAllUsesWith(operand);
  Operation *yield = body.getTerminator();
  kernel->replaceAllUsesWith(yield->getOperands());
  yield->erase();
  kernel->getBlock()->getOperations().splice(Block::iterator(kernel),
                                             body.getOperations());
}

struct InlineKernels : impl::InlineKernelsBase<InlineKernels> {
  void runOnOperation() override {
    SmallVector<Operation *> kernels;
    getOperation().walk([&](Operation *op) {
      if (isa<FlowKernel, OrderOp>(op))
        kernels.push_back(op);
    });
    for (Operation *op : kernels) {
      OpBuilder builder(op);
      if (auto spmm = dyn_cast<SpmmOp>(op)) {
        Value weight = spmm.getWeight();
        if (!spmm.getTransposed())
          weight = transposed(builder, weight);
        spmm.replaceAllUsesWith(product(builder, op, spmm.getX(), weight));
      } else if (auto sddmm = dyn_cast<SddmmOp>(op)) {
        sddmm.replaceAllUsesWith(product(
            builder, op, transposed(builder, sddmm.getDy()), sddmm.getX()));
      } else if (auto relayout = dyn_cast<RelayoutOp>(op)) {
        relayout.replaceAllUsesWith(relayout.getInput());
      } else if (op->getNumRegions() == 1) {
        inlineBody(op);
      }
      op->erase();
    }
  }
};
} // namespace
} // namespace waferflow
