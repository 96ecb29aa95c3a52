//===- TensorView.h - The values of one tensor, where they lie --*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_MODELS_CHECKPOINTS_TENSORVIEW_H
#define WAFERFLOW_MODELS_CHECKPOINTS_TENSORVIEW_H

#include "simulator/program/Result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace waferflow {

/// Element types of safetensors files with whole bytes.
enum class DType {
  Bool,
  U8,
  I8,
  F8E5M2,
  F8E4M3,
  F8E8M0,
  I16,
  U16,
  F16,
  BF16,
  I32,
  U32,
  F32,
  I64,
  U64,
  F64,
  C64,
};

/// Bytes of one element.
int64_t dtypeBytes(DType dtype);
/// As the file spells it: "F16".
const char *dtypeName(DType dtype);
/// The type of that spelling, nothing for others.
std::optional<DType> dtypeOf(const std::string &name);

/// A tensor in row-major order. `data` need not be aligned to the element:
/// copy, don't cast. `owner` keeps the memory (a mapped file, a buffer) alive.
struct TensorView {
  std::string file; ///< its path, for messages
  std::string name;
  DType dtype = DType::F32;
  std::vector<int64_t> shape;
  const uint8_t *data = nullptr;
  std::shared_ptr<const void> owner;

  int64_t elements() const;
  int64_t bytes() const { return elements() * dtypeBytes(dtype); }
  /// "file: tensor name", the `where` of an error.
  std::string where() const;
  /// The last two parts of the file's path, for reports:
  /// "smollm2-135m/model.safetensors".
  std::string shortFile() const;
};

/// "[576, 1536]".
std::string shapeString(const std::vector<int64_t> &shape);

/// The first error that keeps `tensor` from being a weight matrix of `rows` x
/// `columns` in f32, f16 or bf16; nothing where all is well.
std::vector<Error> checkMatrix(const TensorView &tensor, int64_t rows,
                               int64_t columns);

/// Row `r` of a float matrix (`checkMatrix` holds) as f32.
void readRow(const TensorView &tensor, int64_t r, float *out);

/// |w| of row `r` as integers in the same order as the magnitudes: the bits
/// without the sign. Equal magnitudes, -0 and 0 too, have equal keys. 15 bits
/// for the 16-bit types, 31 bits for f32.
void readMagnitudeKeys(const TensorView &tensor, int64_t r, uint32_t *out);

/// The least key that is not a number (every larger one is none either).
uint32_t firstNanKey(DType dtype);

} // namespace waferflow

#endif // WAFERFLOW_MODELS_CHECKPOINTS_TENSORVIEW_H
