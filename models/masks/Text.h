//===- Text.h - Numbers in messages -----------------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_MODELS_MASKS_TEXT_H
#define WAFERFLOW_MODELS_MASKS_TEXT_H

#include <cstdio>
#include <string>

namespace waferflow {

/// 0.7 as "0.7": the shortest of up to 10 digits.
inline std::string fraction(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

} // namespace waferflow

#endif // WAFERFLOW_MODELS_MASKS_TEXT_H
