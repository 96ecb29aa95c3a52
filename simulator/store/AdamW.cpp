//===- AdamW.cpp - One update of one weight -------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/store/AdamW.h"

#include "simulator/machine/Parameters.h"

#include <cmath>

namespace waferflow::store {

std::optional<Error> check(const AdamWOptions &options) {
  auto range = [](const char *key, double value, bool below1) {
    std::optional<Error> error;
    if (!(value >= 0 && std::isfinite(value) && (!below1 || value < 1)))
      error = Error{"optimizer", std::string("expected '") + key + "' " +
                                     (below1 ? "in [0, 1)" : "of at least 0") +
                                     ", got " + numberText(value)};
    return error;
  };
  if (auto error = range("learning_rate", options.learningRate, false))
    return error;
  if (auto error = range("beta1", options.beta1, true))
    return error;
  if (auto error = range("beta2", options.beta2, true))
    return error;
  if (auto error = range("epsilon", options.epsilon, false))
    return error;
  return range("weight_decay", options.weightDecay, false);
}

void update(AdamWState &state, const AdamWOptions &options,
            const std::vector<float> &gradients, float factor) {
  ++state.step;
  double steps = static_cast<double>(state.step);
  double correction1 = 1 - std::pow(options.beta1, steps);
  double correction2 = std::sqrt(1 - std::pow(options.beta2, steps));
  // Scalars are worked out in f64 and rounded once, as torch does.
  float decay =
      static_cast<float>(1 - options.learningRate * options.weightDecay);
  float weight1 = static_cast<float>(1 - options.beta1);
  float keep2 = static_cast<float>(options.beta2);
  float weight2 = static_cast<float>(1 - options.beta2);
  float root = static_cast<float>(correction2);
  float epsilon = static_cast<float>(options.epsilon);
  float rate = static_cast<float>(-options.learningRate / correction1);
  for (size_t i = 0; i < state.master.size(); ++i) {
    float g = gradients[i] * factor;
    float m = state.m[i];
    // lerp, by the end that is nearer
    m = weight1 < 0.5f ? m + weight1 * (g - m) : g - (g - m) * (1 - weight1);
    float v = state.v[i] * keep2;
    v = v + weight2 * g * g;
    float denominator = std::sqrt(v) / root + epsilon;
    state.m[i] = m;
    state.v[i] = v;
    float w = state.master[i] * decay;
    state.master[i] = w + rate * m / denominator;
  }
}

} // namespace waferflow::store
