//===- CausalMask.h - Attention masks that only look back -------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_ANALYSIS_CAUSALMASK_H
#define WAFERFLOW_COMPILER_ANALYSIS_CAUSALMASK_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace waferflow {

/// A mask as `buildCausalMask` writes it, the only form in which masks that
/// only look back are left after `fold-constants`.
bool isCausalMask(mlir::Operation *op);

/// The mask of `type` (its last two dimensions are query and key): `visible`
/// where the key is not after the query, else `hidden`.
mlir::Value buildCausalMask(mlir::OpBuilder &builder, mlir::Location loc,
                            mlir::RankedTensorType type,
                            mlir::TypedAttr visible, mlir::TypedAttr hidden);

} // namespace waferflow

#endif // WAFERFLOW_COMPILER_ANALYSIS_CAUSALMASK_H
