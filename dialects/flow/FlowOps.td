//===- FlowOps.td - Kernels on rectangles of cores -*- tablegen -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_DIALECTS_FLOW_FLOWOPS
#define WAFERFLOW_DIALECTS_FLOW_FLOWOPS

include "dialects/flow/FlowEnums.td"
include "dialects/flow/FlowInterfaces.td"
include "dialects/flow/FlowKernelAttrs.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

/// What every kernel carries: optional until a pass fills it.
defvar kernelAttributes = (ins OptionalAttr<I64Attr>:$layer,
    OptionalAttr<Flow_PhaseAttr>:$phase,
    OptionalAttr<Flow_SectionAttr>:$section,
    OptionalAttr<StrAttr>:$label,
    OptionalAttr<Flow_MappingAttr>:$mapping,
    OptionalAttr<Flow_RegionAttr>:$placement,
    OptionalAttr<Flow_LayoutAttr>:$in_layout,
    OptionalAttr<Flow_LayoutAttr>:$out_layout);

class Flow_KernelOp<string mnemonic, list<Trait> traits = []>
    : Op<Flow_Dialect, mnemonic, !listconcat(traits, [Pure, Flow_FlowKernel,
          DeclareOpInterfaceMethods<SymbolUserOpInterface>])>;

/// A kernel whose work is a body of upstream ops (linalg, tensor, arith, math)
/// on its block arguments, one an input, closed by `flow.yield`.
class Flow_RegionKernelOp<string mnemonic, list<Trait> traits = []>
    : Flow_KernelOp<mnemonic, !listconcat(traits, [IsolatedFromAbove,
          SingleBlockImplicitTerminator<"YieldOp">])> {
  let results = (outs Variadic<AnyRankedTensor>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let hasRegionVerifier = 1;
}

def Flow_SpmmOp : Flow_KernelOp<"spmm"> {
  let summary = "a streamed weight times resident activations";
  let description = [{
    `y[t, r] = sum_i w[r, i] x[t, i]` with the weight argument `w` itself, [out, in];
    `transposed` (dX): `y[t, i] = sum_r w[r, i] x[t, r]`. One AXPY a nonzero, partial
    sums reduced across x.

    ```mlir
    %y = flow.spmm %x, %w : (tensor<16x64xf32>, tensor<172x64xf32>) -> tensor<16x172xf32>
    %dx = flow.spmm %dy, %w transposed : (tensor<16x172xf32>, tensor<172x64xf32>) -> tensor<16x64xf32>
    ```
  }];
  let arguments = !con((ins 2DTensorOf<[AnyFloat]>:$x, 2DTensorOf<[AnyFloat]>:$weight,
      UnitAttr:$transposed), kernelAttributes);
  let results = (outs 2DTensorOf<[AnyFloat]>:$result);
  let assemblyFormat = [{
    $x `,` $weight (`transposed` $transposed^)? attr-dict `:` functional-type(operands, results)
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$x, "::mlir::Value":$weight,
      CArg<"bool", "false">:$transposed)>];
  let hasVerifier = 1;
}

def Flow_SddmmOp : Flow_KernelOp<"sddmm"> {
  let summary = "a weight's gradient, sampled at its mask or dense";
  let description = [{
    `dW[o, i] = sum_t dy[t, o] x[t, i]`, wanted `at` the mask's positions or at all
    (`dense`), for the weight called `weight`. Dots in each core, chained down y.
    The values of positions outside the mask are unspecified for `at = "mask"`:
    on the CPU they are the dense gradient.

    ```mlir
    %dw = flow.sddmm %dy, %x at "mask" {weight = "w"}
        : (tensor<16x172xf32>, tensor<16x64xf32>) -> tensor<172x64xf32>
    ```
  }];
  let arguments = !con((ins 2DTensorOf<[AnyFloat]>:$dy, 2DTensorOf<[AnyFloat]>:$x,
      StrAttr:$at, OptionalAttr<StrAttr>:$weight), kernelAttributes);
  let results = (outs 2DTensorOf<[AnyFloat]>:$result);
  let assemblyFormat = [{
    $dy `,` $x `at` $at attr-dict `:` functional-type(operands, results)
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$dy, "::mlir::Value":$x,
      "::llvm::StringRef":$at, "::mlir::StringAttr":$weight)>];
  let hasVerifier = 1;
}

def Flow_MapOp : Flow_RegionKernelOp<"map"> {
  let summary = "element-wise work, no communication between cores";
  let description = [{
    ```mlir
    %z = flow.map(%x, %y) : (tensor<16x64xf32>, tensor<16x64xf32>) -> tensor<16x64xf32> {
    ^bb0(%a: tensor<16x64xf32>, %b: tensor<16x64xf32>):
      %e = tensor.empty() : tensor<16x64xf32>
      %s = linalg.add ins(%a, %b : tensor<16x64xf32>, tensor<16x64xf32>)
          outs(%e : tensor<16x64xf32>) -> tensor<16x64xf32>
      flow.yield %s : tensor<16x64xf32>
    }
    ```
  }];
  let arguments = !con((ins Variadic<AnyRankedTensor>:$inputs), kernelAttributes);
  let assemblyFormat = [{
    `(` $inputs `)` attr-dict `:` functional-type($inputs, results) $body
  }];
}

def Flow_ReduceOp : Flow_RegionKernelOp<"reduce"> {
  let summary = "element-wise work, then a reduction over features, tokens or both";
  let description = [{
    `axis` is `x` (features), `y` (tokens) or `xy`. A result over x is broadcast back
    to the columns that took part.

    ```mlir
    %m = flow.reduce(%x) axis x : (tensor<16x64xf32>) -> tensor<16x1xf32> {
    ^bb0(%a: tensor<16x64xf32>):
      %zero = arith.constant 0.0 : f32
      %e = tensor.empty() : tensor<16xf32>
      %f = linalg.fill ins(%zero : f32) outs(%e : tensor<16xf32>) -> tensor<16xf32>
      %r = linalg.reduce ins(%a : tensor<16x64xf32>) outs(%f : tensor<16xf32>) dimensions = [1]
        (%in: f32, %out: f32) {
          %s = arith.addf %in, %out : f32
          linalg.yield %s : f32
        }
      %c = tensor.expand_shape %r [[0, 1]] output_shape [16, 1] : tensor<16xf32> into tensor<16x1xf32>
      flow.yield %c : tensor<16x1xf32>
    }
    ```
  }];
  let arguments = !con((ins Variadic<AnyRankedTensor>:$inputs, Flow_AxisAttr:$axis),
      kernelAttributes);
  let assemblyFormat = [{
    `(` $inputs `)` `axis` custom<BareEnum>($axis) attr-dict `:`
    functional-type($inputs, results) $body
  }];
}

def Flow_AttentionOp : Flow_RegionKernelOp<"attention"> {
  let summary = "attention over a sequence, or its gradient";
  let description = [{
    Forward is two matmuls (Q K^T, P V), backward five: scores are recomputed from Q
    and K, since the tensor of scores never leaves a kernel. Inputs and outputs are
    [tokens, heads * head_dim] or [tokens, kv_heads * head_dim]; `tokens = batch * seq`.
    Where `causal`, a query sees the keys up to its own position and the masked half
    of the multiply-adds does not run.

    ```mlir
    %o = flow.attention(%q, %k, %v) forward causal heads 4 kv 2 dim 16 batch 1 seq 16
        : (tensor<16x64xf32>, tensor<16x32xf32>, tensor<16x32xf32>) -> tensor<16x64xf32> {...}
    ```
  }];
  let arguments = !con((ins Variadic<AnyRankedTensor>:$inputs, Flow_DirectionAttr:$direction,
      UnitAttr:$causal, I64Attr:$heads, I64Attr:$kv_heads, I64Attr:$head_dim,
      I64Attr:$batch, I64Attr:$seq), kernelAttributes);
  let assemblyFormat = [{
    `(` $inputs `)` custom<BareEnum>($direction) (`causal` $causal^)?
    `heads` custom<BareInt>($heads) `kv` custom<BareInt>($kv_heads)
    `dim` custom<BareInt>($head_dim) `batch` custom<BareInt>($batch)
    `seq` custom<BareInt>($seq) attr-dict `:` functional-type($inputs, results) $body
  }];
  let extraClassDeclaration = [{
    /// Matmuls of [seq, head_dim] by [seq, seq] a head: 2 forward, 5 backward.
    int64_t getMatmuls() { return getDirection() == Direction::Forward ? 2 : 5; }
    /// Query-key pairs of one head and sequence that run.
    int64_t getPairs() {
      int64_t s = getSeq();
      return getCausal() ? s * (s + 1) / 2 : s * s;
    }
    /// Multiply-adds that run, over all heads and sequences.
    int64_t getMultiplyAdds() {
      return getMatmuls() * getPairs() * getHeadDim() * getHeads() * getBatch();
    }
  }];
  let hasVerifier = 1;
}

def Flow_GatherOp : Flow_RegionKernelOp<"gather"> {
  let summary = "embedding rows, or the gradient of their table";
  let description = [{
    Forward takes the table and the tokens' ids; backward the ids and the gradient of
    the rows, and yields the gradient of the whole table called `weight`. The body of
    the backward form is a product with a one-hot matrix; the machine chains rows down
    y instead, so no multiply-adds are counted.

    ```mlir
    %x = flow.gather(%table, %ids) forward
        : (tensor<256x64xf32>, tensor<1x16xi64>) -> tensor<16x64xf32> {...}
    ```
  }];
  let arguments = !con((ins Variadic<AnyRankedTensor>:$inputs, Flow_DirectionAttr:$direction,
      OptionalAttr<StrAttr>:$weight), kernelAttributes);
  let assemblyFormat = [{
    `(` $inputs `)` custom<BareEnum>($direction) attr-dict `:`
    functional-type($inputs, results) $body
  }];
  let hasVerifier = 1;
}

def Flow_RelayoutOp : Flow_KernelOp<"relayout", [SameOperandsAndResultType]> {
  let summary = "moves an activation from one layout to another";
  let description = [{
    The identity on values; a cost wherever a producer's layout differs from a
    consumer's.

    ```mlir
    %u = flow.relayout %t from <order = @residual> to <order = @residual, go = 4>
        : tensor<16x64xf32>
    ```
  }];
  let arguments = !con((ins AnyRankedTensor:$input, Flow_LayoutAttr:$from, Flow_LayoutAttr:$to),
      kernelAttributes);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input `from` $from `to` $to attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Flow_YieldOp : Op<Flow_Dialect, "yield", [Pure, Terminator, ReturnLike,
    ParentOneOf<["MapOp", "ReduceOp", "AttentionOp", "GatherOp"]>]> {
  let summary = "the results of a kernel's body";
  let arguments = (ins Variadic<AnyRankedTensor>:$values);
  let builders = [OpBuilder<(ins), [{ /* nothing to yield */ }]>];
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

def Flow_OrderOp : Op<Flow_Dialect, "order", [Symbol]> {
  let summary = "the order of an activation's features: feature -> (column, slot)";
  let description = [{
    `blocked`: neighbouring features share a column. `heads`: heads of `head_dim`
    own whole columns and rotary pairs share one. `table`: column and slot of every
    feature are given, the slots of a column being 0, 1, ...; with `head_dim` rotary
    pairs (dims i and i + head_dim / 2) have neighbouring slots of one column.
    `part` (of blocked): only features first to last - 1 lie in columns at all, as if
    there were no others; they keep their numbers.

    ```mlir
    flow.order @residual features 64 columns 16 blocked
    flow.order @query features 64 columns 16 heads {head_dim = 16 : i64}
    flow.order @given features 3 columns 2 table {
        column = array<i32: 0, 1, 0>, slot = array<i32: 0, 0, 1>}
    flow.order @dealt features 4 columns 2 table {head_dim = 4 : i64,
        column = array<i32: 1, 0, 1, 0>, slot = array<i32: 0, 0, 1, 1>}
    flow.order @second_half features 256 columns 12 blocked {part = array<i64: 128, 256>}
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$features, I64Attr:$columns,
      Flow_OrderFormAttr:$form, OptionalAttr<I64Attr>:$head_dim,
      OptionalAttr<DenseI32ArrayAttr>:$column, OptionalAttr<DenseI32ArrayAttr>:$slot,
      OptionalAttr<DenseI64ArrayAttr>:$part);
  let assemblyFormat = [{
    $sym_name `features` custom<BareInt>($features) `columns` custom<BareInt>($columns)
    custom<BareEnum>($form) attr-dict
  }];
  let hasVerifier = 1;
}

#endif // WAFERFLOW_DIALECTS_FLOW_FLOWOPS
