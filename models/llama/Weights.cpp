//===- Weights.cpp - Names and shapes, as Hugging Face has them -----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/llama/Weights.h"

using namespace waferflow;

std::vector<LlamaWeight> waferflow::llamaWeights(const LlamaConfig &config) {
  int64_t hidden = config.hiddenSize, mlp = config.mlpSize;
  int64_t query = config.heads * config.headDim;
  int64_t key = config.kvHeads * config.headDim;

  std::vector<LlamaWeight> weights;
  weights.push_back(
      {"model.embed_tokens.weight", {config.vocabularySize, hidden}, false});
  for (int64_t layer = 0; layer < config.layers; ++layer) {
    std::string prefix = "model.layers." + std::to_string(layer) + ".";
    auto linear = [&](const char *name, int64_t out, int64_t in) {
      weights.push_back({prefix + name + ".weight", {out, in}, true});
    };
    linear("self_attn.q_proj", query, hidden);
    linear("self_attn.k_proj", key, hidden);
    linear("self_attn.v_proj", key, hidden);
    linear("self_attn.o_proj", hidden, query);
    if (config.gatedMlp)
      linear("mlp.gate_proj", mlp, hidden);
    linear("mlp.up_proj", mlp, hidden);
    linear("mlp.down_proj", hidden, mlp);
    for (const char *norm : {"input_layernorm", "post_attention_layernorm"})
      weights.push_back({prefix + norm + ".weight", {hidden}, false});
  }
  weights.push_back({"model.norm.weight", {hidden}, false});
  if (!config.tiedEmbeddings)
    weights.push_back(
        {"lm_head.weight", {config.vocabularySize, hidden}, false});
  return weights;
}
