//===- Passes.h - The compiler's passes -------------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_PASSES_H
#define WAFERFLOW_COMPILER_PASSES_H

#include "dialects/fabric/Fabric.h"
#include "dialects/flow/Flow.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/Pass.h"

namespace waferflow {

#define GEN_PASS_DECL
#include "compiler/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "compiler/Passes.h.inc"

/// From a graph (built, or imported and named) to labelled kernels:
/// verify-weights, inline, fold-constants, form-kernels, label-kernels.
void buildGraphToFlowPipeline(mlir::OpPassManager &passes);

/// Makes the pipelines known by name: `graph-to-flow`.
void registerWaferflowPipelines();

/// The module's entry: its only public function with a body. Emits an error
/// where there is none or more than one.
mlir::FailureOr<mlir::func::FuncOp> entryFunction(mlir::ModuleOp module);

/// Removes the bounds checks (`cf.assert`) inside the function's bodies. Token
/// numbers are checked where a step is run, no kernel holds a check.
void dropAssertions(mlir::func::FuncOp entry);

} // namespace waferflow

#endif // WAFERFLOW_COMPILER_PASSES_H
