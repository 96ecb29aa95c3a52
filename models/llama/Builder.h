//===- Builder.h - LLaMA's training step as upstream MLIR ----- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_MODELS_LLAMA_BUILDER_H
#define WAFERFLOW_MODELS_LLAMA_BUILDER_H

#include "models/llama/LlamaConfig.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

namespace waferflow {

/// Where the gradients of pruned weights are wanted.
enum class GradientsAt { mask, dense };

/// Which positions' logits `@forward` returns.
enum class LogitsAt { last, all };

struct StepOptions {
  int64_t batch = 1; ///< sequences
  int64_t seq = 1;   ///< tokens a sequence
  /// True: `@train_step`, forward and backward. False: `@forward` (prefill).
  bool train = true;
  GradientsAt gradients = GradientsAt::mask; ///< of the decoder's linears
  LogitsAt logits = LogitsAt::last;          ///< of `@forward`
  /// What the loss is multiplied by before the backward pass, so that small
  /// gradients survive 16 bits: the loss is returned without it, the gradients
  /// with it.
  double lossScale = 1;
};

/// One module in f32 on static tensors: func, linalg, tensor, arith, math (and
/// cf.assert on token numbers). The public entry is
///
///     @train_step(weights..., ids, labels) -> (loss, gradients...)
///     @forward(weights..., ids) -> logits
///
/// with weights and gradients in the order and under the names of Hugging
/// Face's LlamaForCausalLM, as `flow.weight` and `flow.gradient` attributes;
/// ids and labels are tensor<BxSxi64>, labels are shifted inside and -100 is
/// ignored; the loss is the mean over the labels kept. Logits are tensor<BxV>
/// (last) or tensor<BxSxV> (all). The decoder's linears are `pruned`.
///
/// Each kind of block is one private function, called once a layer; `inline`
/// gives the flat form. The block's forward function returns what its backward
/// function needs: the graph recomputes nothing.
///
/// Loads the dialects that it needs. Null, with a diagnostic, for options that
/// the config does not allow (an empty batch, more than its positions).
mlir::OwningOpRef<mlir::ModuleOp> buildTrainStep(mlir::MLIRContext &context,
                                                 const LlamaConfig &config,
                                                 const StepOptions &options);

} // namespace waferflow

#endif // WAFERFLOW_MODELS_LLAMA_BUILDER_H
