//===- MappedStep.h - A step with its mapping, read back --------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_MAPPEDSTEP_H
#define WAFERFLOW_COMPILER_MAPPEDSTEP_H

#include "compiler/ChooseMapping.h"

namespace waferflow::flow {

/// What choose-mapping wrote, as problem and solution again (without cycles,
/// and with orders as they are instead of their kinds).
struct MappedStep {
  mlir::func::FuncOp step;
  StepShape shape;
  MappingProblem problem;
  MappingSolution solution;
  LaidOut laid; ///< the problem's classes on the solution's token groups
  /// By class, and by layer where each has its own (else -1).
  std::map<std::pair<int32_t, int32_t>, FeatureOrder> orders;

  /// The order in which a kernel has the features of class `cls`, which its
  /// layouts name or other kernels' do.
  mlir::FailureOr<const FeatureOrder *> orderOf(size_t kernel,
                                                int32_t cls) const;
  /// The name of the order in which `value` was made; empty for what is no
  /// activation.
  llvm::StringRef orderName(mlir::Value value) const;
};

/// Reads the mapped step of `module`; errors where a kernel has no mapping,
/// where an order is none of its class on this machine, and where kernels have
/// the same features in different orders.
mlir::FailureOr<MappedStep> readMappedStep(mlir::ModuleOp module);

/// Inserts a flow.relayout wherever a kernel reads another layout than its
/// input was made in: replicas for output groups. Kernels right behind each
/// other that read the same value in the same layout share one. Keys and values
/// that several query heads share are spread by the attention kernel itself.
mlir::LogicalResult insertRelayouts(mlir::ModuleOp module);

/// Plans the SRAM of every kernel, leaves the fullest plan on the step as
/// flow.sram (item -> bytes a core), errors where one does not fit.
mlir::LogicalResult planSram(mlir::ModuleOp module);

/// Gives every kernel its rectangle. Kernels run one after another, each on all
/// columns of all token groups and all rows that hold tokens. Errors where a
/// kernel reads another layout than its producer made.
mlir::LogicalResult placeKernels(mlir::ModuleOp module);

} // namespace waferflow::flow

#endif // WAFERFLOW_COMPILER_MAPPEDSTEP_H
