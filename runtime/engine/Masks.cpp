//===- Masks.cpp - From a request to weights with masks, and to masks -----===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/ChooseMapping.h"
#include "models/masks/Counts.h"
#include "models/masks/MaskSpec.h"
#include "runtime/engine/Diagnostics.h"
#include "runtime/engine/Session.h"
#include "runtime/translate/FlowToProgram.h"

#include "mlir/IR/Builders.h"

#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;
using namespace waferflow::flow;

namespace waferflow {

namespace {

MaskSpec specOf(WeightAttr weight) {
  MaskAttr mask = weight.getMask();
  MaskSpec spec;
  spec.kind = mask.getKind().str();
  if (mask.getSparsity())
    spec.sparsity = mask.getSparsity().getValueAsDouble();
  spec.n = mask.getN();
  spec.m = mask.getM();
  spec.seed = mask.getSeed();
  spec.weight = weight.getName().str();
  if (SourceAttr source = weight.getSource()) {
    spec.file = source.getFile().str();
    spec.tensor = source.getTensor().str();
    spec.hash = source.getHash().str();
  }
  return spec;
}

Result<std::shared_ptr<const MaskSource>>
cachedMask(WeightAttr weight, int64_t rows, int64_t columns, MaskCache &cache) {
  MaskSpec spec = specOf(weight);
  std::string key = llvm::formatv("{0} {1} {2} {3}:{4} {5} {6} {7}x{8}",
                                  spec.weight, spec.kind, spec.sparsity, spec.n,
                                  spec.m, spec.seed, spec.hash, rows, columns);
  auto &mask = cache.masks[key];
  if (mask)
    return mask;
  const Checkpoint *checkpoint = nullptr;
  if (!spec.file.empty()) {
    auto file = cachedFile(spec.file, cache);
    if (!file)
      return file.errors;
    checkpoint = file->get();
  }
  auto made = makeMask(spec, rows, columns, checkpoint);
  if (made)
    mask = *made;
  return made;
}

} // namespace

Result<std::shared_ptr<const Checkpoint>> cachedFile(const std::string &path,
                                                     MaskCache &cache) {
  auto &file = cache.files[path];
  if (file)
    return file;
  auto opened = Checkpoint::open(path);
  if (opened)
    file = *opened;
  return opened;
}

MaskFactory maskFactory(MaskCache &cache) {
  return [&cache](WeightAttr weight, int64_t rows, int64_t columns) {
    return cachedMask(weight, rows, columns, cache);
  };
}

Result<Program> loadProgram(ModuleOp module, MaskCache &cache) {
  DiagnosticCollector collector(*module.getContext());
  auto program = translateToProgram(module, maskFactory(cache));
  if (failed(program))
    return collector.error("");
  return std::move(*program);
}

Result<double> Session::pointSparsity(double sparsity) {
  if (sparsity == kOwnSparsity && mask == MaskKind::Checkpoint)
    return ownSparsity();
  bool allowed = sparsity == 0 || mask == MaskKind::Uniform ||
                 mask == MaskKind::Magnitude ||
                 (mask == MaskKind::TwoFour && sparsity == 0.5);
  if (allowed && sparsity >= 0)
    return sparsity;
  return Error{"--sparsity", std::string("expected none but 0") +
                                 (mask == MaskKind::TwoFour ? " and 0.5" : "") +
                                 " with --mask " + maskKindName(mask) +
                                 ", which fixes it, got " +
                                 llvm::formatv("{0}", sparsity).str()};
}

Result<double> Session::ownSparsity() {
  Module masked = flowModule->clone();
  if (auto error = maskWeights(*masked, kOwnSparsity))
    return *error;
  func::FuncOp step = findStep(*masked);
  double kept = 0, elements = 0;
  for (unsigned i = 0; i < step.getNumArguments(); ++i) {
    auto weight = step.getArgAttrOfType<WeightAttr>(i, "flow.weight");
    if (!weight || !weight.getPruned())
      continue;
    double size =
        cast<RankedTensorType>(step.getArgument(i).getType()).getNumElements();
    elements += size;
    kept += size * weight.getDensity().getValueAsDouble();
  }
  return elements > 0 ? 1 - kept / elements : 0;
}

std::string Session::describeMask(double sparsity) const {
  if (sparsity == 0)
    return "dense";
  std::string text = maskKindName(mask);
  if (mask == MaskKind::Uniform || mask == MaskKind::Magnitude)
    text += llvm::formatv(" {0}", sparsity);
  if (checkpoint && mask != MaskKind::Uniform)
    return text + " of " + asked.model + "'s weights";
  return text + llvm::formatv(", seed {0} (synthetic)", asked.seed).str();
}

Result<SourceAttr> Session::sourceOf(const std::string &weight) {
  std::string &hash = hashes[weight];
  if (hash.empty()) {
    auto computed = checkpoint->hash(weight);
    if (!computed)
      return computed.errors;
    hash = *computed;
  }
  return SourceAttr::get(context.get(), checkpoint->path(), weight, hash);
}

std::optional<Error> Session::maskWeights(ModuleOp module, double sparsity) {
  if (sparsity == 0)
    return std::nullopt;
  func::FuncOp step = findStep(module);
  Builder builder(module.getContext());
  MaskCache cache;
  if (checkpoint)
    cache.files[checkpoint->path()] = checkpoint;
  for (unsigned i = 0; i < step.getNumArguments(); ++i) {
    auto weight = step.getArgAttrOfType<WeightAttr>(i, "flow.weight");
    if (!weight || !weight.getPruned())
      continue;
    bool takesSparsity =
        mask == MaskKind::Uniform || mask == MaskKind::Magnitude;
    bool isTwoFour = mask == MaskKind::TwoFour;
    auto attr = MaskAttr::get(
        builder.getContext(), isTwoFour ? "nm" : maskKindName(mask),
        takesSparsity ? builder.getF64FloatAttr(sparsity) : FloatAttr(),
        isTwoFour ? 2 : 0, isTwoFour ? 4 : 0,
        mask == MaskKind::Uniform || (isTwoFour && !checkpoint) ? asked.seed
                                                                : 0);
    SourceAttr source;
    std::string name = weight.getName().str();
    if (checkpoint && mask != MaskKind::Uniform) {
      auto found = sourceOf(name);
      if (!found)
        return found.errors.front();
      source = *found;
    }
    auto type = cast<RankedTensorType>(step.getArgument(i).getType());
    double elements = static_cast<double>(type.getNumElements());
    double density = isTwoFour ? 0.5 : 1 - sparsity;
    if (mask == MaskKind::Magnitude)
      density = 1 - std::round(sparsity * elements) / elements;
    if (mask == MaskKind::Checkpoint) {
      auto made = cachedMask(WeightAttr::get(builder.getContext(), name, true,
                                             attr, FloatAttr(), source),
                             type.getDimSize(0), type.getDimSize(1), cache);
      if (!made)
        return made.errors.front();
      density = countNonzeros(**made, asked.threads) / elements;
    }
    step.setArgAttr(i, "flow.weight",
                    WeightAttr::get(builder.getContext(), name, true, attr,
                                    builder.getF64FloatAttr(density), source));
  }
  return std::nullopt;
}

std::optional<Error> Session::countMasks(ModuleOp module, MaskCache &masks) {
  func::FuncOp step = findStep(module);
  Builder builder(module.getContext());
  if (checkpoint)
    masks.files[checkpoint->path()] = checkpoint;
  for (unsigned i = 0; i < step.getNumArguments(); ++i) {
    auto weight = step.getArgAttrOfType<WeightAttr>(i, "flow.weight");
    if (!weight || !weight.getMask())
      continue;
    auto type = cast<RankedTensorType>(step.getArgument(i).getType());
    auto made =
        cachedMask(weight, type.getDimSize(0), type.getDimSize(1), masks);
    if (!made)
      return made.errors.front();
    NonzeroSums sums = countSides(**made, asked.threads);
    step.setArgAttr(i, "flow.counts",
                    CountsAttr::get(builder.getContext(),
                                    builder.getDenseI32ArrayAttr(sums.columns),
                                    builder.getDenseI32ArrayAttr(sums.rows)));
  }
  return std::nullopt;
}

} // namespace waferflow
