//===- FlowDialect.cpp - Registration of the flow dialect -----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/flow/Flow.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace waferflow::flow;

#include "dialects/flow/FlowDialect.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/flow/FlowAttrs.cpp.inc"

void FlowDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/flow/FlowAttrs.cpp.inc"
      >();
}

LogicalResult MaskAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               StringRef kind, FloatAttr sparsity, int64_t n,
                               int64_t m, int64_t seed) {
  bool takesSparsity = kind == "uniform" || kind == "magnitude";
  if (!takesSparsity && kind != "nm" && kind != "checkpoint")
    return emitError() << "expected mask kind uniform, magnitude, nm or "
                          "checkpoint, got '"
                       << kind << "'";
  if (takesSparsity != static_cast<bool>(sparsity))
    return emitError() << "expected a mask of kind '" << kind << "' to have "
                       << (takesSparsity ? "a" : "no") << " sparsity";
  if (sparsity && !(sparsity.getValueAsDouble() >= 0 &&
                    sparsity.getValueAsDouble() < 1))
    return emitError() << "expected sparsity in [0, 1), got "
                       << sparsity.getValueAsDouble();
  if (kind == "nm" ? !(n > 0 && n < m) : (n != 0 || m != 0))
    return emitError() << "expected 0 < n < m for kind nm and neither "
                          "elsewhere, got n = "
                       << n << ", m = " << m;
  return success();
}

LogicalResult
GradientAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                     StringRef weight, StringRef at) {
  if (at != "mask" && at != "dense")
    return emitError() << "expected at = \"mask\" or \"dense\", got \"" << at
                       << "\"";
  return success();
}
