//===- AdamW.h - One update of one weight ---------------------- -*- C++
//-*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019), with
// the operations, the order and the f32 roundings of torch.optim.AdamW.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_STORE_ADAMW_H
#define WAFERFLOW_SIMULATOR_STORE_ADAMW_H

#include "simulator/program/Types.h"

#include <optional>
#include <vector>

namespace waferflow::store {

struct AdamWOptions {
  double learningRate = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double epsilon = 1e-8;
  double weightDecay = 1e-2; ///< decoupled: weight *= 1 - rate * decay
};

/// What is out of range: rates of at least 0, betas in [0, 1).
std::optional<Error> check(const AdamWOptions &options);

/// f32 master values and moments of the weights that exist.
struct AdamWState {
  std::vector<float> master, m, v;
  int64_t step = 0; ///< updates so far; corrects the moments' bias
};

/// One update of all values. `gradients` (as many as `master`) are multiplied
/// by `factor` first, rounded to f32: unscaling and clipping.
void update(AdamWState &state, const AdamWOptions &options,
            const std::vector<float> &gradients, float factor = 1);

} // namespace waferflow::store

#endif // WAFERFLOW_SIMULATOR_STORE_ADAMW_H
