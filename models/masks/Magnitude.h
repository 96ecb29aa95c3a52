//===- Magnitude.h - The largest weights of a matrix ------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_MODELS_MASKS_MAGNITUDE_H
#define WAFERFLOW_MODELS_MASKS_MAGNITUDE_H

#include "models/checkpoints/TensorView.h"
#include "models/masks/MaskSource.h"

#include <memory>

namespace waferflow {

/// Prunes exactly round(sparsity * rows * columns) elements of a matrix, those
/// of least magnitude. A tie goes to the lower index: among equal magnitudes
/// the elements that come first in row-major order are kept. (4-bit weights are
/// full of exact ties; a threshold would prune too many or too few.) Kept
/// elements that are zero themselves count as nonzero: the count is what was
/// asked for. Expects sparsity in [0, 1); an error where the matrix holds a
/// NaN.
Result<std::unique_ptr<MaskSource>> magnitudeMask(const TensorView &weights,
                                                  double sparsity);

} // namespace waferflow

#endif // WAFERFLOW_MODELS_MASKS_MAGNITUDE_H
