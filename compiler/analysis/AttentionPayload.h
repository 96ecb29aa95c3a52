//===- AttentionPayload.h - What one generic op computes --------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_ANALYSIS_ATTENTIONPAYLOAD_H
#define WAFERFLOW_COMPILER_ANALYSIS_ATTENTIONPAYLOAD_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace waferflow::flow {

/// The one operation of a linalg.generic.
struct Payload {
  enum class Kind {
    Unknown,
    Copy,  ///< of `input`, perhaps broadcast
    Scale, ///< `input` times `factor`
    Sum,   ///< of `input` over reduction loops
    Max,   ///< of `input` over reduction loops
    Exp,   ///< of `input`
    Binary ///< a sum, difference, product or quotient of two inputs
  };
  Kind kind = Kind::Unknown;
  unsigned input = 0;
  double factor = 1;
};

Payload payloadOf(mlir::linalg::GenericOp generic);

} // namespace waferflow::flow

#endif // WAFERFLOW_COMPILER_ANALYSIS_ATTENTIONPAYLOAD_H
