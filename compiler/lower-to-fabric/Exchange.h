//===- Exchange.h - Slots travel along the columns of a group ---*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_EXCHANGE_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_EXCHANGE_H

#include "compiler/lower-to-fabric/StepLowering.h"
#include "simulator/program/Moves.h"

namespace waferflow::fabric {

/// A program in which the columns of every token group hand their slots on to
/// the east and to the west, a column at a time, as far as `moves` need; each
/// column takes what it wants as it passes. Slots of `to` that nothing goes to
/// are cleared; with `accumulate`, what goes to one slot is added up.
mlir::LogicalResult exchange(StepLowering &lowering, mlir::Operation *kernel,
                             const Held &from, const Held &to,
                             const std::vector<Move> &moves,
                             bool accumulate = false,
                             llvm::StringRef part = {});

} // namespace waferflow::fabric

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_EXCHANGE_H
