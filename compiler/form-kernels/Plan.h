//===- Plan.h - Which kernels a graph becomes -------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_FORM_KERNELS_PLAN_H
#define WAFERFLOW_COMPILER_FORM_KERNELS_PLAN_H

#include "compiler/form-kernels/Graph.h"

#include <vector>

namespace waferflow {

enum class KernelKind { Spmm, Sddmm, Map, Reduce, Attention, Gather };

/// A kernel to be: what it makes, and which ops are its own. What else its
/// outputs need is cloned into it, down to other kernels' outputs.
struct PlannedKernel {
  explicit PlannedKernel(KernelKind kind) : kind(kind) {}
  KernelKind kind;
  bool backward =
      false; ///< of the pass; for gather and attention of the kernel
  llvm::SmallVector<mlir::Value> outputs; ///< graph values, in program order
  llvm::SmallVector<mlir::Operation *> members;

  // Spmm: x and weight. Sddmm: dy and x; `swapped` where the graph's result is
  // [in, out].
  mlir::Value x, dy;
  mlir::BlockArgument weight;
  bool transposed = false, swapped = false;
  // Sddmm and backward gather: whose gradient (null: nobody's).
  mlir::Attribute gradient;
  // Attention.
  int64_t heads = 0, kvHeads = 0, headDim = 0;
  bool causal = false;
  llvm::SmallVector<mlir::Value> leading; ///< queries and keys
};

/// Depends on integer arguments alone and compares them for equality: a one-hot
/// matrix, or a part of one.
bool isOneHot(const Graph &graph, mlir::Value value);

class KernelPlan {
public:
  explicit KernelPlan(Graph &graph) : graph(graph) {}

  Graph &graph;
  std::vector<PlannedKernel> kernels;

  /// The kernel that owns `op`, or -1 (a view, a source, or cloned where used).
  int owner(mlir::Operation *op) const;
  /// The kernel whose output `value` is, or -1.
  int maker(mlir::Value value) const;

  int add(PlannedKernel kernel);
  void addMember(int kernel, mlir::Operation *op);
  void addOutput(int kernel, mlir::Value value);

private:
  friend class Clusters;
  llvm::DenseMap<mlir::Operation *, int> owners;
  llvm::DenseMap<mlir::Value, int> makers;
};

/// Products with weights, their gradients and embedding lookups. Contractions
/// of two activations are left to attention.
mlir::LogicalResult planContractions(KernelPlan &plan);

/// Regions around tensors with two token axes: a forward and a backward kernel
/// for each attention.
mlir::LogicalResult planAttention(KernelPlan &plan);

/// Reductions with their exclusive producers, and maximal element-wise groups.
mlir::LogicalResult clusterElementwise(KernelPlan &plan);

/// Replaces the function's ops by the planned kernels.
mlir::LogicalResult emitKernels(KernelPlan &plan);

/// The gradient result that `value` ends in through views and element-wise ops,
/// and whether the views transpose it. Null attribute where there is none.
struct GradientUse {
  mlir::Attribute gradient;
  bool transposed = false;
};
GradientUse gradientOf(const Graph &graph, mlir::Value value);

} // namespace waferflow

#endif // WAFERFLOW_COMPILER_FORM_KERNELS_PLAN_H
