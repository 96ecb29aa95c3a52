//===- FabricTaskOps.td - Queues, tasks and what scalar code says -*- tablegen -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_DIALECTS_FABRIC_FABRICTASKOPS
#define WAFERFLOW_DIALECTS_FABRIC_FABRICTASKOPS

include "dialects/fabric/FabricOps.td"

def Fabric_QueueOp : Fabric_Op<"queue", [inCode]> {
  let summary = "a queue of a core, bound to a color";
  let description = [{
    One color for all cores of the code, or several for selections of them (colors of
    a chain alternate between odd and even columns, code does not).

    ```mlir
    %in = fabric.queue input 2 of %c : !fabric.queue<input>
    %out = fabric.queue output 0 of %c, %d on [
        #fabric.select<x 0 to 4, y 0 to 1, affine_set<(x, y) : (x mod 2 == 0)>>,
        #fabric.select<x 0 to 4, y 0 to 1, affine_set<(x, y) : (x mod 2 - 1 == 0)>>]
        : !fabric.queue<output>
    ```
  }];
  let arguments = (ins Fabric_QueueKindAttr:$kind, ConfinedAttr<I64Attr, [IntNonNegative]>:$id,
      Variadic<Fabric_ColorType>:$colors,
      OptionalAttr<TypedArrayAttrBase<Fabric_SelectAttr, "selections">>:$cores);
  let results = (outs Fabric_QueueType:$result);
  let assemblyFormat = [{
    custom<BareEnum>($kind) custom<BareInt>($id) `of` $colors (`on` $cores^)? attr-dict
    `:` type($result)
  }];
  let hasVerifier = 1;
}

def Fabric_BufferOp : Fabric_Op<"buffer", [inCode, MemoryEffects<[MemAlloc]>]> {
  let summary = "SRAM of each core of a code";
  let description = [{
    A named buffer is filled before the program starts and read back after it by that
    name. Buffers lie behind each other, 4-byte aligned, unless an `address` in bytes
    says otherwise: so one program finds what another left. One integer of rank 0
    without name and address is a register that all tasks share, 0 at the beginning.

    ```mlir
    %x = fabric.buffer "x" : memref<16xf32, #fabric.sram>
    %sum = fabric.buffer : memref<2x8xf16, #fabric.sram>
    %y = fabric.buffer "y" at 1024 : memref<16xf32, #fabric.sram>
    %count = fabric.buffer : memref<i32, #fabric.sram>
    ```
  }];
  let arguments = (ins OptionalAttr<StrAttr>:$name,
      OptionalAttr<ConfinedAttr<I64Attr, [IntNonNegative]>>:$address);
  let results = (outs MemRefOf<[F16, BF16, F32, I16, I32]>:$result);
  let assemblyFormat = [{
    ($name^)? (`at` custom<BareInt>($address)^)? attr-dict `:` type($result)
  }];
  let extraClassDeclaration = [{
    int64_t getElements() { return getType().getNumElements(); }
    int64_t getBytes();
    bool isRegister() {
      return getType().getRank() == 0 && !getName() && !getAddress() &&
             getType().getElementType().isInteger();
    }
  }];
  let hasVerifier = 1;
}

def Fabric_TaskOp : Fabric_Op<"task", [inCode, Symbol, SingleBlock, NoTerminator]> {
  let summary = "code that runs when something activates it";
  let description = [{
    One task runs at a time, the first ready one in the order of the code. Scalar code
    is upstream's arith, math, scf and memref.

    - `data` runs when wavelets are at the head of its queue, and takes them as its
      arguments: a 32-bit one fills a wavelet, two 16-bit ones share a wavelet, the
      first in the low bits. Its id is its queue's.
    - `control` runs when a control wavelet that names its id is at the head of its
      queue; its argument is the wavelet's 16 bits.
    - `local` runs when an instruction or `fabric.activate` says so, or at the
      beginning (`start`).

    A `blocked` task waits for `fabric.unblock` as well. A `configured` task is
    triggered by hardware, not by software.

    ```mlir
    fabric.task @main local 8 start {
      fabric.activate @done
    }
    fabric.task @done local 9 blocked {
    }
    fabric.task @nonzero data %in configured (%value: f16, %index: i16) {
    }
    fabric.task @row_end control 24 %in (%data: i16) {
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Fabric_TaskKindAttr:$kind,
      OptionalAttr<I64Attr>:$id, Optional<Fabric_InputQueue>:$queue,
      UnitAttr:$start, UnitAttr:$blocked, UnitAttr:$configured);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    /// The id of a data task is its queue's.
    int64_t getTaskId();
    /// Where an argument lies: a wavelet, and its low bits, its high bits or all.
    struct Field {
      int64_t wavelet = 0;
      enum class Bits { All, Low, High } bits = Bits::All;
    };
    ::llvm::SmallVector<Field> getFields();
  }];
  let hasRegionVerifier = 1;
}

class Fabric_TaskStateOp<string mnemonic, string what> : Fabric_Op<mnemonic,
    [Fabric_InTask, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = what # " a task of this core";
  let arguments = (ins FlatSymbolRefAttr:$task);
  let assemblyFormat = "$task attr-dict";
}
def Fabric_ActivateOp : Fabric_TaskStateOp<"activate", "activates"> {
  let description = [{
    ```mlir
    fabric.activate @done
    ```
  }];
}
def Fabric_BlockOp : Fabric_TaskStateOp<"block", "blocks"> {
  let description = [{
    ```mlir
    fabric.block @done
    ```
  }];
}
def Fabric_UnblockOp : Fabric_TaskStateOp<"unblock", "unblocks"> {
  let description = [{
    ```mlir
    fabric.unblock @done
    ```
  }];
}

def Fabric_ControlOp : Fabric_Op<"control", [Fabric_InTask]> {
  let summary = "sends a control wavelet";
  let description = [{
    It moves the switches of the routers that it passes, for the wavelets behind it
    (`advance`, or `reset` to the initial position), and activates the control task of
    that id, with 16 bits of `data`, in the cores that it reaches.

    ```mlir
    fabric.control %out task 24 data 3 : !fabric.queue<output>
    fabric.control %out advance : !fabric.queue<output>
    ```
  }];
  let arguments = (ins Fabric_OutputQueue:$queue,
      DefaultValuedAttr<Fabric_SwitchAttr, "Switch::Keep">:$change,
      OptionalAttr<I64Attr>:$task, OptionalAttr<I64Attr>:$data);
  let assemblyFormat = [{
    $queue custom<SwitchChange>($change) (`task` custom<BareInt>($task)^)?
    (`data` custom<BareInt>($data)^)? attr-dict `:` type($queue)
  }];
  let hasVerifier = 1;
}

def Fabric_CoordOp : Fabric_Op<"coord", [Fabric_InTask, Pure]> {
  let summary = "a coordinate of the core that runs this";
  let description = [{
    ```mlir
    %x = fabric.coord x
    ```
  }];
  let arguments = (ins Fabric_AxisAttr:$axis);
  let results = (outs Index:$result);
  let assemblyFormat = "custom<BareEnum>($axis) attr-dict";
}

def Fabric_ParamOp : Fabric_Op<"param", [Fabric_InTask, Pure]> {
  let summary = "an integer that each core has a value of its own for";
  let description = [{
    ```mlir
    %n = fabric.param <map = affine_map<(x, y) -> (x mod 2)>>
    ```
  }];
  let arguments = (ins Fabric_PerCoreAttr:$value);
  let results = (outs Index:$result);
  let assemblyFormat = "$value attr-dict";
  let hasVerifier = 1;
}

#endif // WAFERFLOW_DIALECTS_FABRIC_FABRICTASKOPS
