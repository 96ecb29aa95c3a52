//===- Limits.h - The machine's numbers that verifiers know - C++ -*
//-------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_DIALECTS_FABRIC_LIMITS_H
#define WAFERFLOW_DIALECTS_FABRIC_LIMITS_H

#include "dialects/fabric/Fabric.h"

namespace waferflow::fabric {

/// What the module's `flow.machine` allows.
struct Limits {
  int64_t width = 0, height = 0; ///< cores
  int64_t colors = 0, reservedColors = 0;
  int64_t switchPositions = 0; ///< a color
  int64_t inputQueues = 0, outputQueues = 0;
  int64_t microthreads = 0;
  int64_t taskIds = 0;
  int64_t sramBytes = 0, codeBytes = 0;
};

/// The limits of the machine of the module that holds `op`; nothing where it
/// has none (yet).
std::optional<Limits> limitsOf(mlir::Operation *op);

/// The color that `value` is; operands of color type always are one.
ColorOp colorOf(mlir::Value value);

/// Reports the color of a route, queue or edge that the machine has not, or
/// reserves, with a note at the color.
mlir::LogicalResult checkColor(mlir::Operation *user, mlir::Value color);

/// Reports a core of `cores` that the machine has not.
mlir::LogicalResult checkOnFabric(mlir::Operation *op, SelectAttr cores);

} // namespace waferflow::fabric

#endif // WAFERFLOW_DIALECTS_FABRIC_LIMITS_H
