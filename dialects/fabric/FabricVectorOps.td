//===- FabricVectorOps.td - Vector instructions and their operands -*- tablegen -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_DIALECTS_FABRIC_FABRICVECTOROPS
#define WAFERFLOW_DIALECTS_FABRIC_FABRICVECTOROPS

include "dialects/fabric/FabricOps.td"

/// `memory`, `fabin` or `fabout` elements.
def Fabric_Operand : AnyTypeOf<[Fabric_DsdType, Fabric_Element],
    "a data-structure descriptor or a scalar">;

def Fabric_VectorInstruction : OpInterface<"VectorInstruction"> {
  let cppNamespace = "::waferflow::fabric";
  let description = [{
    Operand 0 is the destination, the others are sources. On a microthread the task
    goes on at once; else it waits for the last element. Then a task is activated,
    unblocked or blocked.
  }];
  let methods = [
    InterfaceMethod<"", "::std::optional<uint64_t>", "getThread">,
    InterfaceMethod<"", "::std::optional<::llvm::StringRef>", "getActivate">,
    InterfaceMethod<"", "::std::optional<::llvm::StringRef>", "getUnblock">,
    InterfaceMethod<"", "::std::optional<::llvm::StringRef>", "getBlock">,
    InterfaceMethod<"", "bool", "getConfigured">,
    InterfaceMethod<"", "bool", "getUntilControl">
  ];
  let verify = [{ return ::waferflow::fabric::detail::verifyVector($_op); }];
}

def Fabric_DsdOp : Fabric_Op<"dsd", [Fabric_InTask, Pure, AttrSizedOperandSegments]> {
  let summary = "elements of a buffer: offset, extent and stride";
  let description = [{
    Offset and stride count elements of the buffer in row-major order. With stride 0
    every element is the one at the offset. In two dimensions it goes on, behind every
    `rows` elements, so many elements behind where those began.

    ```mlir
    %a = fabric.dsd %x[0] [16] [1] : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
    %b = fabric.dsd %x[%i] [%n] [2] : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
    %c = fabric.dsd %x[0] [6] [1] rows 3 by 8 : memref<16xf32, #fabric.sram> -> !fabric.dsd<memory, f32>
    ```
  }];
  let arguments = (ins AnyMemRef:$buffer, Variadic<Index>:$offset, Variadic<Index>:$extent,
      DenseI64ArrayAttr:$static_offset, DenseI64ArrayAttr:$static_extent, I64Attr:$stride,
      OptionalAttr<I64Attr>:$row, OptionalAttr<I64Attr>:$row_stride);
  let results = (outs Fabric_DsdType:$result);
  let assemblyFormat = [{
    $buffer `` custom<DynamicIndexList>($offset, $static_offset)
    custom<DynamicIndexList>($extent, $static_extent) ` ` `[` custom<BareInt>($stride) `]`
    (`rows` custom<BareInt>($row)^ `by` custom<BareInt>($row_stride))? attr-dict `:` type($buffer) `->` type($result)
  }];
  let hasVerifier = 1;
}

class Fabric_FabricDsdOp<string mnemonic, Type queue> : Fabric_Op<mnemonic,
    [Fabric_InTask, Pure]> {
  let arguments = (ins queue:$queue, Variadic<Index>:$extent, DenseI64ArrayAttr:$static_extent);
  let results = (outs Fabric_DsdType:$result);
  let assemblyFormat = [{
    $queue custom<DynamicIndexList>($extent, $static_extent) attr-dict
    `:` type($queue) `->` type($result)
  }];
  let hasVerifier = 1;
}
def Fabric_FabinOp : Fabric_FabricDsdOp<"fabin", Fabric_InputQueue> {
  let summary = "elements that arrive in a queue";
  let description = [{
    ```mlir
    %d = fabric.fabin %in [16] : !fabric.queue<input> -> !fabric.dsd<fabin, f32>
    ```
  }];
}
def Fabric_FaboutOp : Fabric_FabricDsdOp<"fabout", Fabric_OutputQueue> {
  let summary = "elements that leave through a queue";
  let description = [{
    With `advance`, the instruction that writes it sends a control wavelet behind its
    last element, which moves the switches of so many routers on: the first ones of
    those that listen on each way, the own one included.

    ```mlir
    %d = fabric.fabout %out [%n] : !fabric.queue<output> -> !fabric.dsd<fabout, f32>
    %e = fabric.fabout %out [16] advance 2 : !fabric.queue<output> -> !fabric.dsd<fabout, f32>
    ```
  }];
  let arguments = (ins Fabric_OutputQueue:$queue, Variadic<Index>:$extent,
      DenseI64ArrayAttr:$static_extent, OptionalAttr<I64Attr>:$advance);
  let assemblyFormat = [{
    $queue custom<DynamicIndexList>($extent, $static_extent)
    (`advance` custom<BareInt>($advance)^)? attr-dict `:` type($queue) `->` type($result)
  }];
}

defvar completion = (ins OptionalAttr<I64Attr>:$thread, OptionalAttr<FlatSymbolRefAttr>:$activate,
    OptionalAttr<FlatSymbolRefAttr>:$unblock, OptionalAttr<FlatSymbolRefAttr>:$block,
    UnitAttr:$configured, UnitAttr:$until_control);
defvar completionFormat = [{ (`thread` custom<BareInt>($thread)^)? (`activate` $activate^)?
    (`unblock` $unblock^)? (`block` $block^)? (`configured` $configured^)?
    (`until_control` $until_control^)? attr-dict `:` type($dst) `,` type($a)}];

class Fabric_VectorOp<string mnemonic, string what, string example> : Fabric_Op<mnemonic,
    [Fabric_InTask, Fabric_VectorInstruction, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = what;
  let description = !strconcat("```mlir\n", example, "\n```");
}
class Fabric_UnaryOp<string mnemonic, string what, string example>
    : Fabric_VectorOp<mnemonic, what, example> {
  let arguments = !con((ins Fabric_DsdType:$dst, Fabric_Operand:$a), completion);
  let assemblyFormat = !strconcat("$dst `,` $a ", completionFormat);
}
class Fabric_BinaryOp<string mnemonic, string what, string example>
    : Fabric_VectorOp<mnemonic, what, example> {
  let arguments = !con((ins Fabric_DsdType:$dst, Fabric_Operand:$a, Fabric_Operand:$b), completion);
  let assemblyFormat = !strconcat("$dst `,` $a `,` $b ", completionFormat, " `,` type($b)");
}

defvar mem = "!fabric.dsd<memory, f32>";
def Fabric_MovOp : Fabric_UnaryOp<"mov", "dst = a: a copy, a fill, a send or a receive",
    !strconcat("fabric.mov %to, %x thread 3 activate @done : !fabric.dsd<fabout, f32>, ", mem)>;
def Fabric_ExpOp : Fabric_UnaryOp<"exp", "dst = e^a",
    !strconcat("fabric.exp %y, %x : ", mem, ", ", mem)>;
def Fabric_LogOp : Fabric_UnaryOp<"log", "dst = ln(a)",
    !strconcat("fabric.log %y, %x : ", mem, ", ", mem)>;
def Fabric_RsqrtOp : Fabric_UnaryOp<"rsqrt", "dst = 1 / sqrt(a)",
    !strconcat("fabric.rsqrt %y, %x : ", mem, ", ", mem)>;
def Fabric_ReciprocalOp : Fabric_UnaryOp<"reciprocal", "dst = 1 / a",
    !strconcat("fabric.reciprocal %y, %x : ", mem, ", ", mem)>;
def Fabric_AddOp : Fabric_BinaryOp<"add", "dst = a + b",
    !strconcat("fabric.add %to, %from, %x thread 0 : !fabric.dsd<fabout, f32>, !fabric.dsd<fabin, f32>, ", mem)>;
def Fabric_SubOp : Fabric_BinaryOp<"sub", "dst = a - b",
    !strconcat("fabric.sub %y, %x, %y : ", mem, ", ", mem, ", ", mem)>;
def Fabric_MulOp : Fabric_BinaryOp<"mul", "dst = a b",
    !strconcat("fabric.mul %y, %x, %w : ", mem, ", ", mem, ", f32")>;
def Fabric_MaxOp : Fabric_BinaryOp<"max", "dst = max(a, b)",
    !strconcat("fabric.max %y, %x, %w : ", mem, ", ", mem, ", f32")>;
def Fabric_MinOp : Fabric_BinaryOp<"min", "dst = min(a, b)",
    !strconcat("fabric.min %y, %x, %w : ", mem, ", ", mem, ", f32")>;
def Fabric_FmacOp : Fabric_BinaryOp<"fmac", "dst += a b: an AXPY where one is a scalar",
    !strconcat("fabric.fmac %y, %w, %x : ", mem, ", f32, ", mem)>;
def Fabric_SelectOp : Fabric_VectorOp<"select", "dst = a != 0 ? b : c",
    !strconcat("fabric.select %y, %m, %x, %w : ", mem, ", !fabric.dsd<memory, i16>, ", mem, ", f32")> {
  let arguments = !con((ins Fabric_DsdType:$dst, Fabric_Operand:$a, Fabric_Operand:$b,
      Fabric_Operand:$c), completion);
  let assemblyFormat = !strconcat("$dst `,` $a `,` $b `,` $c ", completionFormat,
      " `,` type($b) `,` type($c)");
}
def Fabric_DotOp : Fabric_BinaryOp<"dot", "dst += sum of a b, dst being one element",
    !strconcat("fabric.dot %s, %x, %y : ", mem, ", ", mem, ", ", mem)>;
def Fabric_SumOp : Fabric_UnaryOp<"sum", "dst += sum of a, dst being one element",
    !strconcat("fabric.sum %s, %x : ", mem, ", ", mem)>;
def Fabric_MaxOfOp : Fabric_UnaryOp<"max_of", "dst = max(dst, a), dst being one element",
    !strconcat("fabric.max_of %s, %x : ", mem, ", ", mem)>;

#endif // WAFERFLOW_DIALECTS_FABRIC_FABRICVECTOROPS
