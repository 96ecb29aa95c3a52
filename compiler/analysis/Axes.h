//===- Axes.h - Which dimensions are tokens, which features -----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_ANALYSIS_AXES_H
#define WAFERFLOW_COMPILER_ANALYSIS_AXES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace waferflow {

/// What a factor of a dimension runs over: sequences, tokens of a sequence, or
/// anything else (features, heads, weight rows, vocabulary).
enum class Axis { Batch, Sequence, Other };

/// A dimension is a product of factors, outermost first: [batch * heads] is
/// {Batch, Other}. Factors of size one are left out, but for a lone token of a
/// sequence.
struct Factor {
  Axis axis;
  int64_t size;
};
using Dim = llvm::SmallVector<Factor, 2>;
using Dims = llvm::SmallVector<Dim, 4>;

/// Splits `dim` into factors of the given sizes in turn; a size that cuts a
/// factor of tokens makes both parts Other.
Dims splitDim(llvm::ArrayRef<Factor> dim, llvm::ArrayRef<int64_t> sizes);

/// Follows the token axes of a function's arguments through its ops. Integer
/// arguments are [batch, seq]; float arguments that are no weights start with
/// [batch, seq] or [tokens] where their sizes say so.
class AxisAnalysis {
public:
  /// Emits an error where the function has no token axis, two that disagree, or
  /// sequences shorter than two tokens.
  static mlir::FailureOr<AxisAnalysis> of(mlir::func::FuncOp entry);

  /// The same inside a kernel's body, whose arguments are [tokens, features] or
  /// vectors of features.
  static AxisAnalysis ofBody(mlir::Block &body, int64_t batch, int64_t seq);

  const Dims &dims(mlir::Value value) const;
  int64_t batch() const { return batchSize; }
  int64_t seq() const { return seqSize; }
  int64_t tokens() const { return batchSize * seqSize; }

  /// Number of Sequence factors over all dimensions: 0 for weights and
  /// scalars, 1 for activations, 2 for attention scores.
  int64_t sequenceAxes(mlir::Value value) const;
  bool isActivation(mlir::Value value) const {
    return sequenceAxes(value) == 1;
  }
  bool isScores(mlir::Value value) const { return sequenceAxes(value) > 1; }

  /// The factors of each loop of a linalg op, from whichever operand knows.
  Dims loops(mlir::linalg::LinalgOp op) const;

private:
  void visit(mlir::Operation *op);
  void seed(mlir::BlockArgument argument, bool isWeight);

  llvm::DenseMap<mlir::Value, Dims> known;
  int64_t batchSize = 1, seqSize = 0;
};

} // namespace waferflow

#endif // WAFERFLOW_COMPILER_ANALYSIS_AXES_H
