//===- Chunks.h - A vocabulary in pieces ------------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_CHUNKS_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_CHUNKS_H

#include "compiler/lower-to-fabric/StepLowering.h"

namespace waferflow::fabric {

/// Where the mapping holds a vocabulary in pieces: replaces the kernels that
/// touch it by copies, one a piece, in loops over the pieces. A copy has its
/// piece in its layouts (flow.order with `part`) and keeps the types of the
/// whole.
///
/// A loop gives what leaves the vocabulary: reductions over its features, the
/// gradient of a weight, a product with a transposed weight. Values with these
/// features are made where a loop needs them, in a later loop again. A loop
/// ends where something needs what it has reduced; log-sum-exp and the pick of
/// a label do not end it, for what they have is corrected when the maximum
/// grows. Errors name a kernel that has no such form.
mlir::LogicalResult unrollChunks(StepLowering &lowering);

} // namespace waferflow::fabric

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_CHUNKS_H
