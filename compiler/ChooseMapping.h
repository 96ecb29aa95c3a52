//===- ChooseMapping.h - From kernels to a mapping --------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_CHOOSEMAPPING_H
#define WAFERFLOW_COMPILER_CHOOSEMAPPING_H

#include "compiler/analysis/StepShape.h"

#include "mlir/IR/BuiltinOps.h"

namespace waferflow::flow {

/// The function of `module` that carries flow.step, or null with an error.
mlir::func::FuncOp findStep(mlir::ModuleOp module);

/// The module's machine (attribute flow.machine), or failure with an error.
mlir::FailureOr<Machine> findMachine(mlir::ModuleOp module);

/// The k of `keep_every` that are tried for a model of `layers` blocks, rising.
std::vector<int64_t> keepEveryCandidates(int64_t layers);

/// The mapping problem of `step` as it stands, for `tokens` tokens.
mlir::FailureOr<MappingProblem>
buildMappingProblem(mlir::func::FuncOp step, StepShape &shape, int64_t tokens);

/// The largest number of tokens, a multiple of the step's sequence length, for
/// which some k has a mapping that fits, up to `most`; 0 where even one
/// sequence doesn't fit. The step's own number of tokens does not matter.
mlir::FailureOr<int64_t> findLargestTokens(mlir::ModuleOp module, int64_t most);

/// Choices that are made already.
struct FixedMapping {
  std::optional<int64_t> go;
  std::optional<OrderKind> order;
  std::optional<int64_t> chunks = {}; ///< pieces of the vocabulary
};

/// Name of the order of class `cls` for the kernels of a layer: its own where
/// each layer has one.
std::string orderName(const FeatureClass &cls, bool byLayer, int32_t layer);

/// Chooses the step's Gt and k by estimated cycles, recomputes what is not
/// kept, and gives every kernel its mapping and layouts and the module its
/// orders. What the step attribute already fixes (gt, keep_every) and `fixed`
/// are respected. The reasons are left on the step as flow.reasons; flow.counts
/// go.
mlir::LogicalResult chooseMapping(mlir::ModuleOp module,
                                  const FixedMapping &fixed);

} // namespace waferflow::flow

#endif // WAFERFLOW_COMPILER_CHOOSEMAPPING_H
