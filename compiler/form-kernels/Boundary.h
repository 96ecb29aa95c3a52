//===- Boundary.h - The one form of a value between kernels -----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Between kernels an activation is [tokens, features]: sequences, then tokens
// of a sequence, in the first dimension; all else, in its own order, in the
// second. A value without tokens keeps its dimensions but those of size one.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_FORM_KERNELS_BOUNDARY_H
#define WAFERFLOW_COMPILER_FORM_KERNELS_BOUNDARY_H

#include "compiler/form-kernels/Graph.h"

namespace waferflow {

/// The type that `value` has between kernels.
mlir::RankedTensorType boundaryType(const AxisAnalysis &axes,
                                    mlir::Value value);

/// `now` stands for the graph's `value`, in its own shape: reshaped and
/// transposed to the form between kernels.
mlir::Value toBoundary(mlir::OpBuilder &builder, const AxisAnalysis &axes,
                       mlir::Value value, mlir::Value now);

/// The inverse: from the form between kernels to the shape of `value`.
mlir::Value fromBoundary(mlir::OpBuilder &builder, const AxisAnalysis &axes,
                         mlir::Value value, mlir::Value now);

/// A piece of a dimension of a view: `size` elements of its root, `stride`
/// apart in the root's row-major order.
struct Piece {
  Axis axis;
  int64_t size, stride;
};
using Pieces = llvm::SmallVector<Piece, 4>;

/// For each dimension of `value` the pieces of its root, outermost first, or
/// nothing where a view on the way is no permutation (a slice, a broadcast).
std::optional<llvm::SmallVector<Pieces>> piecesOf(const Graph &graph,
                                                  mlir::Value value);

/// Neighbouring pieces that are one stretch of the root become one.
Pieces merged(llvm::ArrayRef<Piece> pieces);

/// `value` between kernels is its root between kernels, element by element.
bool isRootAtBoundary(const Graph &graph, mlir::Value value);

} // namespace waferflow

#endif // WAFERFLOW_COMPILER_FORM_KERNELS_BOUNDARY_H
