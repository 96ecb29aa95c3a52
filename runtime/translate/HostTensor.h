//===- HostTensor.h - Tensors as the host has them --------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_TRANSLATE_HOSTTENSOR_H
#define WAFERFLOW_RUNTIME_TRANSLATE_HOSTTENSOR_H

#include "simulator/program/Result.h"

#include <map>
#include <variant>

namespace waferflow {

/// Floats or integers, row-major. The fabric's types are those of its buffers
/// and streams: values are rounded on their way in.
struct HostTensor {
  std::vector<int64_t> shape;
  std::variant<std::vector<float>, std::vector<int64_t>> values;

  bool isInteger() const { return values.index() == 1; }
  std::vector<float> &floats() { return std::get<0>(values); }
  const std::vector<float> &floats() const { return std::get<0>(values); }
  std::vector<int64_t> &integers() { return std::get<1>(values); }
  const std::vector<int64_t> &integers() const { return std::get<1>(values); }

  static HostTensor zeros(std::vector<int64_t> shape, bool integer);
};

/// "f32 [4, 16]" or "integer [4, 16]".
std::string describe(bool integer, const std::vector<int64_t> &shape);

int64_t elementsOf(const std::vector<int64_t> &shape);

using HostTensors = std::map<std::string, HostTensor>;

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_TRANSLATE_HOSTTENSOR_H
