//===- TensorBuilder.h - One call an operation on tensors ----- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_MODELS_LLAMA_TENSORBUILDER_H
#define WAFERFLOW_MODELS_LLAMA_TENSORBUILDER_H

#include "mlir/Dialect/Utils/StructuredOpsUtils.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace waferflow::llama {

/// Emits linalg on static tensors in the forms in which a PyTorch import
/// arrives, so that one set of patterns serves both. Element-wise operands
/// broadcast as in PyTorch: shapes are aligned at the right, and a size of one
/// stretches (its index in the map is 0).
class TensorBuilder {
public:
  using Shape = llvm::ArrayRef<int64_t>;
  using Body = llvm::function_ref<mlir::Value(mlir::ValueRange)>;

  TensorBuilder(mlir::OpBuilder &builder, mlir::Location loc)
      : b(builder), loc(loc) {}

  mlir::OpBuilder &b;
  mlir::Location loc;

  // Types and constants.
  mlir::Type f32() { return b.getF32Type(); }
  mlir::Type i64() { return b.getI64Type(); }
  mlir::Value scalar(double value);             ///< f32
  mlir::Value integer(int64_t value);           ///< i64
  mlir::Value splat(double value, Shape shape); ///< a constant f32 tensor
  mlir::Value zeros(Shape shape);               ///< a filled f32 tensor
  mlir::Value filled(mlir::Value scalar, Shape shape);
  mlir::Value indices(int64_t count); ///< tensor<COUNTxi64>: 0, 1, ...

  // Element by element. `body` gets the operands' elements.
  mlir::Value map(Shape shape, mlir::Type element, mlir::ValueRange operands,
                  Body body);
  template <typename Op> mlir::Value unary(mlir::Value x) {
    return map(shapeOf(x), f32(), x, [&](mlir::ValueRange in) -> mlir::Value {
      return Op::create(b, loc, in[0]);
    });
  }
  template <typename Op> mlir::Value binary(mlir::Value x, mlir::Value y) {
    llvm::SmallVector<int64_t> shape = broadcast(shapeOf(x), shapeOf(y));
    return map(shape, f32(), {x, y}, [&](mlir::ValueRange in) -> mlir::Value {
      return Op::create(b, loc, in[0], in[1]);
    });
  }
  mlir::Value mul(mlir::Value x, mlir::Value y);
  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value sub(mlir::Value x, mlir::Value y);
  mlir::Value div(mlir::Value x, mlir::Value y);
  mlir::Value scale(mlir::Value x, double factor);

  /// Sums over `dims`, which stay with size one.
  mlir::Value sum(mlir::Value x, llvm::ArrayRef<int64_t> dims);
  mlir::Value sumAll(mlir::Value x); ///< of a vector, to a tensor of rank 0
  /// Maximum over the last dimension, which stays with size one.
  mlir::Value maximum(mlir::Value x);

  /// Copies x COUNT times along a new dimension DIM.
  mlir::Value repeat(mlir::Value x, int64_t dim, int64_t count);

  /// Elements of the matrix TABLE: `index`, over the leading dimensions of
  /// `shape`, says where along its dimension `tableDim`; the other index is
  /// dimension `loopDim` of the result. An index out of range is an assertion
  /// that fails when the program runs.
  mlir::Value gather(Shape shape, mlir::Value index, mlir::Value table,
                     int64_t tableDim, int64_t loopDim);

  // Shapes. `collapse` and `expand` take the sizes of the result and find the
  // grouping.
  mlir::Value transpose(mlir::Value x, llvm::ArrayRef<int64_t> permutation);
  mlir::Value collapse(mlir::Value x, Shape shape);
  mlir::Value expand(mlir::Value x, Shape shape);
  mlir::Value slice(mlir::Value x, int64_t dim, int64_t offset, int64_t size);
  mlir::Value insert(mlir::Value part, mlir::Value whole, int64_t dim,
                     int64_t offset);
  mlir::Value concat(mlir::Value x, mlir::Value y, int64_t dim);

  // Contractions. `linear` is x W^T for W [out, in], as PyTorch stores it.
  mlir::Value matmul(mlir::Value x, mlir::Value y);
  mlir::Value batchMatmul(mlir::Value x, mlir::Value y);
  mlir::Value linear(mlir::Value x, mlir::Value weight);

  static llvm::ArrayRef<int64_t> shapeOf(mlir::Value x) {
    return llvm::cast<mlir::RankedTensorType>(x.getType()).getShape();
  }
  static llvm::SmallVector<int64_t> broadcast(Shape x, Shape y);

private:
  mlir::Value addUp(mlir::Value x, mlir::Value out, mlir::AffineMap to,
                    llvm::ArrayRef<mlir::utils::IteratorType> iterators);
  mlir::Value empty(Shape shape, mlir::Type element);
};

} // namespace waferflow::llama

#endif // WAFERFLOW_MODELS_LLAMA_TENSORBUILDER_H
