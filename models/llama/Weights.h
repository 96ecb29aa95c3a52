//===- Weights.h - Names and shapes, as Hugging Face has them - -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_MODELS_LLAMA_WEIGHTS_H
#define WAFERFLOW_MODELS_LLAMA_WEIGHTS_H

#include "models/llama/LlamaConfig.h"

#include <string>
#include <vector>

namespace waferflow {

struct LlamaWeight {
  std::string name;           ///< "model.layers.0.self_attn.q_proj.weight"
  std::vector<int64_t> shape; ///< a linear's is [out, in]
  bool pruned = false;        ///< whether it is a linear of the decoder
};

/// The arguments of the entry function, in order: the embedding; for each
/// layer q, k, v, o, gate (when gated), up, down and its two norms; the last
/// norm; the head (when not tied).
std::vector<LlamaWeight> llamaWeights(const LlamaConfig &config);

/// How many of them a layer has.
inline size_t weightsPerLayer(const LlamaConfig &config) {
  return config.gatedMlp ? 9 : 8;
}

} // namespace waferflow

#endif // WAFERFLOW_MODELS_LLAMA_WEIGHTS_H
