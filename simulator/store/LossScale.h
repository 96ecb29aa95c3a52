//===- LossScale.h - Keeping f16 gradients in range ------------ -*- C++
//-*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The loss is multiplied by `scale` before the backward pass, so that small
// gradients survive f16; the store divides by it. As torch.amp.GradScaler.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_STORE_LOSSSCALE_H
#define WAFERFLOW_SIMULATOR_STORE_LOSSSCALE_H

#include "simulator/program/Types.h"

#include <optional>

namespace waferflow::store {

struct LossScaleOptions {
  enum class Kind {
    None,   ///< scale 1; a gradient that is not finite is an error
    Static, ///< a step with such a gradient is left out
    Dynamic ///< it is left out and the scale shrinks; else it grows at times
  };
  Kind kind = Kind::None;
  double scale = 65536; ///< at the start, and for ever if static
  double growth = 2, backoff = 0.5;
  int64_t growthInterval = 2000; ///< finite steps in a row before it grows
};

std::optional<Error> check(const LossScaleOptions &options);

class LossScale {
public:
  explicit LossScale(const LossScaleOptions &options = {})
      : options(options),
        now(options.kind == LossScaleOptions::Kind::None ? 1 : options.scale) {}

  /// What the next step's loss is multiplied by.
  double scale() const { return now; }
  /// What its gradients are multiplied by, rounded to f32.
  float inverse() const { return static_cast<float>(1 / now); }
  /// After a step whose gradients all were finite, or were not.
  void update(bool finite);

private:
  LossScaleOptions options;
  double now;
  int64_t finiteSteps = 0; ///< in a row
};

} // namespace waferflow::store

#endif // WAFERFLOW_SIMULATOR_STORE_LOSSSCALE_H
