//===- TensorView.cpp - The values of one tensor, where they lie ----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/checkpoints/TensorView.h"

#include <cstring>
#include <iterator>

using namespace waferflow;

namespace {

struct DTypeInfo {
  const char *name;
  int64_t bytes;
};

/// In the order of the enum.
constexpr DTypeInfo kDTypes[] = {
    {"BOOL", 1},    {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1},
    {"F8_E8M0", 1}, {"I16", 2}, {"U16", 2}, {"F16", 2},     {"BF16", 2},
    {"I32", 4},     {"U32", 4}, {"F32", 4}, {"I64", 8},     {"U64", 8},
    {"F64", 8},     {"C64", 8},
};

float fromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

float fromHalf(uint16_t half) {
  uint32_t sign = uint32_t(half & 0x8000) << 16;
  uint32_t magnitude = half & 0x7fff;
  if (magnitude >= 0x7c00) // infinity and NaN
    return fromBits(sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
  // Exact for subnormals too: move the exponent by a multiplication.
  float value = fromBits(magnitude << 13) * fromBits(0x77800000); // 2^112
  return sign ? -value : value;
}

template <typename T> T load(const uint8_t *data, int64_t index) {
  T value;
  std::memcpy(&value, data + index * int64_t(sizeof(T)), sizeof(T));
  return value;
}

} // namespace

int64_t waferflow::dtypeBytes(DType dtype) {
  return kDTypes[static_cast<int>(dtype)].bytes;
}

const char *waferflow::dtypeName(DType dtype) {
  return kDTypes[static_cast<int>(dtype)].name;
}

std::optional<DType> waferflow::dtypeOf(const std::string &name) {
  for (size_t i = 0; i < std::size(kDTypes); ++i)
    if (name == kDTypes[i].name)
      return static_cast<DType>(i);
  return std::nullopt;
}

int64_t TensorView::elements() const {
  int64_t product = 1;
  for (int64_t extent : shape)
    product *= extent;
  return product;
}

std::string TensorView::where() const {
  return file.empty() ? "tensor " + name : file + ": tensor " + name;
}

std::string TensorView::shortFile() const {
  size_t slash = file.rfind('/');
  if (slash && slash != std::string::npos)
    slash = file.rfind('/', slash - 1);
  return slash == std::string::npos ? file : file.substr(slash + 1);
}

std::string waferflow::shapeString(const std::vector<int64_t> &shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

std::vector<Error> waferflow::checkMatrix(const TensorView &tensor,
                                          int64_t rows, int64_t columns) {
  if (tensor.dtype != DType::F32 && tensor.dtype != DType::F16 &&
      tensor.dtype != DType::BF16)
    return {
        {tensor.where(), std::string("expected type F32, F16 or BF16, got ") +
                             dtypeName(tensor.dtype)}};
  std::vector<int64_t> expected{rows, columns};
  if (tensor.shape != expected)
    return {{tensor.where(), "expected shape " + shapeString(expected) +
                                 ", got " + shapeString(tensor.shape)}};
  return {};
}

void waferflow::readRow(const TensorView &tensor, int64_t r, float *out) {
  int64_t columns = tensor.shape[1];
  const uint8_t *row = tensor.data + r * columns * dtypeBytes(tensor.dtype);
  if (tensor.dtype == DType::F32) {
    std::memcpy(out, row, columns * sizeof(float));
  } else if (tensor.dtype == DType::BF16) {
    for (int64_t c = 0; c < columns; ++c)
      out[c] = fromBits(uint32_t(load<uint16_t>(row, c)) << 16);
  } else {
    for (int64_t c = 0; c < columns; ++c)
      out[c] = fromHalf(load<uint16_t>(row, c));
  }
}

void waferflow::readMagnitudeKeys(const TensorView &tensor, int64_t r,
                                  uint32_t *out) {
  int64_t columns = tensor.shape[1];
  const uint8_t *row = tensor.data + r * columns * dtypeBytes(tensor.dtype);
  if (tensor.dtype == DType::F32) {
    for (int64_t c = 0; c < columns; ++c)
      out[c] = load<uint32_t>(row, c) & 0x7fffffff;
  } else {
    for (int64_t c = 0; c < columns; ++c)
      out[c] = load<uint16_t>(row, c) & 0x7fff;
  }
}

uint32_t waferflow::firstNanKey(DType dtype) {
  switch (dtype) {
  case DType::F16:
    return 0x7c01;
  case DType::BF16:
    return 0x7f81;
  default:
    return 0x7f800001;
  }
}
