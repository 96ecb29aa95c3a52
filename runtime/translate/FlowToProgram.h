//===- FlowToProgram.h - From placed kernels to plain structs ---*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The only code that sees both IR and `program`.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_TRANSLATE_FLOWTOPROGRAM_H
#define WAFERFLOW_RUNTIME_TRANSLATE_FLOWTOPROGRAM_H

#include "compiler/MappedStep.h"
#include "simulator/program/Program.h"
#include "simulator/program/Result.h"

#include <functional>

namespace waferflow {

/// Makes the mask of a weight of `rows` by `columns`; called once a weight.
using MaskFactory = std::function<Result<std::shared_ptr<const MaskSource>>(
    flow::WeightAttr weight, int64_t rows, int64_t columns)>;

/// Whether the translation reads the op called `op` ("flow.spmm") and, where
/// one is given, its attribute. Everything else in a placed step is an error.
bool isTranslated(llvm::StringRef op, llvm::StringRef attribute = {});

/// Translates the placed step of `module`. A kernel of the head that runs in
/// chunks becomes one kernel a piece of the vocabulary. Emits an error at an op
/// or attribute that it doesn't know.
mlir::FailureOr<Program> translateToProgram(mlir::ModuleOp module,
                                            const MaskFactory &makeMask);

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_TRANSLATE_FLOWTOPROGRAM_H
