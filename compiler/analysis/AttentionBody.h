//===- AttentionBody.h - Which input is what --------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_ANALYSIS_ATTENTIONBODY_H
#define WAFERFLOW_COMPILER_ANALYSIS_ATTENTIONBODY_H

#include "dialects/flow/Flow.h"

namespace waferflow::flow {

/// Which input and result of a kernel is what: o = softmax(scale q k^T) v, or
/// its gradients. Found in the body, since the order of inputs and results is
/// that in which the graph has them.
struct AttentionBody {
  mlir::Value q, k, v;
  mlir::Value gradient;   ///< of o; backward alone
  mlir::Value o;          ///< forward
  mlir::Value dq, dk, dv; ///< backward
  double scale = 1;       ///< of the scores
};

/// Errors name what in the body is of a form that this does not know.
mlir::FailureOr<AttentionBody> readBody(AttentionOp kernel);

} // namespace waferflow::flow

#endif // WAFERFLOW_COMPILER_ANALYSIS_ATTENTIONBODY_H
