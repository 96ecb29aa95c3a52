//===- AddedGradients.h - A weight that is used more than once --*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_ADDEDGRADIENTS_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_ADDEDGRADIENTS_H

#include "compiler/lower-to-fabric/StepLowering.h"

namespace waferflow::fabric {

/// Removes maps that add up gradients of one weight (tied embeddings: of its
/// rows and of the head). Each leaves by itself under the weight's name, and
/// the store adds up what comes, as it does for token groups.
void mergeAddedGradients(StepLowering &lowering);

} // namespace waferflow::fabric

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_ADDEDGRADIENTS_H
