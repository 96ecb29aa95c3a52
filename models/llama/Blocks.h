//===- Blocks.h - The parts of a LLaMA, forward and backward -- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_MODELS_LLAMA_BLOCKS_H
#define WAFERFLOW_MODELS_LLAMA_BLOCKS_H

#include "models/llama/LlamaConfig.h"
#include "models/llama/TensorBuilder.h"

#include <array>

namespace waferflow::llama {

using mlir::Value;

/// The config with the step's sizes. T = batch x seq tokens, H hidden, D head
/// dimension, A heads, K key-value heads, M MLP, V vocabulary.
struct Dims {
  LlamaConfig config;
  int64_t batch, seq;
  double lossScale = 1;
  int64_t tokens() const { return batch * seq; }
  int64_t hidden() const { return config.hiddenSize; }
  int64_t groups() const { return config.heads / config.kvHeads; }
};

// What a forward part keeps for its backward part. `fields` gives the order in
// which the values cross a function's boundary.

struct NormKept {
  Value scale;      ///< [B, S, 1] 1 / sqrt(mean(x^2) + epsilon)
  Value normalized; ///< [B, S, H] x * scale
  std::array<Value *, 2> fields() { return {&scale, &normalized}; }
};

struct AttentionKept {
  Value query;         ///< [B A, S, D] after RoPE
  Value keyTransposed; ///< [B A, D, S] after RoPE, repeated
  Value value;         ///< [B A, S, D] repeated
  Value probabilities; ///< [B, A, S, S]
  Value merged;        ///< [T, A D] input of o_proj
  std::array<Value *, 5> fields() {
    return {&query, &keyTransposed, &value, &probabilities, &merged};
  }
};

struct MlpKept {
  Value gate;      ///< [B, S, M] input of the activation
  Value inner;     ///< [B, S, M] sigmoid (silu), tanh (gelu), result (relu)
  Value activated; ///< [B, S, M] result of the activation; absent when ungated
  Value up;        ///< [B, S, M] up_proj's output; absent when ungated
  Value product;   ///< [T, M] input of down_proj
  std::array<Value *, 5> fields() {
    return {&gate, &inner, &activated, &up, &product};
  }
};

struct RopeTables {
  Value cosine, sine; ///< [1, S, D]
  std::array<Value *, 2> fields() { return {&cosine, &sine}; }
};

struct AttentionWeights {
  Value query, key, value, output;
};

struct MlpWeights {
  Value gate, up, down; ///< `gate` absent when ungated
};

/// In the order of llamaWeights().
struct BlockWeights {
  AttentionWeights attention;
  MlpWeights mlp;
  Value inputNorm, outputNorm;
  std::array<Value *, 9> fields() {
    return {&attention.query,  &attention.key, &attention.value,
            &attention.output, &mlp.gate,      &mlp.up,
            &mlp.down,         &inputNorm,     &outputNorm};
  }
};

/// What a whole decoder block keeps; its input is kept by the caller.
struct BlockKept {
  NormKept inputNorm;
  Value attentionInput; ///< [T, H]
  AttentionKept attention;
  Value middle; ///< [B, S, H] the residual stream after attention
  NormKept outputNorm;
  Value mlpInput; ///< [T, H]
  MlpKept mlp;
  llvm::SmallVector<Value *> fields();
};

// Norm.cpp. `residual`, when present, is added to the gradient of x.
Value normForward(TensorBuilder &t, const Dims &dims, Value x, Value weight,
                  NormKept &kept);
Value normBackward(TensorBuilder &t, const Dims &dims, Value gradient, Value x,
                   Value weight, NormKept &kept, Value residual,
                   Value &weightGradient);

// Rope.cpp. Both tables and the mask come from constants alone.
RopeTables ropeTables(TensorBuilder &t, const Dims &dims);
Value causalMask(TensorBuilder &t,
                 const Dims &dims); ///< [1, 1, S, S], 0 or lowest
Value ropeForward(TensorBuilder &t, Value x, const RopeTables &tables);
Value ropeBackward(TensorBuilder &t, Value gradient, const RopeTables &tables);

// Attention.cpp. `x` is [T, H]; the results are [T, H] and [B, S, H].
Value attentionForward(TensorBuilder &t, const Dims &dims, Value x,
                       const AttentionWeights &weights,
                       const RopeTables &tables, Value mask,
                       AttentionKept &kept);
Value attentionBackward(TensorBuilder &t, const Dims &dims, Value gradient,
                        Value x, const AttentionWeights &weights,
                        const RopeTables &tables, AttentionKept &kept,
                        AttentionWeights &gradients);

// Activation.cpp.
Value activationForward(TensorBuilder &t, Activation kind, MlpKept &kept);
Value activationBackward(TensorBuilder &t, Activation kind, Value gradient,
                         MlpKept &kept);

// Mlp.cpp. Shapes as attention's.
Value mlpForward(TensorBuilder &t, const Dims &dims, Value x,
                 const MlpWeights &weights, MlpKept &kept);
Value mlpBackward(TensorBuilder &t, const Dims &dims, Value gradient, Value x,
                  const MlpWeights &weights, MlpKept &kept,
                  MlpWeights &gradients);

// Block.cpp. x and the gradients of x are [B, S, H].
Value blockForward(TensorBuilder &t, const Dims &dims, Value x,
                   const BlockWeights &weights, const RopeTables &tables,
                   Value mask, BlockKept &kept);
Value blockBackward(TensorBuilder &t, const Dims &dims, Value gradient, Value x,
                    const BlockWeights &weights, const RopeTables &tables,
                    BlockKept &kept, BlockWeights &gradients);

// Head.cpp. The last norm and the head's linear; logits are [T, V] and, of the
// last position alone, [B, V].
struct HeadKept {
  NormKept norm;
  Value input; ///< [T, H] of the linear
  std::array<Value *, 3> fields() {
    return {&norm.scale, &norm.normalized, &input};
  }
};
Value headForward(TensorBuilder &t, const Dims &dims, Value x, Value norm,
                  Value head, HeadKept &kept);
Value headForwardLast(TensorBuilder &t, const Dims &dims, Value x, Value norm,
                      Value head);
Value headBackward(TensorBuilder &t, const Dims &dims, Value gradient, Value x,
                   Value norm, Value head, HeadKept &kept, Value &normGradient,
                   Value &headGradient);

// Embedding.cpp. ids [B, S] -> [B, S, H], and the table's gradient [V, H].
Value embeddingForward(TensorBuilder &t, const Dims &dims, Value ids,
                       Value table);
Value embeddingBackward(TensorBuilder &t, const Dims &dims, Value ids,
                        Value gradient);

// Loss.cpp. logits [T, V], labels [B, S] not yet shifted.
struct LossKept {
  Value logProbabilities; ///< [T, V]
  Value labels;           ///< [T] shifted
  Value kept;             ///< [T] i1: not -100
  Value count;            ///< [] how many are kept
  std::array<Value *, 4> fields() {
    return {&logProbabilities, &labels, &kept, &count};
  }
};
Value lossForward(TensorBuilder &t, const Dims &dims, Value logits,
                  Value labels, LossKept &kept);
Value lossBackward(TensorBuilder &t, const Dims &dims, LossKept &kept);

} // namespace waferflow::llama

#endif // WAFERFLOW_MODELS_LLAMA_BLOCKS_H
