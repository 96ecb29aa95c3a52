//===- FlowAttrs.td - Weights, masks, gradients ------------*- tablegen -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_DIALECTS_FLOW_FLOWATTRS
#define WAFERFLOW_DIALECTS_FLOW_FLOWATTRS

include "dialects/flow/FlowDialect.td"
include "mlir/IR/AttrTypeBase.td"

class Flow_Attr<string name, string attrMnemonic> : AttrDef<Flow_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def Flow_MaskAttr : Flow_Attr<"Mask", "mask"> {
  let summary = "which weights of a matrix are nonzero: a source, not the bits";
  let description = [{
    `kind` is one of `uniform` (seeded, independent per element), `magnitude`
    (exact count a matrix, ties to the lower index), `nm` (N of M along the
    input features) and `checkpoint` (the zeros found there).
    `sparsity` is the fraction of zeros of the first two, `n` and `m` of the
    third, `seed` of the first; what a kind does not use is left out.

    ```mlir
    #flow.mask<"uniform", sparsity = 5.000000e-01 : f64, seed = 1>
    #flow.mask<"nm", n = 2, m = 4>
    ```
  }];
  let parameters = (ins StringRefParameter<"kind">:$kind,
      OptionalParameter<"::mlir::FloatAttr">:$sparsity,
      DefaultValuedParameter<"int64_t", "0">:$n,
      DefaultValuedParameter<"int64_t", "0">:$m,
      DefaultValuedParameter<"int64_t", "0">:$seed);
  let assemblyFormat = "`<` $kind (`,` struct($sparsity, $n, $m, $seed)^)? `>`";
  let genVerifyDecl = 1;
}

def Flow_SourceAttr : Flow_Attr<"Source", "source"> {
  let summary = "where a weight's values come from: a tensor of a file";
  let description = [{
    ```mlir
    #flow.source<file = "model.safetensors", tensor = "lm_head.weight", hash = "…">
    ```
  }];
  let parameters = (ins StringRefParameter<"file">:$file,
      StringRefParameter<"tensor">:$tensor, StringRefParameter<"hash">:$hash);
  let assemblyFormat = "`<` struct(params) `>`";
}

def Flow_WeightAttr : Flow_Attr<"Weight", "weight"> {
  let summary = "marks an argument of the entry function as a weight";
  let description = [{
    `density` is the counted fraction of nonzeros under `mask`, where it is known.

    ```mlir
    func.func @train_step(%w: tensor<64x64xf32>
        {flow.weight = #flow.weight<name = "model.layers.0.self_attn.q_proj.weight",
                                    pruned = true>}, ...)
    ```
  }];
  let parameters = (ins StringRefParameter<"name">:$name,
      DefaultValuedParameter<"bool", "false">:$pruned,
      OptionalParameter<"::waferflow::flow::MaskAttr">:$mask,
      OptionalParameter<"::mlir::FloatAttr">:$density,
      OptionalParameter<"::waferflow::flow::SourceAttr">:$source);
  let assemblyFormat = "`<` struct(params) `>`";
}

def Flow_CountsAttr : Flow_Attr<"Counts", "counts"> {
  let summary = "nonzeros of a weight's mask, by input and by output feature";
  let description = [{
    An argument attribute beside `flow.weight`, for masks that are no uniform
    chance: `choose-mapping` deals features to columns by it, and removes it.

    ```mlir
    %w: tensor<2x3xf32> {flow.counts = #flow.counts<
        columns = [2, 0, 1], rows = [1, 2]>, flow.weight = ...}
    ```
  }];
  let parameters = (ins "::mlir::DenseI32ArrayAttr":$columns,
      "::mlir::DenseI32ArrayAttr":$rows);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Flow_GradientAttr : Flow_Attr<"Gradient", "gradient"> {
  let summary = "marks a result of the entry function as a weight's gradient";
  let description = [{
    `at` is `mask` where only the gradients of nonzero weights are wanted, or
    `dense`.

    ```mlir
    -> (tensor<64x64xf32> {flow.gradient = #flow.gradient<weight = "lm_head.weight", at = "dense">})
    ```
  }];
  let parameters = (ins StringRefParameter<"weight">:$weight, StringRefParameter<"at">:$at);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

#endif // WAFERFLOW_DIALECTS_FLOW_FLOWATTRS
