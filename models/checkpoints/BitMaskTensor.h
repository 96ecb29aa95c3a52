//===- BitMaskTensor.h - Weights stored as nonzeros and a bit mask -*- C++
//-*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_MODELS_CHECKPOINTS_BITMASKTENSOR_H
#define WAFERFLOW_MODELS_CHECKPOINTS_BITMASKTENSOR_H

#include "models/checkpoints/Safetensors.h"

#include <optional>

namespace waferflow {

/// One matrix in compressed-tensors' layout, for a linear P:
///   P.shape       I64 [2] or [2, 1]: rows, columns
///   P.compressed  f32, f16 or bf16: stored values, row by row
///   P.bitmask     U8 [rows, ceil(columns / 8)]: bit c % 8 of byte c / 8
///   P.row_offsets I64 [rows]: stored values before each row ("sparse-bitmask")
/// "sparse-24-bitmask" has no row_offsets, and compressed is [rows, columns /
/// 2]. A stored value may be zero (2:4 stores two of every four whatever they
/// are).
struct BitMaskTensor {
  std::string name; ///< of the weight: P.weight
  int64_t rows = 0, columns = 0;
  TensorView compressed, bitmask;

  const uint8_t *maskRow(int64_t r) const {
    return bitmask.data + r * ((columns + 7) / 8);
  }
  /// The matrix with its zeros, in the type of the stored values.
  TensorView dense() const;
};

/// The matrix `name` (P.weight) if `tensors` hold it in this form; an error
/// where they hold it badly: parts missing, wrong types or shapes, bits past
/// the last column, counts that do not fit each other.
Result<std::optional<BitMaskTensor>> findBitMask(const TensorMap &tensors,
                                                 const std::string &name);

/// P.weight for a part's name, P.compressed; nothing for other names.
std::optional<std::string> bitMaskWeight(const std::string &part);

} // namespace waferflow

#endif // WAFERFLOW_MODELS_CHECKPOINTS_BITMASKTENSOR_H
