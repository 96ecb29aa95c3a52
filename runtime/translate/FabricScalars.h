//===- FabricScalars.h - Scalar arithmetic of a task - C++ -*
//--------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_TRANSLATE_FABRICSCALARS_H
#define WAFERFLOW_RUNTIME_TRANSLATE_FABRICSCALARS_H

#include "runtime/translate/FabricValues.h"

namespace waferflow {

/// Translates an op of arith or math. What each core knows beforehand (sums,
/// differences and products of coordinates, parameters and constants) takes no
/// instruction. Emits an error at an op that it doesn't know.
mlir::LogicalResult translateScalar(mlir::Operation *op, FabricValues &values,
                                    const Machine &machine, cycle::Task &task);

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_TRANSLATE_FABRICSCALARS_H
