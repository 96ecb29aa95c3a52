//===- BodyBuffers.h - What element-wise work holds meanwhile ---*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_ANALYSIS_BODYBUFFERS_H
#define WAFERFLOW_COMPILER_ANALYSIS_BODYBUFFERS_H

#include "dialects/flow/Flow.h"

#include "mlir/IR/Attributes.h"
#include "llvm/ADT/SetVector.h"

namespace waferflow::flow {

/// What a core holds while it runs a map or reduce, beside inputs and results.
/// Bodies are evaluated for all tokens of a core at once, feature by feature,
/// depth first; a value that several others use is computed once.
struct BodyBuffers {
  int64_t temporaries = 0; ///< vectors of one 4-byte number a token, the most
  int64_t reductions = 0;  ///< the same, of sums and maxima on their way
  int64_t featureSums = 0; ///< f32 vectors of one number a feature
  /// Constants that the host lays down: of each place in a sequence and
  /// feature; of each feature. Token numbers of the step's inputs.
  llvm::SmallSetVector<mlir::Attribute, 4> positionTables;
  llvm::SmallSetVector<mlir::Attribute, 4> featureTables;
  llvm::SmallSetVector<mlir::Value, 2> tokenTables;
  /// Each feature of a result needs that feature of the inputs alone.
  bool pointwise = true;
};

BodyBuffers findBodyBuffers(FlowKernel kernel, int64_t batch, int64_t seq);

} // namespace waferflow::flow

#endif // WAFERFLOW_COMPILER_ANALYSIS_BODYBUFFERS_H
