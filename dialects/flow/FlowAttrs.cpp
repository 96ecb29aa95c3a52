//===- FlowAttrs.cpp - Attributes of the flow dialect and their limits ----===//
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

#include "dialects/flow/FlowEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/flow/FlowAttrs.cpp.inc"

void FlowDialect::registerAttributes() {
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
  if (sparsity &&
      !(sparsity.getValueAsDouble() >= 0 && sparsity.getValueAsDouble() < 1))
    return emitError() << "expected sparsity in [0, 1), got "
                       << sparsity.getValueAsDouble();
  if (kind == "nm" ? !(n > 0 && n < m) : (n != 0 || m != 0))
    return emitError() << "expected 0 < n < m for kind nm and neither "
                          "elsewhere, got n = "
                       << n << ", m = " << m;
  return success();
}

LogicalResult CountsAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 DenseI32ArrayAttr columns,
                                 DenseI32ArrayAttr rows) {
  int64_t sums[2] = {0, 0};
  for (auto [sum, counts] : {std::pair(&sums[0], columns.asArrayRef()),
                             std::pair(&sums[1], rows.asArrayRef())})
    for (int32_t count : counts) {
      if (count < 0)
        return emitError() << "expected counts >= 0, got " << count;
      *sum += count;
    }
  if (sums[0] != sums[1])
    return emitError() << "expected columns and rows to count the same "
                          "nonzeros, got "
                       << sums[0] << " and " << sums[1];
  return success();
}

static LogicalResult verifyAt(function_ref<InFlightDiagnostic()> emitError,
                              StringRef at) {
  if (at != "mask" && at != "dense")
    return emitError() << "expected at = \"mask\" or \"dense\", got \"" << at
                       << "\"";
  return success();
}

LogicalResult GradientAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   StringRef weight, StringRef at) {
  return verifyAt(emitError, at);
}

/// Output groups are neighbouring columns or dealt round robin.
static LogicalResult verifyGroups(function_ref<InFlightDiagnostic()> emitError,
                                  int64_t go, StringRef form) {
  if (go < 1)
    return emitError() << "expected go >= 1 output groups, got " << go;
  if (form != "contiguous" && form != "interleaved")
    return emitError() << "expected form = \"contiguous\" or \"interleaved\", "
                          "got \""
                       << form << "\"";
  return success();
}

LogicalResult MappingAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                  int64_t go, StringRef form, int64_t buffers,
                                  StringRef broadcast, int64_t keyBlock,
                                  int64_t chunks) {
  if (failed(verifyGroups(emitError, go, form)))
    return failure();
  if (buffers < 1)
    return emitError() << "expected buffers >= 1, got " << buffers;
  if (broadcast != "input" && broadcast != "output")
    return emitError() << "expected broadcast = \"input\" or \"output\", got \""
                       << broadcast << "\"";
  if (keyBlock < 0)
    return emitError() << "expected key_block >= 0, got " << keyBlock;
  if (chunks < 1)
    return emitError() << "expected chunks >= 1, got " << chunks;
  return success();
}

LogicalResult RegionAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 int64_t x, int64_t y, int64_t width,
                                 int64_t height) {
  if (x < 0 || y < 0)
    return emitError() << "expected x >= 0 and y >= 0, got " << x << ", " << y;
  if (width < 1 || height < 1)
    return emitError() << "expected a region of at least 1 x 1 cores, got "
                       << width << " x " << height;
  return success();
}

LogicalResult LayoutAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 FlatSymbolRefAttr order, int64_t go,
                                 StringRef form) {
  return verifyGroups(emitError, go, form);
}

LogicalResult StepAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               int64_t tokens, int64_t seq, Type type,
                               StringRef accumulate, int64_t gt,
                               int64_t keepEvery) {
  if (seq < 1 || tokens < seq || tokens % seq)
    return emitError() << "expected tokens to be a positive multiple of seq, "
                          "got "
                       << tokens << " and " << seq;
  if (!type.isF16() && !type.isBF16() && !type.isF32())
    return emitError() << "expected type f16, bf16 or f32, got " << type;
  if (accumulate != "storage" && accumulate != "f32")
    return emitError() << "expected accumulate = \"storage\" or \"f32\", got \""
                       << accumulate << "\"";
  if (gt < 0 || keepEvery < 0)
    return emitError() << "expected gt >= 0 and keep_every >= 0, got " << gt
                       << " and " << keepEvery;
  return success();
}
