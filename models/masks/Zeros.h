//===- Zeros.h - Masks found in a checkpoint --------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_MODELS_MASKS_ZEROS_H
#define WAFERFLOW_MODELS_MASKS_ZEROS_H

#include "models/checkpoints/BitMaskTensor.h"
#include "models/masks/MaskSource.h"

#include <memory>

namespace waferflow {

/// Nonzero where the value is (-0 is a zero). Reads the values on demand and
/// keeps them alive. Expects `checkMatrix` to hold.
std::unique_ptr<MaskSource> zerosMask(TensorView weights);

/// The stored mask of a weight in bit-mask form, values unread: what is stored
/// is what streams, even where a stored value is zero.
std::unique_ptr<MaskSource> storedMask(BitMaskTensor weights);

} // namespace waferflow

#endif // WAFERFLOW_MODELS_MASKS_ZEROS_H
