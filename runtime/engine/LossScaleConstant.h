//===- LossScaleConstant.h - A step's loss scale in its code ----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The loss scale of a training step is a constant in the code of the cores that
// begin the backward pass. A step is lowered with a number that nothing else
// is, by which the constant is found and marked: then it can be set without
// compiling anew, as a host writes a word of code.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_ENGINE_LOSSSCALECONSTANT_H
#define WAFERFLOW_RUNTIME_ENGINE_LOSSSCALECONSTANT_H

#include "mlir/IR/BuiltinOps.h"

namespace waferflow {

/// What a step is lowered with. Exact in f32.
constexpr double kLossScaleMark = 0x1.8f3a6ep+20;

/// Marks the constants of kLossScaleMark in fabric programs, and sets them.
/// False: there is none, and the module is useless.
bool markLossScale(mlir::ModuleOp module, double scale);

/// Sets marked constants, rounded to f32, and what the module says of its
/// scale. False: no constant is marked, and nothing is changed.
bool setLossScale(mlir::ModuleOp module, double scale);

/// What the module's gradients are multiplied by; 1 where it does not say.
double lossScaleOf(mlir::ModuleOp module);

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_ENGINE_LOSSSCALECONSTANT_H
