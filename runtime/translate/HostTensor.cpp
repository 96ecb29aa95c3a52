//===- HostTensor.cpp - Tensors as the host has them ----------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/translate/HostTensor.h"

namespace waferflow {

int64_t elementsOf(const std::vector<int64_t> &shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

HostTensor HostTensor::zeros(std::vector<int64_t> shape, bool integer) {
  HostTensor tensor;
  tensor.shape = std::move(shape);
  if (integer)
    tensor.values = std::vector<int64_t>(elementsOf(tensor.shape));
  else
    tensor.values = std::vector<float>(elementsOf(tensor.shape));
  return tensor;
}

std::string describe(bool integer, const std::vector<int64_t> &shape) {
  std::string text = integer ? "integer [" : "f32 [";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

} // namespace waferflow
