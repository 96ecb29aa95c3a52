//===- FabricDialect.cpp - Registration of the fabric dialect -------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/fabric/Fabric.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace waferflow::fabric;

#include "dialects/fabric/FabricDialect.cpp.inc"

void FabricDialect::initialize() {
  registerAttributes();
  registerTypes();
  addOperations<
#define GET_OP_LIST
#include "dialects/fabric/FabricProgramOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/fabric/FabricTaskOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/fabric/FabricVectorOps.cpp.inc"
      >();
}
