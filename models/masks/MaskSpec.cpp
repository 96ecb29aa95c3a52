//===- MaskSpec.cpp - Which mask a weight gets ----------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/masks/MaskSpec.h"

#include "models/checkpoints/Checkpoint.h"
#include "models/masks/Counts.h"
#include "models/masks/Magnitude.h"
#include "models/masks/NofM.h"
#include "models/masks/Text.h"
#include "models/masks/Uniform.h"
#include "models/masks/Zeros.h"

#include <cmath>

using namespace waferflow;

namespace {

using Mask = std::shared_ptr<const MaskSource>;

constexpr double kCheckpointTolerance = 0.01;

std::string where(const MaskSpec &spec) {
  return spec.weight.empty() ? "mask " + spec.kind
                             : "mask " + spec.kind + " of " + spec.weight;
}

Error wrong(const MaskSpec &spec, std::string what) {
  return {where(spec), std::move(what)};
}

/// A checkpoint's zeros against the sparsity that was asked for, if any.
Result<Mask> checkSparsity(const MaskSpec &spec, Mask mask) {
  if (spec.sparsity != 0) {
    double elements = double(mask->rows()) * double(mask->columns());
    double found = 1 - double(countNonzeros(*mask, 1)) / elements;
    if (std::abs(found - spec.sparsity) > kCheckpointTolerance)
      return wrong(spec, "the checkpoint fixes the sparsity at " +
                             fraction(found) + ", got " +
                             fraction(spec.sparsity));
  }
  return mask;
}

} // namespace

std::vector<Error> waferflow::checkMaskSpec(const MaskSpec &spec) {
  bool known = false;
  for (const char *kind : {"uniform", "magnitude", "nm", "checkpoint"})
    known |= spec.kind == kind;
  if (!known)
    return {wrong(
        spec, "expected a kind of uniform, magnitude, nm or checkpoint, got '" +
                  spec.kind + "'")};
  if (!(spec.sparsity >= 0 && spec.sparsity < 1))
    return {wrong(spec, "expected a sparsity in [0, 1), got " +
                            fraction(spec.sparsity))};
  if (spec.kind != "nm")
    return {};
  if (spec.m < 1 || spec.m > kMaxM || spec.n < 1 || spec.n > spec.m)
    return {wrong(spec, "expected 1 <= n <= m <= " + std::to_string(kMaxM) +
                            ", got " + std::to_string(spec.n) + ":" +
                            std::to_string(spec.m))};
  double fixed = 1 - double(spec.n) / double(spec.m);
  if (spec.sparsity != 0 && std::abs(spec.sparsity - fixed) > 1e-9)
    return {wrong(spec, std::to_string(spec.n) + ":" + std::to_string(spec.m) +
                            " fixes the sparsity at " + fraction(fixed) +
                            ", got " + fraction(spec.sparsity))};
  return {};
}

Result<Mask> waferflow::makeMaskOf(const MaskSpec &spec, int64_t rows,
                                   int64_t columns, const TensorView *weights) {
  if (auto errors = checkMaskSpec(spec); !errors.empty())
    return errors;
  if (rows < 1 || columns < 1)
    return wrong(spec, "expected a matrix, got shape " +
                           shapeString({rows, columns}));
  if (weights)
    if (auto errors = checkMatrix(*weights, rows, columns); !errors.empty())
      return errors;
  if (spec.kind == "uniform")
    return Mask(
        uniformMask(rows, columns, spec.sparsity, spec.seed, spec.weight));
  if (spec.kind == "nm")
    return weights ? Mask(nOfMMask(*weights, spec.n, spec.m))
                   : Mask(randomNOfMMask(rows, columns, spec.n, spec.m,
                                         spec.seed, spec.weight));
  if (!weights)
    return wrong(spec,
                 "expected the weights' values, got none: the model has no "
                 "checkpoint (uniform needs none)");
  if (spec.kind == "magnitude") {
    auto mask = magnitudeMask(*weights, spec.sparsity);
    if (!mask)
      return mask.errors;
    return Mask(std::move(*mask));
  }
  return checkSparsity(spec, zerosMask(*weights));
}

Result<Mask> waferflow::makeMask(const MaskSpec &spec, int64_t rows,
                                 int64_t columns,
                                 const Checkpoint *checkpoint) {
  // A random kind reads no values, whatever is at hand.
  if (!checkpoint || spec.kind == "uniform")
    return makeMaskOf(spec, rows, columns, nullptr);
  if (auto errors = checkMaskSpec(spec); !errors.empty())
    return errors;
  const std::string &name = spec.tensor.empty() ? spec.weight : spec.tensor;
  if (!spec.hash.empty()) {
    auto hash = checkpoint->hash(name);
    if (!hash)
      return hash.errors;
    if (*hash != spec.hash)
      return Error{checkpoint->path() + ": tensor " + name,
                   "expected content " + spec.hash + ", got " + *hash};
  }
  if (spec.kind == "checkpoint") {
    auto stored = checkpoint->bitMask(name);
    if (!stored)
      return stored.errors;
    if (*stored) {
      std::vector<int64_t> expected{rows, columns};
      std::vector<int64_t> got{(*stored)->rows, (*stored)->columns};
      if (expected != got)
        return Error{checkpoint->path() + ": tensor " + name,
                     "expected shape " + shapeString(expected) + ", got " +
                         shapeString(got)};
      return checkSparsity(spec, storedMask(std::move(**stored)));
    }
  }
  auto weights = checkpoint->tensor(name);
  if (!weights)
    return weights.errors;
  return makeMaskOf(spec, rows, columns, &*weights);
}
