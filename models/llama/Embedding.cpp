//===- Embedding.cpp - Embedding rows and their gradient ------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/llama/Blocks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace waferflow;
using namespace waferflow::llama;

Value llama::embeddingForward(TensorBuilder &t, const Dims &dims, Value ids,
                              Value table) {
  return t.gather({dims.batch, dims.seq, dims.hidden()}, ids, table, 0, 2);
}

// one-hot(ids)^T dX, the form in which a scatter-add stays a contraction.
Value llama::embeddingBackward(TensorBuilder &t, const Dims &dims, Value ids,
                               Value gradient) {
  int64_t vocabulary = dims.config.vocabularySize;
  Value words = t.expand(t.indices(vocabulary), {vocabulary, 1});
  Value tokens = t.expand(t.collapse(ids, {dims.tokens()}), {1, dims.tokens()});
  SmallVector<int64_t> shape = {vocabulary, dims.tokens()};
  Value equal = t.map(shape, t.b.getI1Type(), {words, tokens},
                      [&](ValueRange in) -> Value {
                        return arith::CmpIOp::create(
                            t.b, t.loc, arith::CmpIPredicate::eq, in[0], in[1]);
                      });
  Value oneHot = t.map(shape, t.f32(), equal, [&](ValueRange in) -> Value {
    return arith::UIToFPOp::create(t.b, t.loc, t.f32(), in[0]);
  });
  return t.matmul(oneHot, t.collapse(gradient, {dims.tokens(), dims.hidden()}));
}
