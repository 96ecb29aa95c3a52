//===- BitMaskTensor.cpp - Weights stored as nonzeros and a bit mask ------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/checkpoints/BitMaskTensor.h"

#include <cstring>

using namespace waferflow;

namespace {

using Found = std::optional<BitMaskTensor>;

constexpr std::string_view kWeight = ".weight", kCompressed = ".compressed";

bool endsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         text.substr(text.size() - end.size()) == end;
}

int64_t loadI64(const TensorView &tensor, int64_t index) {
  int64_t value;
  std::memcpy(&value, tensor.data + 8 * index, 8);
  return value;
}

std::vector<Error> expect(const TensorView &tensor, DType dtype,
                          const std::vector<int64_t> &shape) {
  if (tensor.dtype == dtype && tensor.shape == shape)
    return {};
  return {{tensor.where(), std::string("expected ") + dtypeName(dtype) + " " +
                               shapeString(shape) + ", got " +
                               dtypeName(tensor.dtype) + " " +
                               shapeString(tensor.shape)}};
}

std::vector<Error> readShape(const TensorView &shape, BitMaskTensor &result) {
  if (shape.dtype != DType::I64 || shape.elements() != 2)
    return expect(shape, DType::I64, {2});
  result.rows = loadI64(shape, 0);
  result.columns = loadI64(shape, 1);
  constexpr int64_t kLimit = int64_t(1) << 31;
  if (result.rows < 1 || result.columns < 1 || result.rows >= kLimit ||
      result.columns >= kLimit)
    return {{shape.where(), "expected rows and columns in [1, 2^31), got " +
                                shapeString({result.rows, result.columns})}};
  return {};
}

/// Bits of every row against the stored values. `offsets` null: 2:4.
std::vector<Error> checkCounts(const BitMaskTensor &matrix,
                               const TensorView *offsets) {
  int64_t rowBytes = (matrix.columns + 7) / 8, stored = 0;
  int tail = int(matrix.columns % 8);
  for (int64_t r = 0; r < matrix.rows; ++r) {
    const uint8_t *bytes = matrix.maskRow(r);
    std::string row = "row " + std::to_string(r) + ": ";
    if (tail && bytes[rowBytes - 1] >> tail)
      return {{matrix.bitmask.where(), row + "expected no bits past column " +
                                           std::to_string(matrix.columns - 1)}};
    if (offsets && loadI64(*offsets, r) != stored)
      return {{offsets->where(), row + "expected " + std::to_string(stored) +
                                     " bits set before it, got " +
                                     std::to_string(loadI64(*offsets, r))}};
    int64_t count = 0;
    for (int64_t b = 0; b < rowBytes; ++b)
      count += __builtin_popcount(bytes[b]);
    if (!offsets && count != matrix.columns / 2)
      return {{matrix.bitmask.where(),
               row + "expected " + std::to_string(matrix.columns / 2) +
                   " bits, got " + std::to_string(count)}};
    stored += count;
  }
  if (stored != matrix.compressed.elements())
    return {{matrix.compressed.where(),
             "expected " + std::to_string(stored) +
                 " values for the bits of the mask, got " +
                 std::to_string(matrix.compressed.elements())}};
  return {};
}

} // namespace

std::optional<std::string> waferflow::bitMaskWeight(const std::string &part) {
  if (!endsWith(part, kCompressed))
    return std::nullopt;
  return part.substr(0, part.size() - kCompressed.size()) +
         std::string(kWeight);
}

Result<Found> waferflow::findBitMask(const TensorMap &tensors,
                                     const std::string &name) {
  std::string prefix = name;
  if (endsWith(prefix, kWeight))
    prefix.resize(prefix.size() - kWeight.size());
  auto part = [&](const char *suffix) {
    auto at = tensors.find(prefix + suffix);
    return at == tensors.end() ? nullptr : &at->second;
  };
  const TensorView *compressed = part(".compressed"),
                   *bitmask = part(".bitmask");
  const TensorView *shape = part(".shape"), *offsets = part(".row_offsets");
  if (!compressed)
    return Found();
  for (auto [tensor, suffix] :
       {std::pair{shape, ".shape"}, {bitmask, ".bitmask"}})
    if (!tensor)
      return Error{compressed->where(),
                   "expected " + prefix + suffix + " too, got none"};

  BitMaskTensor result;
  result.name = name;
  result.compressed = *compressed;
  result.bitmask = *bitmask;
  auto errors = readShape(*shape, result);
  if (errors.empty())
    errors =
        expect(*bitmask, DType::U8, {result.rows, (result.columns + 7) / 8});
  if (errors.empty() && offsets)
    errors = expect(*offsets, DType::I64, {result.rows});
  if (errors.empty()) {
    DType type = compressed->dtype;
    if (type != DType::F32 && type != DType::F16 && type != DType::BF16)
      errors = {{compressed->where(),
                 std::string("expected type F32, F16 or BF16, got ") +
                     dtypeName(type)}};
    else if (!offsets && result.columns % 4)
      errors = {
          {shape->where(), "expected a multiple of 4 columns for 2:4, got " +
                               std::to_string(result.columns)}};
    else
      errors = expect(
          *compressed, type,
          offsets ? std::vector<int64_t>{compressed->elements()}
                  : std::vector<int64_t>{result.rows, result.columns / 2});
  }
  if (errors.empty())
    errors = checkCounts(result, offsets);
  if (!errors.empty())
    return errors;
  return Found(std::move(result));
}

TensorView BitMaskTensor::dense() const {
  int64_t bytes = dtypeBytes(compressed.dtype);
  auto buffer = std::make_shared<std::vector<uint8_t>>(rows * columns * bytes);
  uint8_t *out = buffer->data();
  const uint8_t *next = compressed.data;
  for (int64_t r = 0; r < rows; ++r) {
    const uint8_t *mask = maskRow(r);
    for (int64_t c = 0; c < columns; ++c, out += bytes)
      if (mask[c / 8] >> (c % 8) & 1) {
        std::memcpy(out, next, bytes);
        next += bytes;
      }
  }
  TensorView view;
  view.file = compressed.file;
  view.name = name;
  view.dtype = compressed.dtype;
  view.shape = {rows, columns};
  view.data = buffer->data();
  view.owner = buffer;
  return view;
}
