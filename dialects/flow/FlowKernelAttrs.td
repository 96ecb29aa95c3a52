//===- FlowKernelAttrs.td - Layout, mapping, placement -*- tablegen -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_DIALECTS_FLOW_FLOWKERNELATTRS
#define WAFERFLOW_DIALECTS_FLOW_FLOWKERNELATTRS

include "dialects/flow/FlowAttrs.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"

def Flow_MappingAttr : Flow_Attr<"Mapping", "mapping"> {
  let summary = "how a kernel uses its rectangle: chosen by `choose-mapping`";
  let description = [{
    `go` output groups of columns, `contiguous` or `interleaved`; `buffers`
    partial sums a core, or travelling vectors of an sddmm; `broadcast` says whose vectors an sddmm sends
    along x (`input` or `output`); `key_block` is an attention's keys whose
    scores are resident at once. A kernel of the head runs once for each of
    `chunks` pieces of the vocabulary, so that logits are never whole.

    ```mlir
    #flow.mapping<go = 4, form = "interleaved", buffers = 8>
    #flow.mapping<broadcast = "input">
    ```
  }];
  let parameters = (ins DefaultValuedParameter<"int64_t", "1">:$go,
      StringRefParameter<"", "\"contiguous\"">:$form,
      DefaultValuedParameter<"int64_t", "8">:$buffers,
      StringRefParameter<"", "\"output\"">:$broadcast,
      DefaultValuedParameter<"int64_t", "0">:$key_block,
      DefaultValuedParameter<"int64_t", "1">:$chunks);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Flow_RegionAttr : Flow_Attr<"Region", "region"> {
  let summary = "a rectangle of cores: set by `place`";
  let description = [{
    ```mlir
    #flow.region<x = 0, y = 0, width = 755, height = 994>
    ```
  }];
  let parameters = (ins "int64_t":$x, "int64_t":$y, "int64_t":$width, "int64_t":$height);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Flow_LayoutAttr : Flow_Attr<"Layout", "layout"> {
  let summary = "how an activation's features lie over x";
  let description = [{
    `order` names a `flow.order` of the module. With `go` > 1 each of `go` output
    groups of columns holds all features (replicas), in the groups' `form`.

    ```mlir
    #flow.layout<order = @residual>
    #flow.layout<order = @residual, go = 4, form = "interleaved">
    ```
  }];
  let parameters = (ins "::mlir::FlatSymbolRefAttr":$order,
      DefaultValuedParameter<"int64_t", "1">:$go,
      StringRefParameter<"", "\"contiguous\"">:$form);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Flow_StepAttr : Flow_Attr<"Step", "step"> {
  let summary = "what the entry function computes, and the step's own choices";
  let description = [{
    `tokens` of a step in sequences of `seq`; the storage `type` of activations
    and streamed weights, and whether partial sums accumulate in `storage` or
    `f32`. `gt` token groups and `keep_every` (k: every k-th block input is kept)
    are 0 until a pass chooses them.

    ```mlir
    func.func @train_step(...) attributes {
        flow.step = #flow.step<tokens = 131072, seq = 2048, type = f16, gt = 2>}
    ```
  }];
  let parameters = (ins "int64_t":$tokens, "int64_t":$seq, "::mlir::Type":$type,
      StringRefParameter<"", "\"storage\"">:$accumulate,
      DefaultValuedParameter<"int64_t", "0">:$gt,
      DefaultValuedParameter<"int64_t", "0">:$keep_every);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

#endif // WAFERFLOW_DIALECTS_FLOW_FLOWKERNELATTRS
