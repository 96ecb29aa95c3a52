//===- TraceJson.h - What is to be recorded, as JSON ------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_ENGINE_TRACEJSON_H
#define WAFERFLOW_RUNTIME_ENGINE_TRACEJSON_H

#include "simulator/cycle/traces/Recorder.h"

#include "llvm/Support/JSON.h"

namespace waferflow {

namespace cycle {

/// {"kinds": ["trace", "vcd", "landings"], "cores": [[x, y]], "programs":
/// [name]}; null: nothing.
bool fromJSON(const llvm::json::Value &value, TraceRequest &request,
              llvm::json::Path path);

} // namespace cycle

/// The same from text.
Result<cycle::TraceRequest> traceRequest(const std::string &text);

/// What a command gives: its result as JSON text, and traces where asked for.
struct Answer {
  std::string json;
  cycle::TraceTexts traces;
};

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_ENGINE_TRACEJSON_H
