//===- TensorBuilder.cpp - One call an operation on tensors ---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/llama/TensorBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <algorithm>
#include <limits>

using namespace mlir;
using namespace waferflow::llama;
using utils::IteratorType;

Value TensorBuilder::scalar(double value) {
  return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value));
}

Value TensorBuilder::integer(int64_t value) {
  return arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(value));
}

Value TensorBuilder::splat(double value, Shape shape) {
  auto type = RankedTensorType::get(shape, f32());
  return arith::ConstantOp::create(
      b, loc, DenseElementsAttr::get(type, static_cast<float>(value)));
}

Value TensorBuilder::empty(Shape shape, Type element) {
  return tensor::EmptyOp::create(b, loc, shape, element);
}

Value TensorBuilder::filled(Value scalar, Shape shape) {
  Value out = empty(shape, scalar.getType());
  return linalg::FillOp::create(b, loc, scalar, out).getResult(0);
}

Value TensorBuilder::zeros(Shape shape) { return filled(scalar(0), shape); }

Value TensorBuilder::indices(int64_t count) {
  return map({count}, i64(), {}, [&](ValueRange) -> Value {
    Value index = linalg::IndexOp::create(b, loc, 0);
    return arith::IndexCastOp::create(b, loc, i64(), index);
  });
}

SmallVector<int64_t> TensorBuilder::broadcast(Shape x, Shape y) {
  if (x.size() < y.size())
    std::swap(x, y);
  SmallVector<int64_t> shape(x);
  for (size_t i = 0; i < y.size(); ++i) {
    int64_t &size = shape[x.size() - y.size() + i];
    assert((size == y[i] || size == 1 || y[i] == 1) &&
           "shapes don't broadcast");
    size = std::max(size, y[i]);
  }
  return shape;
}

Value TensorBuilder::map(Shape shape, Type element, ValueRange operands,
                         Body body) {
  unsigned rank = shape.size();
  SmallVector<AffineMap> maps;
  for (Value operand : operands) {
    Shape from = shapeOf(operand);
    SmallVector<AffineExpr> indices;
    for (unsigned i = 0; i < from.size(); ++i) {
      unsigned dim = rank - from.size() + i;
      indices.push_back(from[i] == shape[dim] ? b.getAffineDimExpr(dim)
                                              : b.getAffineConstantExpr(0));
    }
    maps.push_back(AffineMap::get(rank, 0, indices, b.getContext()));
  }
  maps.push_back(b.getMultiDimIdentityMap(rank));
  Value out = empty(shape, element);
  SmallVector<IteratorType> iterators(rank, IteratorType::parallel);
  return linalg::GenericOp::create(
             b, loc, out.getType(), operands, out, maps, iterators,
             [&](OpBuilder &nested, Location, ValueRange in) {
               OpBuilder::InsertionGuard guard(b);
               b.setInsertionPoint(nested.getInsertionBlock(),
                                   nested.getInsertionPoint());
               linalg::YieldOp::create(b, loc, body(in.drop_back()));
             })
      .getResult(0);
}

Value TensorBuilder::mul(Value x, Value y) {
  return binary<arith::MulFOp>(x, y);
}
Value TensorBuilder::add(Value x, Value y) {
  return binary<arith::AddFOp>(x, y);
}
Value TensorBuilder::sub(Value x, Value y) {
  return binary<arith::SubFOp>(x, y);
}
Value TensorBuilder::div(Value x, Value y) {
  return binary<arith::DivFOp>(x, y);
}

Value TensorBuilder::scale(Value x, double factor) {
  Value constant = scalar(factor);
  return map(shapeOf(x), f32(), x, [&](ValueRange in) -> Value {
    return arith::MulFOp::create(b, loc, in[0], constant);
  });
}

Value TensorBuilder::sum(Value x, ArrayRef<int64_t> dims) {
  SmallVector<int64_t> shape(shapeOf(x));
  unsigned rank = shape.size();
  SmallVector<IteratorType> iterators(rank, IteratorType::parallel);
  SmallVector<AffineExpr> indices;
  for (unsigned i = 0; i < rank; ++i) {
    bool reduced = llvm::is_contained(dims, i);
    if (reduced) {
      iterators[i] = IteratorType::reduction;
      shape[i] = 1;
    }
    indices.push_back(reduced ? b.getAffineConstantExpr(0)
                              : b.getAffineDimExpr(i));
  }
  return addUp(x, zeros(shape),
               AffineMap::get(rank, 0, indices, b.getContext()), iterators);
}

Value TensorBuilder::sumAll(Value x) {
  assert(shapeOf(x).size() == 1 && "expected a vector");
  return addUp(x, zeros({}), AffineMap::get(1, 0, b.getContext()),
               IteratorType::reduction);
}

Value TensorBuilder::addUp(Value x, Value out, AffineMap to,
                           ArrayRef<IteratorType> iterators) {
  AffineMap maps[] = {b.getMultiDimIdentityMap(to.getNumDims()), to};
  return linalg::GenericOp::create(
             b, loc, out.getType(), x, out, maps, iterators,
             [&](OpBuilder &nested, Location, ValueRange in) {
               Value sum = arith::AddFOp::create(nested, loc, in[0], in[1]);
               linalg::YieldOp::create(nested, loc, sum);
             })
      .getResult(0);
}

// The form of PyTorch's max over a dimension, which also tracks where it is.
// The second result has no use here and goes with the first clean-up pass.
Value TensorBuilder::maximum(Value x) {
  SmallVector<int64_t> shape(shapeOf(x));
  unsigned rank = shape.size();
  Shape kept = Shape(shape).drop_back();
  SmallVector<IteratorType> iterators(rank, IteratorType::parallel);
  iterators.back() = IteratorType::reduction;
  AffineMap identity = b.getMultiDimIdentityMap(rank);
  AffineMap projected = identity.dropResult(rank - 1);
  Value at = filled(integer(0), kept);
  Value low = filled(scalar(-std::numeric_limits<float>::infinity()), kept);
  auto found = linalg::GenericOp::create(
      b, loc, TypeRange{low.getType(), at.getType()}, x, ValueRange{low, at},
      ArrayRef<AffineMap>{identity, projected, projected}, iterators,
      [&](OpBuilder &nested, Location, ValueRange in) {
        Value index = linalg::IndexOp::create(nested, loc, rank - 1);
        Value number = arith::IndexCastOp::create(nested, loc, i64(), index);
        Value larger = arith::MaximumFOp::create(nested, loc, in[0], in[1]);
        Value above = arith::CmpFOp::create(
            nested, loc, arith::CmpFPredicate::OGT, in[0], in[1]);
        Value where =
            arith::SelectOp::create(nested, loc, above, number, in[2]);
        linalg::YieldOp::create(nested, loc, ValueRange{larger, where});
      });
  shape.back() = 1;
  return expand(found.getResult(0), shape);
}

Value TensorBuilder::repeat(Value x, int64_t dim, int64_t count) {
  SmallVector<int64_t> shape(shapeOf(x));
  shape.insert(shape.begin() + dim, count);
  unsigned rank = shape.size();
  AffineMap identity = b.getMultiDimIdentityMap(rank);
  SmallVector<IteratorType> iterators(rank, IteratorType::parallel);
  Value out = empty(shape, f32());
  return linalg::GenericOp::create(
             b, loc, out.getType(), x, out,
             ArrayRef<AffineMap>{identity.dropResult(dim), identity}, iterators,
             [&](OpBuilder &nested, Location, ValueRange in) {
               linalg::YieldOp::create(nested, loc, in[0]);
             })
      .getResult(0);
}

Value TensorBuilder::gather(Shape shape, Value index, Value table,
                            int64_t tableDim, int64_t loopDim) {
  unsigned rank = shape.size();
  AffineMap identity = b.getMultiDimIdentityMap(rank);
  AffineMap leading = identity.getMajorSubMap(shapeOf(index).size());
  SmallVector<IteratorType> iterators(rank, IteratorType::parallel);
  Value size = arith::ConstantOp::create(
      b, loc, b.getIndexAttr(shapeOf(table)[tableDim]));
  Value zero = integer(0);
  Value out = empty(shape, f32());
  return linalg::GenericOp::create(
             b, loc, out.getType(), index, out,
             ArrayRef<AffineMap>{leading, identity}, iterators,
             [&](OpBuilder &nested, Location, ValueRange in) {
               Value found, at[2];
               for (int64_t dim : {0, 1})
                 if (dim == tableDim)
                   found = at[dim] = arith::IndexCastOp::create(
                       nested, loc, nested.getIndexType(), in[0]);
                 else
                   at[dim] = linalg::IndexOp::create(nested, loc, loopDim);
               Value below = arith::CmpIOp::create(
                   nested, loc, arith::CmpIPredicate::slt, found, size);
               cf::AssertOp::create(nested, loc, below,
                                    "index must be smaller than dim size");
               Value above = arith::CmpIOp::create(
                   nested, loc, arith::CmpIPredicate::sge, in[0], zero);
               cf::AssertOp::create(nested, loc, above,
                                    "index must be larger or equal to 0");
               Value element = tensor::ExtractOp::create(nested, loc, table,
                                                         ValueRange(at));
               linalg::YieldOp::create(nested, loc, element);
             })
      .getResult(0);
}

Value TensorBuilder::transpose(Value x, ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> shape;
  for (int64_t dim : permutation)
    shape.push_back(shapeOf(x)[dim]);
  auto element = cast<RankedTensorType>(x.getType()).getElementType();
  Value out = empty(shape, element);
  return linalg::TransposeOp::create(b, loc, x, out, permutation)->getResult(0);
}

Value TensorBuilder::collapse(Value x, Shape shape) {
  auto type = cast<RankedTensorType>(x.getType());
  auto groups = getReassociationIndicesForReshape(
      type, RankedTensorType::get(shape, type.getElementType()));
  assert(groups && "no grouping of dimensions gives this shape");
  if (type.getShape() == shape)
    return x;
  return tensor::CollapseShapeOp::create(b, loc, x, *groups);
}

Value TensorBuilder::expand(Value x, Shape shape) {
  auto type = cast<RankedTensorType>(x.getType());
  auto result = RankedTensorType::get(shape, type.getElementType());
  auto groups = getReassociationIndicesForReshape(type, result);
  assert(groups && "no grouping of dimensions gives this shape");
  if (type.getShape() == shape)
    return x;
  return tensor::ExpandShapeOp::create(b, loc, result, x, *groups);
}

Value TensorBuilder::slice(Value x, int64_t dim, int64_t offset, int64_t size) {
  auto type = cast<RankedTensorType>(x.getType());
  SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(type.getRank(), b.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes =
      getAsIndexOpFoldResult(b.getContext(), type.getShape());
  offsets[dim] = b.getIndexAttr(offset);
  sizes[dim] = b.getIndexAttr(size);
  return tensor::ExtractSliceOp::create(b, loc, x, offsets, sizes, strides);
}

Value TensorBuilder::insert(Value part, Value whole, int64_t dim,
                            int64_t offset) {
  auto type = cast<RankedTensorType>(part.getType());
  SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(type.getRank(), b.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes =
      getAsIndexOpFoldResult(b.getContext(), type.getShape());
  offsets[dim] = b.getIndexAttr(offset);
  return tensor::InsertSliceOp::create(b, loc, part, whole, offsets, sizes,
                                       strides);
}

Value TensorBuilder::concat(Value x, Value y, int64_t dim) {
  return tensor::ConcatOp::create(b, loc, dim, ValueRange{x, y});
}

Value TensorBuilder::matmul(Value x, Value y) {
  Value out = zeros({shapeOf(x)[0], shapeOf(y)[1]});
  return linalg::MatmulOp::create(b, loc, out.getType(), ValueRange{x, y}, out)
      .getResult(0);
}

Value TensorBuilder::batchMatmul(Value x, Value y) {
  Value out = zeros({shapeOf(x)[0], shapeOf(x)[1], shapeOf(y)[2]});
  return linalg::BatchMatmulOp::create(b, loc, out.getType(), ValueRange{x, y},
                                       out)
      .getResult(0);
}

Value TensorBuilder::linear(Value x, Value weight) {
  return matmul(x, transpose(weight, {1, 0}));
}
