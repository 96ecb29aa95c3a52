//===- Uniform.h - Independent random masks ---------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_MODELS_MASKS_UNIFORM_H
#define WAFERFLOW_MODELS_MASKS_UNIFORM_H

#include "models/masks/MaskSource.h"

#include <memory>

namespace waferflow {

/// Every element is nonzero with probability 1 - sparsity, independently of all
/// others; the probability is exact to 2^-32. A function of (seed, weight name,
/// row, column) alone. Expects sparsity in [0, 1).
std::unique_ptr<MaskSource> uniformMask(int64_t rows, int64_t columns,
                                        double sparsity, uint64_t seed,
                                        const std::string &weightName);

} // namespace waferflow

#endif // WAFERFLOW_MODELS_MASKS_UNIFORM_H
