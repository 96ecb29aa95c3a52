//===- Run.h - The calls behind the command line ----------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_ENGINE_RUN_H
#define WAFERFLOW_RUNTIME_ENGINE_RUN_H

#include "runtime/engine/Request.h"
#include "simulator/program/Result.h"

#include <functional>

namespace waferflow {

/// Called with what is being done, and how many of how many steps are.
using Progress =
    std::function<void(const std::string &what, int done, int total)>;

/// Compiles and simulates the dense step and every point of the request; the
/// report as JSON (data/report.schema.json).
Result<std::string> run(const Request &request, const Progress &progress);

/// The published accounting at the request's sparsities, as JSON.
Result<std::string> theory(const Request &request);

/// How far a compilation goes.
enum class Stage { Graph, Flow, Placed, Fabric };

/// A compiled step at the request's first sparsity: MLIR bytecode, or text.
Result<std::string> compile(const Request &request, Stage stage, bool asText);

/// Simulates a placed module (bytecode or text). Speedup and ledger are null.
Result<std::string> simulateModule(const std::string &module,
                                   const Request &request);

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_ENGINE_RUN_H
