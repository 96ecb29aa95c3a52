//===- Hash.h - Content hashes ----------------------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_MODELS_CHECKPOINTS_HASH_H
#define WAFERFLOW_MODELS_CHECKPOINTS_HASH_H

#include "models/checkpoints/TensorView.h"

namespace waferflow {

/// XXH64 of Yann Collet's xxHash. Not cryptographic: it tells a checkpoint that
/// was changed or swapped from the one that a program was compiled for.
uint64_t xxh64(const void *data, uint64_t bytes, uint64_t seed);

/// "xxh64:0123456789abcdef": XXH64 of the data, seeded with the XXH64 of the
/// type and shape as messages print them, "F16 [576, 1536]".
std::string contentHash(const TensorView &tensor);

} // namespace waferflow

#endif // WAFERFLOW_MODELS_CHECKPOINTS_HASH_H
