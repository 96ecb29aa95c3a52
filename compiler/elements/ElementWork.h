//===- ElementWork.h - What element-wise kernels issue ----------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_ELEMENTS_ELEMENTWORK_H
#define WAFERFLOW_COMPILER_ELEMENTS_ELEMENTWORK_H

#include "compiler/elements/ElementInputs.h"
#include "compiler/problems/mapping/MappingProblem.h"
#include "dialects/flow/Flow.h"

namespace waferflow::fabric {

/// The instructions of a map or reduction, and what it takes in.
struct ElementWork {
  std::vector<ScalarShape> scalars;
  std::vector<int32_t> vectors; ///< classes of streamed vectors of weights
  int64_t reductions = 0;       ///< exchanges between cores, one after another
};

/// Of the step around a kernel, for whom no layout is chosen yet.
struct WorkContext {
  ElementInputs inputs;
  mlir::Type storage;
  std::function<int32_t(mlir::Value)> classOf; ///< -1: no activation
  const std::vector<FeatureClass> *classes = nullptr;
};

/// Writes the kernel's code as the lowering does (SlotCompiler), for a sample
/// of its features, and counts it. None where the body has no form in vector
/// instructions; nothing is emitted then.
std::optional<ElementWork> elementWork(mlir::Operation *kernel,
                                       const WorkContext &context);

} // namespace waferflow::fabric

#endif // WAFERFLOW_COMPILER_ELEMENTS_ELEMENTWORK_H
