//===- Rows.h - Some rows of a mask -----------------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_MODELS_MASKS_ROWS_H
#define WAFERFLOW_MODELS_MASKS_ROWS_H

#include "models/masks/MaskSource.h"

#include <memory>

namespace waferflow {

/// Rows [first, first + count) of `whole`, which has them.
std::unique_ptr<MaskSource> maskRows(std::shared_ptr<const MaskSource> whole,
                                     int64_t first, int64_t count);

} // namespace waferflow

#endif // WAFERFLOW_MODELS_MASKS_ROWS_H
