//===- Types.h - Words that every part of a program uses --------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_PROGRAM_TYPES_H
#define WAFERFLOW_SIMULATOR_PROGRAM_TYPES_H

#include <cstdint>
#include <string>

namespace waferflow {

/// Storage type of activations and streamed weights.
enum class ElementType { F16, BF16, F32 };

/// Type of spmm partial sums and ring adds: the storage type, or f32.
enum class Accumulate { Storage, F32 };

/// Bytes of one element in SRAM and on a link.
constexpr int64_t elementBytes(ElementType type) {
  return type == ElementType::F32 ? 4 : 2;
}

/// Elements that one 32-bit wavelet carries.
constexpr int64_t elementsPerWavelet(ElementType type) {
  return 4 / elementBytes(type);
}

enum class Phase { Forward, Recompute, Backward };

/// Which part of the model a kernel serves; `Head` is everything from the
/// final norm to the loss and back.
enum class Section { Embedding, Block, Head };

/// One error of every part that knows nothing of MLIR: what is wrong, where,
/// and which limit it breaks, in one line.
struct Error {
  std::string where; ///< file:line:column, kernel, parameter or flag
  std::string what;  ///< "expected X, got Y"
  std::string str() const { return where.empty() ? what : where + ": " + what; }
};

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_PROGRAM_TYPES_H
