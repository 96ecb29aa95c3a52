//===- DenseLowering.h - From linalg on tensors to the LLVM dialect  -*- C++
//-*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_ORACLE_DENSELOWERING_H
#define WAFERFLOW_COMPILER_ORACLE_DENSELOWERING_H

#include "mlir/Pass/PassManager.h"

namespace waferflow {

/// Upstream's passes from linalg on tensors to LLVM, without any sparsity.
/// Results become arguments behind the inputs, as identity-layout memrefs.
void addDenseLowering(mlir::PassManager &passes);

} // namespace waferflow

#endif // WAFERFLOW_COMPILER_ORACLE_DENSELOWERING_H
