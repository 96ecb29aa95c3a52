//===- LlamaConfig.h - What a LLaMA's config.json says -------- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_MODELS_LLAMA_LLAMACONFIG_H
#define WAFERFLOW_MODELS_LLAMA_LLAMACONFIG_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>

namespace waferflow {

/// The activations that a config's `hidden_act` may name. `gelu` is the tanh
/// form (Hugging Face: gelu_new, gelu_pytorch_tanh), as GPT-2 and GPT-3 use.
enum class Activation { silu, gelu, relu };

/// The shape of a decoder of the LLaMA family. Counts are in elements.
struct LlamaConfig {
  std::string name;           ///< file or directory it came from, for messages
  int64_t hiddenSize = 0;     ///< width of the residual stream
  int64_t mlpSize = 0;        ///< `intermediate_size`
  int64_t layers = 0;         ///< `num_hidden_layers`
  int64_t heads = 0;          ///< `num_attention_heads`
  int64_t kvHeads = 0;        ///< `num_key_value_heads`, default `heads`
  int64_t headDim = 0;        ///< `head_dim`, default hidden / heads; even
  int64_t vocabularySize = 0; ///< `vocab_size`
  int64_t maxPositions = 0;   ///< `max_position_embeddings`, 0: no limit
  double ropeTheta = 10000;   ///< `rope_theta` or `rope_parameters.rope_theta`
  double rmsNormEpsilon = 0;  ///< `rms_norm_eps`
  Activation activation = Activation::silu; ///< `hidden_act`
  bool gatedMlp = true;        ///< `mlp_gated`, ours: false for two matrices
  bool tiedEmbeddings = false; ///< `tie_word_embeddings`

  /// Number of trained values, tied ones once.
  int64_t parameters() const;
};

/// Reads the text of a `config.json`. `where` begins every error: "WHERE:
/// missing key 'hidden_size'". Keys that would change the mathematics (biases,
/// scaled RoPE, experts, sliding windows) are errors unless they say "off";
/// keys that don't (token numbers, dropout, types) are not looked at.
llvm::Expected<LlamaConfig> parseLlamaConfig(llvm::StringRef json,
                                             llvm::StringRef where);

/// Reads PATH, or PATH/config.json when it is a directory.
llvm::Expected<LlamaConfig> readLlamaConfig(llvm::StringRef path);

/// Reads NAME.json of `configDirectory`; a name with a slash or that ends in
/// .json is a path. An unknown name's error lists those that exist.
llvm::Expected<LlamaConfig> findLlamaConfig(llvm::StringRef nameOrPath,
                                            llvm::StringRef configDirectory);

} // namespace waferflow

#endif // WAFERFLOW_MODELS_LLAMA_LLAMACONFIG_H
