//===- Difference.h - How far two computations are apart --------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_ENGINE_DIFFERENCE_H
#define WAFERFLOW_RUNTIME_ENGINE_DIFFERENCE_H

#include <cmath>
#include <limits>

namespace waferflow {

/// Two overflows of one sign are one result, and so are two that are no
/// numbers, whatever their bits.
inline bool agree(float a, float b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

/// |a - b|, 0 where they agree; infinite where one of them alone is infinite or
/// no number, or where they are infinities of different signs. Never NaN.
inline double difference(float a, float b) {
  if (agree(a, b))
    return 0;
  if (std::isnan(a) || std::isnan(b))
    return std::numeric_limits<double>::infinity();
  return std::abs(static_cast<double>(a) - b);
}

/// Whether a difference is at most `fraction` of `size`, the magnitude of what
/// was added up. A size that is itself no number bounds nothing: only what
/// agrees is within it.
inline bool within(double difference, double fraction, double size) {
  return difference == 0 || difference <= fraction * size;
}

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_ENGINE_DIFFERENCE_H
