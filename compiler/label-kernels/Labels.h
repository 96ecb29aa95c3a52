//===- Labels.h - Where in the model a kernel is ----------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LABEL_KERNELS_LABELS_H
#define WAFERFLOW_COMPILER_LABEL_KERNELS_LABELS_H

#include "dialects/flow/Flow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace waferflow {

/// A section, and in section block the layer.
struct Place {
  flow::KernelSection section;
  int64_t layer = -1;
};

/// The kernels of a function. What stands between them (reshapes of results) is
/// looked through.
struct KernelGraph {
  explicit KernelGraph(mlir::func::FuncOp entry);

  mlir::func::FuncOp entry;
  llvm::SmallVector<flow::FlowKernel> kernels; ///< in program order
  llvm::DenseMap<mlir::Operation *, Place> places;

  /// The kernel result or argument behind reshapes.
  static mlir::Value root(mlir::Value value);
  /// Kernels that read a value, behind reshapes, in program order.
  static llvm::SmallVector<flow::FlowKernel> readers(mlir::Value value);

  flow::WeightAttr weight(mlir::Value value);
  /// Of a value that is returned, behind reshapes, as a weight's gradient.
  flow::GradientAttr gradient(mlir::Value value);
  void place(flow::FlowKernel kernel, Place place);
};

/// Forward is what the results that are no gradients depend on. Kernels that
/// are marked as recomputation stay so.
void markPhases(KernelGraph &graph);
void placeForward(KernelGraph &graph);
void placeBackward(KernelGraph &graph);
/// Labels for people: the weight's short name or what a kernel looks like.
void nameKernels(KernelGraph &graph);

} // namespace waferflow

#endif // WAFERFLOW_COMPILER_LABEL_KERNELS_LABELS_H
