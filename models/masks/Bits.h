//===- Bits.h - Masks held as bits ------------------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_MODELS_MASKS_BITS_H
#define WAFERFLOW_MODELS_MASKS_BITS_H

#include "models/masks/MaskSource.h"

#include <memory>
#include <vector>

namespace waferflow {

/// Held bits: rows() * wordsPerRow() words, each row as MaskSource::row gives
/// it. Bits past `columns` are cleared. `what` is its description.
std::unique_ptr<MaskSource> bitsMask(int64_t rows, int64_t columns,
                                     std::vector<uint64_t> words,
                                     std::string what);

/// Another source's bits, held: for small matrices that are asked for often.
std::unique_ptr<MaskSource> heldMask(const MaskSource &source);

} // namespace waferflow

#endif // WAFERFLOW_MODELS_MASKS_BITS_H
