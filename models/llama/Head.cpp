//===- Head.cpp - The last norm and the language-model head ---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/llama/Blocks.h"

using namespace mlir;
using namespace waferflow;
using namespace waferflow::llama;

Value llama::headForward(TensorBuilder &t, const Dims &dims, Value x,
                         Value norm, Value head, HeadKept &kept) {
  kept.input = t.collapse(normForward(t, dims, x, norm, kept.norm),
                          {dims.tokens(), dims.hidden()});
  return t.linear(kept.input, head);
}

Value llama::headForwardLast(TensorBuilder &t, const Dims &dims, Value x,
                             Value norm, Value head) {
  HeadKept kept;
  Dims last = dims;
  last.seq = 1;
  return headForward(t, last, t.slice(x, 1, dims.seq - 1, 1), norm, head, kept);
}

Value llama::headBackward(TensorBuilder &t, const Dims &dims, Value gradient,
                          Value x, Value norm, Value head, HeadKept &kept,
                          Value &normGradient, Value &headGradient) {
  headGradient = t.matmul(t.transpose(gradient, {1, 0}), kept.input);
  Value input =
      t.expand(t.matmul(gradient, head), {dims.batch, dims.seq, dims.hidden()});
  return normBackward(t, dims, input, x, norm, kept.norm, Value(),
                      normGradient);
}
