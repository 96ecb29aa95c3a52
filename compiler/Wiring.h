//===- Wiring.h - Routes and colors of fabric programs ----------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_WIRING_H
#define WAFERFLOW_COMPILER_WIRING_H

#include "dialects/fabric/Fabric.h"

namespace waferflow::fabric {

/// Replaces every fabric.connect by routes: of dimension order and the least
/// loaded paths, those whose busiest link carries less. Errors where paths of
/// one color meet in a router.
mlir::LogicalResult routeConnections(ProgramOp program);

/// Gives channels (fabric.color) whose routes share no router one color, so
/// that few are used. Errors where the machine has not enough.
mlir::LogicalResult assignColors(ProgramOp program);

} // namespace waferflow::fabric

#endif // WAFERFLOW_COMPILER_WIRING_H
