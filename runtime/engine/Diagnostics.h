//===- Diagnostics.h - What MLIR says as one error --------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_ENGINE_DIAGNOSTICS_H
#define WAFERFLOW_RUNTIME_ENGINE_DIAGNOSTICS_H

#include "simulator/program/Types.h"

#include "mlir/IR/Diagnostics.h"

namespace waferflow {

/// While it lives, errors emitted in a context are collected instead of
/// printed; the first of them is `error`.
class DiagnosticCollector {
public:
  explicit DiagnosticCollector(mlir::MLIRContext &context)
      : handler(&context, [this](mlir::Diagnostic &diagnostic) {
          if (diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error)
            texts.push_back(diagnostic.str());
          return mlir::success();
        }) {}

  /// Expects that something failed.
  Error error(std::string where) const {
    return {std::move(where),
            texts.empty() ? "failed without a diagnostic" : texts.front()};
  }

private:
  std::vector<std::string> texts;
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_ENGINE_DIAGNOSTICS_H
