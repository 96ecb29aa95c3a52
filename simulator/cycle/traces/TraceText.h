//===- TraceText.h - A text of bounded size ------------------- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_TRACES_TRACETEXT_H
#define WAFERFLOW_SIMULATOR_CYCLE_TRACES_TRACETEXT_H

#include "simulator/cycle/FabricSimulation.h"

namespace waferflow::cycle {

struct TraceOptions {
  Selection cores;                ///< whose events are kept
  int64_t maxBytes = 256ll << 20; ///< of the text
};

/// What a trace has written so far; nothing is kept beyond the limit.
class TraceText {
public:
  explicit TraceText(const TraceOptions &options) : options(options) {}

  bool wants(int64_t x, int64_t y) const {
    return !full && options.cores.contains(x, y);
  }
  /// `cycle` is what an error names.
  void add(int64_t cycle, const std::string &text);

  /// That it was too much.
  std::optional<Error> error() const;
  /// All, or the error.
  Result<std::string> text() const;
  static Error tooMuch(int64_t maxBytes, int64_t cycle);

private:
  TraceOptions options;
  std::string written;
  bool full = false;
  int64_t fullAt = 0; ///< cycle
};

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_TRACES_TRACETEXT_H
