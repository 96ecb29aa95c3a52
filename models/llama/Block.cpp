//===- Block.cpp - A decoder block: attention, MLP, two norms -------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/llama/Blocks.h"

using namespace mlir;
using namespace waferflow;
using namespace waferflow::llama;

SmallVector<Value *> BlockKept::fields() {
  SmallVector<Value *> all;
  llvm::append_range(all, inputNorm.fields());
  all.push_back(&attentionInput);
  llvm::append_range(all, attention.fields());
  all.push_back(&middle);
  llvm::append_range(all, outputNorm.fields());
  all.push_back(&mlpInput);
  llvm::append_range(all, mlp.fields());
  return all;
}

Value llama::blockForward(TensorBuilder &t, const Dims &dims, Value x,
                          const BlockWeights &weights, const RopeTables &tables,
                          Value mask, BlockKept &kept) {
  SmallVector<int64_t> flat = {dims.tokens(), dims.hidden()};
  Value input = normForward(t, dims, x, weights.inputNorm, kept.inputNorm);
  kept.attentionInput = t.collapse(input, flat);
  kept.middle =
      t.add(x, attentionForward(t, dims, kept.attentionInput, weights.attention,
                                tables, mask, kept.attention));
  Value second =
      normForward(t, dims, kept.middle, weights.outputNorm, kept.outputNorm);
  kept.mlpInput = t.collapse(second, flat);
  return t.add(kept.middle,
               mlpForward(t, dims, kept.mlpInput, weights.mlp, kept.mlp));
}

Value llama::blockBackward(TensorBuilder &t, const Dims &dims, Value gradient,
                           Value x, const BlockWeights &weights,
                           const RopeTables &tables, BlockKept &kept,
                           BlockWeights &gradients) {
  SmallVector<int64_t> flat = {dims.tokens(), dims.hidden()};
  Value second = mlpBackward(t, dims, t.collapse(gradient, flat), kept.mlpInput,
                             weights.mlp, kept.mlp, gradients.mlp);
  Value middle = normBackward(t, dims, second, kept.middle, weights.outputNorm,
                              kept.outputNorm, gradient, gradients.outputNorm);
  Value first = attentionBackward(t, dims, t.collapse(middle, flat),
                                  kept.attentionInput, weights.attention,
                                  tables, kept.attention, gradients.attention);
  return normBackward(t, dims, first, x, weights.inputNorm, kept.inputNorm,
                      middle, gradients.inputNorm);
}
