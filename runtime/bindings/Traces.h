//===- Traces.h - Traces for Python -----------------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_BINDINGS_TRACES_H
#define WAFERFLOW_RUNTIME_BINDINGS_TRACES_H

#include "simulator/cycle/traces/Recorder.h"

#include <pybind11/pybind11.h>

namespace waferflow {

/// Texts as bytes by kind: trace, vcd, landings.
inline pybind11::dict tracesOf(const cycle::TraceTexts &texts) {
  pybind11::dict result;
  auto put = [&](const char *kind, const std::optional<std::string> &text) {
    if (text)
      result[kind] = pybind11::bytes(*text);
  };
  put("trace", texts.chrome);
  put("vcd", texts.vcd);
  put("landings", texts.landings);
  return result;
}

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_BINDINGS_TRACES_H
