//===- Flow.h - The flow dialect --------------------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_DIALECTS_FLOW_FLOW_H
#define WAFERFLOW_DIALECTS_FLOW_FLOW_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Attributes.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/flow/FlowDialect.h.inc"
#include "dialects/flow/FlowEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/flow/FlowAttrs.h.inc"

namespace waferflow::flow::detail {
/// Checks the attributes that all kernels share, where present.
mlir::LogicalResult verifyKernel(mlir::Operation *op);
} // namespace waferflow::flow::detail

#include "dialects/flow/FlowInterfaces.h.inc"

#define GET_OP_CLASSES
#include "dialects/flow/FlowOps.h.inc"

#endif // WAFERFLOW_DIALECTS_FLOW_FLOW_H
