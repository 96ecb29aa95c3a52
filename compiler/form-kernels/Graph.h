//===- Graph.h - The entry function's ops, by what they are -----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_FORM_KERNELS_GRAPH_H
#define WAFERFLOW_COMPILER_FORM_KERNELS_GRAPH_H

#include "compiler/analysis/Axes.h"

namespace waferflow {

/// `Source`: depends on no argument (constants, fills, position numbers),
/// cloned wherever it is needed. `View`: moves no value to another token or
/// feature by computing (reshape, transpose, slice, broadcast), cloned into its
/// consumers. `Lookup`: reads a weight at integer indices.
enum class OpKind { Source, View, Elementwise, Reduction, Contraction, Lookup };

/// A use of a value behind views: the op that computes with it, and the operand
/// (null for a value captured by the op's region).
struct Consumer {
  mlir::Operation *op;
  mlir::OpOperand *operand;
};

class Graph {
public:
  /// Classifies every op of the entry function's single block, or emits an
  /// error that names the op that fits no kernel.
  static mlir::FailureOr<Graph> of(mlir::func::FuncOp entry);

  mutable mlir::func::FuncOp entry; ///< a handle; reading it needs no const
  AxisAnalysis axes;

  OpKind kind(mlir::Operation *op) const { return kinds.lookup(op); }
  bool isSource(mlir::Value value) const;
  /// Results that are no gradients depend on it. The rest is the backward pass.
  bool isForward(mlir::Operation *op) const { return forward.contains(op); }
  int64_t position(mlir::Operation *op) const { return positions.lookup(op); }

  /// Operands, and values that the op's regions capture.
  static llvm::SmallVector<mlir::Value> inputs(mlir::Operation *op);
  /// The value behind views: an argument or the result of computing.
  mlir::Value root(mlir::Value value) const;
  /// A weight argument of rank 2 behind views, or null.
  mlir::BlockArgument weight(mlir::Value value) const;
  /// Who computes with `value`, behind views, in program order.
  llvm::SmallVector<Consumer> consumers(mlir::Value value) const;

  /// Turns a view into work of its own: where its result is wanted in an order
  /// that no reshape of its root has.
  void promote(mlir::Operation *view) { kinds[view] = OpKind::Elementwise; }

private:
  Graph(mlir::func::FuncOp entry, AxisAnalysis axes)
      : entry(entry), axes(std::move(axes)) {}
  mlir::LogicalResult classify();
  void markForward();

  llvm::DenseMap<mlir::Operation *, OpKind> kinds;
  llvm::DenseMap<mlir::Operation *, int64_t> positions;
  llvm::DenseSet<mlir::Operation *> forward;
};

} // namespace waferflow

#endif // WAFERFLOW_COMPILER_FORM_KERNELS_GRAPH_H
