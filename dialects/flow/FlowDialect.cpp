//===- FlowDialect.cpp - Registration of the flow dialect -----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/flow/Flow.h"

using namespace mlir;
using namespace waferflow::flow;

#include "dialects/flow/FlowDialect.cpp.inc"

void FlowDialect::initialize() {
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "dialects/flow/FlowOps.cpp.inc"
      >();
}
