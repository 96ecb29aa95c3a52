//===- NofM.h - N of M along the input features -----------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_MODELS_MASKS_NOFM_H
#define WAFERFLOW_MODELS_MASKS_NOFM_H

#include "models/checkpoints/TensorView.h"
#include "models/masks/MaskSource.h"

#include <memory>

namespace waferflow {

/// The largest M that both functions take.
constexpr int64_t kMaxM = 64;

/// Of every m neighbouring input features of a row, the n of largest magnitude;
/// a tie goes to the lower index, which is kept. A last group shorter than m
/// keeps n too, or all that it has. Reads the values on demand and keeps them
/// alive. Expects `checkMatrix` to hold and 1 <= n <= m <= kMaxM.
std::unique_ptr<MaskSource> nOfMMask(TensorView weights, int64_t n, int64_t m);

/// The same pattern without weights: n random positions of every m, all choices
/// equally likely. A function of (seed, weight name, row, column) alone.
std::unique_ptr<MaskSource> randomNOfMMask(int64_t rows, int64_t columns,
                                           int64_t n, int64_t m, uint64_t seed,
                                           const std::string &weightName);

} // namespace waferflow

#endif // WAFERFLOW_MODELS_MASKS_NOFM_H
