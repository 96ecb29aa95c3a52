//===- FabricProgramOps.td - Programs, code, buffers, colors, routes, edges -*- tablegen -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_DIALECTS_FABRIC_FABRICPROGRAMOPS
#define WAFERFLOW_DIALECTS_FABRIC_FABRICPROGRAMOPS

include "dialects/fabric/FabricOps.td"
include "dialects/flow/FlowAttrs.td"

def Fabric_ProgramOp : Fabric_Op<"program", [IsolatedFromAbove, SymbolTable, Symbol,
    SingleBlock, NoTerminator, NoRegionArguments]> {
  let summary = "what the fabric is told for one phase";
  let description = [{
    Colors, routes, edges and the code of selections of cores. Routes are set once, so
    a program is a phase: those of a module run one after the other and need not agree
    on colors. Once the module has a `flow.machine`, its limits are checked, and what
    ops say of all cores together.

    ```mlir
    fabric.program @relay {
      %c = fabric.color 0
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
  let hasRegionVerifier = 1;
}

def Fabric_ColorOp : Fabric_Op<"color", [inProgram, Pure,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "a virtual channel of the routers";
  let description = [{
    ```mlir
    %c = fabric.color 5
    ```
  }];
  let arguments = (ins ConfinedAttr<I64Attr, [IntNonNegative]>:$id);
  let results = (outs Fabric_ColorType:$result);
  let assemblyFormat = "custom<BareInt>($id) attr-dict";
}

def Fabric_RouteOp : Fabric_Op<"route", [inProgram]> {
  let summary = "how the routers of a selection pass a color on";
  let description = [{
    Each position takes the color from one link and gives it to one or several. The
    switch begins in position `initial`. A control wavelet that says `advance` moves
    it to the next position for the wavelets behind it: after the last it stays, or
    starts over with `ring`. Control wavelets pass a `fixed` route without moving it.

    ```mlir
    fabric.route %c on <x 1 to 3, y 0 to 1> [<west -> ramp, east>]
    fabric.route %d on <x 1 to 3, y 0 to 1> [<ramp -> east>, <west -> east>] initial 1 ring
    fabric.route %e on <x 1 to 3, y 0 to 1> [<ramp -> east>] fixed
    ```
  }];
  let arguments = (ins Fabric_ColorType:$color, Fabric_SelectAttr:$cores,
      TypedArrayAttrBase<Fabric_PositionAttr, "positions of a switch">:$positions,
      OptionalAttr<I64Attr>:$initial, UnitAttr:$ring, UnitAttr:$fixed);
  let assemblyFormat = [{
    $color `on` $cores custom<Positions>($positions) (`initial` custom<BareInt>($initial)^)?
    (`ring` $ring^)? (`fixed` $fixed^)? attr-dict
  }];
  let hasVerifier = 1;
}

def Fabric_ConnectOp : Fabric_Op<"connect", [inProgram]> {
  let summary = "a color that goes from each core of a selection to another core";
  let description = [{
    Every core sends it to the core `dx` columns east and `dy` rows south; the pass
    `route-connections` finds the way. `wavelets`, where known, says how many each
    sends: busy links are avoided.

    ```mlir
    fabric.connect %c on <x 11 to 12, y 0 to 8> by -11, 0
    fabric.connect %d on <x 0 to 4, y 0 to 1> by 4, 2 wavelets 128
    ```
  }];
  let arguments = (ins Fabric_ColorType:$color, Fabric_SelectAttr:$cores,
      I64Attr:$dx, I64Attr:$dy, OptionalAttr<ConfinedAttr<I64Attr, [IntPositive]>>:$wavelets);
  let assemblyFormat = [{
    $color `on` $cores `by` custom<BareInt>($dx) `,` custom<BareInt>($dy)
    (`wavelets` custom<BareInt>($wavelets)^)? attr-dict
  }];
  let hasVerifier = 1;
}

def Fabric_CodeOp : Fabric_Op<"code", [inProgram, SymbolTable, Symbol, SingleBlock,
    NoTerminator, NoRegionArguments]> {
  let summary = "the program of each core of a selection";
  let description = [{
    Queues, buffers and tasks: the same on every core of the selection, which differ
    by `fabric.coord` and `fabric.param`. A core has one code at most. Text and runtime
    take `code_bytes` of its SRAM, by default the machine's `pe.code_bytes`.

    ```mlir
    fabric.code @idle on <x 0 to 4, y 0 to 1> {
      %x = fabric.buffer : memref<16xf32, #fabric.sram>
    }
    fabric.code @small on <x 4 to 5, y 0 to 1> attributes {code_bytes = 4096 : i64} {
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Fabric_SelectAttr:$cores,
      OptionalAttr<ConfinedAttr<I64Attr, [IntNonNegative]>>:$code_bytes);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name `on` $cores attr-dict-with-keyword $body";
  let hasRegionVerifier = 1;
}

def Fabric_InjectOp : Fabric_Op<"inject", [inProgram]> {
  let summary = "a stream that enters at the fabric's edge";
  let description = [{
    Each core of the selection lies on that side of the fabric and has a lane of its
    own, on which the host's stream of that name arrives. A lane carries elements
    (two 16-bit ones a wavelet, or one), or `indexed` nonzeros: value and index in
    one wavelet with 16-bit types, index and then value in two with 32-bit ones. With
    `ends`, a control wavelet at the end of each row of the stream activates the
    control task of that id in the cores that it reaches. With `roles`, that id is for
    the column behind the row's owner, where the row's sum begins, the next one for
    columns on the way, and the one after it for the owner, with the row's slot there
    as data. `host` says which elements the stream carries.

    With `places` n, of the form `mask`, a wavelet's high half says where the result
    of its position goes: results of a row are neighbours in one of n vectors, each of
    the layout's slots and one behind the other; rows that have positions take the
    vectors in turn. The control wavelet behind them has their number as data.

    ```mlir
    fabric.inject %c north on <x 0 to 4, y 0 to 1> "x" : f32
    fabric.inject %w north on <x 0 to 4, y 0 to 1> "w" indexed ends 24 : f16
    fabric.inject %p north on <x 0 to 4, y 0 to 1> "w" ends 24 places 8
        host <tensor = "w", form = "mask", features = <order = @in>, rows = <order = @out>> : i32
    ```
  }];
  let arguments = (ins Fabric_ColorType:$color, Fabric_LinkAttr:$side,
      Fabric_SelectAttr:$cores, StrAttr:$stream, UnitAttr:$indexed,
      OptionalAttr<I64Attr>:$ends, UnitAttr:$roles, OptionalAttr<I64Attr>:$places,
      OptionalAttr<Fabric_HostAttr>:$host, TypeAttr:$element);
  let assemblyFormat = [{
    $color custom<BareEnum>($side) `on` $cores $stream (`indexed` $indexed^)?
    (`ends` custom<BareInt>($ends)^)? (`roles` $roles^)?
    (`places` custom<BareInt>($places)^)? (`host` $host^)?
    attr-dict `:` $element
  }];
  let hasVerifier = 1;
}

def Fabric_DrainOp : Fabric_Op<"drain", [inProgram]> {
  let summary = "a stream that leaves at the fabric's edge";
  let description = [{
    The host collects `extent` elements from each lane; the program is not complete
    before.

    ```mlir
    fabric.drain %c south on <x 0 to 4, y 9 to 10> "dw" extent 128 : f32
    ```
  }];
  let arguments = (ins Fabric_ColorType:$color, Fabric_LinkAttr:$side,
      Fabric_SelectAttr:$cores, StrAttr:$stream,
      ConfinedAttr<I64Attr, [IntPositive]>:$extent, OptionalAttr<Fabric_HostAttr>:$host,
      TypeAttr:$element);
  let assemblyFormat = [{
    $color custom<BareEnum>($side) `on` $cores $stream `extent` custom<BareInt>($extent)
    (`host` $host^)? attr-dict `:` $element
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// The host's side of a module: what goes in, what comes out, in order
//===----------------------------------------------------------------------===//

def Fabric_ArgumentOp : Fabric_Op<"argument", [HasParent<"::mlir::ModuleOp">]> {
  let summary = "a tensor that the host gives: an argument of the step";
  let description = [{
    ```mlir
    fabric.argument "input_ids" : tensor<4x16xi64>
    fabric.argument "lm_head.weight" weight <name = "lm_head.weight"> : tensor<256x64xf32>
    ```
  }];
  let arguments = (ins StrAttr:$name, OptionalAttr<Flow_WeightAttr>:$weight, TypeAttr:$type);
  let assemblyFormat = "$name (`weight` $weight^)? attr-dict `:` $type";
}

def Fabric_ResultOp : Fabric_Op<"result", [HasParent<"::mlir::ModuleOp">]> {
  let summary = "a tensor that the host gets: a result of the step";
  let description = [{
    ```mlir
    fabric.result "loss" : tensor<f32>
    fabric.result "d lm_head.weight" gradient <weight = "lm_head.weight", at = "dense"> : tensor<256x64xf32>
    ```
  }];
  let arguments = (ins StrAttr:$name, OptionalAttr<Flow_GradientAttr>:$gradient, TypeAttr:$type);
  let assemblyFormat = "$name (`gradient` $gradient^)? attr-dict `:` $type";
}

class Fabric_HostOp<string mnemonic> : Fabric_Op<mnemonic, [HasParent<"::mlir::ModuleOp">]> {
  let arguments = (ins Fabric_HostAttr:$host, Fabric_SelectAttr:$cores,
      ConfinedAttr<I64Attr, [IntNonNegative]>:$address, TypeAttr:$type);
  let assemblyFormat = [{
    $host `on` $cores `at` custom<BareInt>($address) attr-dict `:` $type
  }];
  let hasVerifier = 1;
}
def Fabric_WriteOp : Fabric_HostOp<"write"> {
  let summary = "the host fills a buffer of every core of a selection";
  let description = [{
    Between the programs before and behind it in the module.

    ```mlir
    fabric.write <tensor = "x", form = "activations", features = <order = @residual>>
        on <x 0 to 4, y 0 to 2> at 1024 : memref<6x8xf32, #fabric.sram>
    ```
  }];
}
def Fabric_ReadOp : Fabric_HostOp<"read"> {
  let summary = "the host reads a buffer of every core of a selection back";
  let description = [{
    ```mlir
    fabric.read <tensor = "loss", form = "scalar"> on <x 0 to 1, y 0 to 1> at 64 : memref<1xf32, #fabric.sram>
    ```
  }];
}

#endif // WAFERFLOW_DIALECTS_FABRIC_FABRICPROGRAMOPS
