//===- Result.h - A value, or what is wrong ---------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_PROGRAM_RESULT_H
#define WAFERFLOW_SIMULATOR_PROGRAM_RESULT_H

#include "simulator/program/Types.h"

#include <optional>
#include <utility>
#include <vector>

namespace waferflow {

/// What a reader returns instead of throwing: a value, or at least one error,
/// in the order in which they were found.
template <typename T> struct Result {
  std::optional<T> value;
  std::vector<Error> errors;

  Result(T value) : value(std::move(value)) {}
  Result(Error error) { errors.push_back(std::move(error)); }
  Result(std::vector<Error> errors) : errors(std::move(errors)) {}

  explicit operator bool() const { return value.has_value(); }
  T &operator*() { return *value; }
  const T &operator*() const { return *value; }
  T *operator->() { return &*value; }
  const T *operator->() const { return &*value; }

  /// The errors, one a line, without a newline at the end.
  std::string str() const {
    std::string text;
    for (const Error &error : errors)
      text += (text.empty() ? "" : "\n") + error.str();
    return text;
  }
};

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_PROGRAM_RESULT_H
