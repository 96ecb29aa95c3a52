//===- MasterStore.cpp - Master weights and their optimizer ---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/store/MasterStore.h"

#include "simulator/cycle/Numbers.h"
#include "simulator/machine/Parameters.h"

#include <algorithm>
#include <cmath>

namespace waferflow::store {

static std::string weightName(const std::string &name) {
  return "weight '" + name + "'";
}

static float rounded(ElementType type, float value) {
  switch (type) {
  case ElementType::F16:
    return cycle::fromF16(cycle::toF16(value));
  case ElementType::BF16:
    return cycle::fromBF16(cycle::toBF16(value));
  case ElementType::F32:
    break;
  }
  return value;
}

Result<MasterStore> MasterStore::create(const StoreOptions &options) {
  std::vector<Error> errors;
  if (auto error = check(options.adamw))
    errors.push_back(*error);
  if (auto error = check(options.lossScale))
    errors.push_back(*error);
  if (!(options.clipNorm >= 0 && std::isfinite(options.clipNorm)))
    errors.push_back({"optimizer", "expected 'clip_norm' of at least 0, got " +
                                       numberText(options.clipNorm)});
  if (!errors.empty())
    return errors;
  return MasterStore(options);
}

std::optional<Error>
MasterStore::add(const std::string &name, const std::vector<float> &values,
                 ElementType storage,
                 const std::optional<std::vector<int64_t>> &positions) {
  if (weights.count(name))
    return Error{weightName(name), "is in the store already"};
  Weight weight;
  weight.storage = storage;
  weight.elements = static_cast<int64_t>(values.size());
  if (!positions) {
    weight.state.master = values;
  } else {
    weight.mask.assign((values.size() + 63) / 64, 0);
    int64_t before = -1;
    for (int64_t position : *positions) {
      if (position <= before || position >= weight.elements)
        return Error{
            weightName(name),
            "expected ascending positions below " +
                std::to_string(weight.elements) + ", got " +
                std::to_string(position) +
                (before < 0 ? "" : " after " + std::to_string(before))};
      before = position;
      weight.mask[position / 64] |= uint64_t(1) << (position % 64);
      weight.state.master.push_back(values[position]);
    }
    for (int64_t i = 0; i < weight.elements; ++i)
      if (values[i] != 0 && !(weight.mask[i / 64] >> (i % 64) & 1))
        return Error{weightName(name), "expected 0 outside the mask, got " +
                                           numberText(values[i]) +
                                           " at element " + std::to_string(i)};
  }
  weight.state.m.assign(weight.state.master.size(), 0);
  weight.state.v = weight.state.m;
  weights.emplace(name, std::move(weight));
  return std::nullopt;
}

std::vector<std::string> MasterStore::names() const {
  std::vector<std::string> result;
  for (const auto &[name, weight] : weights)
    result.push_back(name);
  return result;
}

Result<const MasterStore::Weight *>
MasterStore::find(const std::string &name) const {
  auto found = weights.find(name);
  if (found == weights.end())
    return Error{weightName(name), "is not in the store"};
  return &found->second;
}

/// Values at the mask's positions, row-major with zeros between.
std::vector<float> MasterStore::spread(const Weight &weight,
                                       const std::vector<float> &values) {
  if (weight.mask.empty())
    return values;
  std::vector<float> result(weight.elements, 0);
  size_t next = 0;
  for (int64_t i = 0; i < weight.elements; ++i)
    if (weight.mask[i / 64] >> (i % 64) & 1)
      result[i] = values[next++];
  return result;
}

Result<std::vector<float>>
MasterStore::streamed(const std::string &name) const {
  auto weight = find(name);
  if (!weight)
    return weight.errors;
  std::vector<float> values = (*weight)->state.master;
  for (float &value : values)
    value = rounded((*weight)->storage, value);
  return spread(**weight, values);
}

Result<std::vector<float>> MasterStore::master(const std::string &name) const {
  auto weight = find(name);
  if (!weight)
    return weight.errors;
  return spread(**weight, (*weight)->state.master);
}

Result<int64_t> MasterStore::stored(const std::string &name) const {
  auto weight = find(name);
  if (!weight)
    return weight.errors;
  return static_cast<int64_t>((*weight)->state.master.size());
}

bool MasterStore::waitsForAllGradients() const {
  return options.clipNorm > 0 ||
         options.lossScale.kind != LossScaleOptions::Kind::None;
}

/// The gradient at the positions that exist.
Result<std::vector<float>>
MasterStore::taken(const std::string &name, const Weight &weight,
                   const std::vector<float> &gradient) {
  size_t count = weight.state.master.size();
  if (gradient.size() == count)
    return gradient;
  if (static_cast<int64_t>(gradient.size()) != weight.elements) {
    std::string expected = std::to_string(weight.elements);
    if (!weight.mask.empty())
      expected += " or, at the mask, " + std::to_string(count);
    return Error{"gradient of " + weightName(name),
                 "expected " + expected + " values, got " +
                     std::to_string(gradient.size())};
  }
  std::vector<float> result;
  result.reserve(count);
  for (int64_t i = 0; i < weight.elements; ++i)
    if (weight.mask[i / 64] >> (i % 64) & 1)
      result.push_back(gradient[i]);
  return result;
}

Result<StepOutcome> MasterStore::step(const Gradients &gradients) {
  for (const auto &[name, gradient] : gradients)
    if (auto found = find(name); !found)
      return found.errors;
  StepOutcome outcome;
  outcome.scale = scale();
  float inverse = lossScale.inverse();
  std::vector<std::vector<float>> all;
  double squares = 0;
  for (const auto &[name, weight] : weights) {
    auto found = gradients.find(name);
    if (found == gradients.end())
      return Error{weightName(name), "expected a gradient, got none"};
    auto values = taken(name, weight, found->second);
    if (!values)
      return values.errors;
    for (size_t i = 0; i < values->size(); ++i) {
      float unscaled = (*values)[i] * inverse;
      squares += static_cast<double>(unscaled) * unscaled;
      if (!std::isfinite(unscaled) && outcome.culprit.empty())
        outcome.culprit = "gradient of " + weightName(name) + ": value " +
                          std::to_string(i) + " of those stored is " +
                          numberText((*values)[i]);
    }
    all.push_back(std::move(*values));
  }
  outcome.gradientNorm = std::sqrt(squares);
  bool finite = outcome.culprit.empty();
  if (!finite && options.lossScale.kind == LossScaleOptions::Kind::None)
    return Error{"optimizer", outcome.culprit};
  lossScale.update(finite);
  if (!finite)
    return outcome;
  if (options.clipNorm > 0)
    outcome.clipFactor =
        std::min(1.0, options.clipNorm / (outcome.gradientNorm + 1e-6));
  size_t next = 0;
  for (auto &[name, weight] : weights) {
    std::vector<float> &values = all[next++];
    for (float &value : values)
      value *= inverse;
    update(weight.state, options.adamw, values,
           static_cast<float>(outcome.clipFactor));
    outcome.updates += static_cast<int64_t>(values.size());
  }
  outcome.applied = true;
  ++stepsApplied;
  return outcome;
}

} // namespace waferflow::store
