//===- Clock.h - Seconds since it was made ----------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_ENGINE_CLOCK_H
#define WAFERFLOW_RUNTIME_ENGINE_CLOCK_H

#include <chrono>

namespace waferflow {

/// Wall seconds since it was made, for the host's figures in reports.
class Clock {
public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() -
                                         start)
        .count();
  }

private:
  std::chrono::steady_clock::time_point start =
      std::chrono::steady_clock::now();
};

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_ENGINE_CLOCK_H
