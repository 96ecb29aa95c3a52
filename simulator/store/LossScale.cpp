//===- LossScale.cpp - Keeping f16 gradients in range ---------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/store/LossScale.h"

#include "simulator/machine/Parameters.h"

#include <cfloat>

namespace waferflow::store {

std::optional<Error> check(const LossScaleOptions &options) {
  using Kind = LossScaleOptions::Kind;
  auto wrong = [](const char *key, const char *range, double value) {
    return Error{"loss scale", std::string("expected '") + key + "' " + range +
                                   ", got " + numberText(value)};
  };
  if (options.kind == Kind::None)
    return std::nullopt;
  if (!(options.scale >= FLT_MIN && options.scale <= FLT_MAX))
    return wrong("scale", "above 0 and within f32", options.scale);
  if (options.kind == Kind::Static)
    return std::nullopt;
  if (!(options.growth >= 1 && options.growth <= FLT_MAX))
    return wrong("growth", "of at least 1", options.growth);
  if (!(options.backoff > 0 && options.backoff <= 1))
    return wrong("backoff", "in (0, 1]", options.backoff);
  if (options.growthInterval < 1)
    return wrong("growth_interval", "of at least 1 step",
                 static_cast<double>(options.growthInterval));
  return std::nullopt;
}

void LossScale::update(bool finite) {
  if (options.kind != LossScaleOptions::Kind::Dynamic)
    return;
  finiteSteps = finite ? finiteSteps + 1 : 0;
  double next = now;
  if (!finite)
    next = now * options.backoff;
  else if (finiteSteps == options.growthInterval)
    next = now * options.growth, finiteSteps = 0;
  if (next >= FLT_MIN && next <= FLT_MAX)
    now = next;
}

} // namespace waferflow::store
