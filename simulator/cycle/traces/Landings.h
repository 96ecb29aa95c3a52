//===- Landings.h - A line for each wavelet at a router ------- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_TRACES_LANDINGS_H
#define WAFERFLOW_SIMULATOR_CYCLE_TRACES_LANDINGS_H

#include "simulator/cycle/traces/TraceText.h"

namespace waferflow::cycle {

/// The text form that viewers of the vendor's simulator read, a line a wavelet
/// that lands in a router, R from its core:
///   @27 P1.0 data 40004000 ctrl 0 landing C1 from link W
class LandingTrace : public Observer {
public:
  explicit LandingTrace(const TraceOptions &options) : lines(options) {}
  void landing(int64_t cycle, int64_t x, int64_t y, int32_t color,
               Direction from, bool toCore, Wavelet wavelet) override;

  std::optional<Error> error() const { return lines.error(); }
  Result<std::string> text() const { return lines.text(); }

private:
  TraceText lines;
};

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_TRACES_LANDINGS_H
