//===- Checkpoint.h - The weights of a model --------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_MODELS_CHECKPOINTS_CHECKPOINT_H
#define WAFERFLOW_MODELS_CHECKPOINTS_CHECKPOINT_H

#include "models/checkpoints/BitMaskTensor.h"

namespace waferflow {

/// A model's tensors by name, mapped from one or more safetensors files.
/// Weights in bit-mask form have their plain name, P.weight, and can be had
/// either way. Thread-safe: nothing changes after `open`.
class Checkpoint {
public:
  /// `path`: a safetensors file; an index ("*.safetensors.index.json"), whose
  /// shards lie beside it; or a directory with model.safetensors (first choice)
  /// or model.safetensors.index.json.
  static Result<std::shared_ptr<const Checkpoint>>
  open(const std::string &path);

  const std::string &path() const { return where; }
  /// Every tensor that `tensor` gives, sorted; parts of bit masks are one
  /// weight.
  std::vector<std::string> names() const;
  bool has(const std::string &name) const;

  /// Where the values lie; a bit-mask weight is expanded into memory of its
  /// own.
  Result<TensorView> tensor(const std::string &name) const;
  /// The stored mask and values of a bit-mask weight, nothing for other
  /// tensors.
  Result<std::optional<BitMaskTensor>> bitMask(const std::string &name) const;
  /// contentHash of `tensor(name)`.
  Result<std::string> hash(const std::string &name) const;

private:
  std::string where;
  TensorMap tensors;
};

} // namespace waferflow

#endif // WAFERFLOW_MODELS_CHECKPOINTS_CHECKPOINT_H
