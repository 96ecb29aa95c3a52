//===- Flow.h - The flow dialect --------------------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_DIALECTS_FLOW_FLOW_H
#define WAFERFLOW_DIALECTS_FLOW_FLOW_H

#include "mlir/IR/Attributes.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Dialect.h"

#include "dialects/flow/FlowDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/flow/FlowAttrs.h.inc"

#endif // WAFERFLOW_DIALECTS_FLOW_FLOW_H
