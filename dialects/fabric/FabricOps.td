//===- FabricOps.td - What all ops share -*- tablegen -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_DIALECTS_FABRIC_FABRICOPS
#define WAFERFLOW_DIALECTS_FABRIC_FABRICOPS

include "dialects/fabric/FabricAttrs.td"
include "dialects/fabric/FabricTypes.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/CommonAttrConstraints.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Fabric_Op<string mnemonic, list<Trait> traits = []> : Op<Fabric_Dialect, mnemonic, traits>;

/// An f16, bf16, f32, i16 or i32.
def Fabric_Element : AnyTypeOf<[F16, BF16, F32, I16, I32],
    "an f16, bf16, f32, i16 or i32">;

class Fabric_QueueOf<string kind, string summary> : Type<
    And<[CPred<"::llvm::isa<::waferflow::fabric::QueueType>($_self)">,
         CPred<"::llvm::cast<::waferflow::fabric::QueueType>($_self).getKind() == "
               "::waferflow::fabric::QueueKind::" # kind>]>, summary,
    "::waferflow::fabric::QueueType">;
def Fabric_InputQueue : Fabric_QueueOf<"Input", "an input queue">;
def Fabric_OutputQueue : Fabric_QueueOf<"Output", "an output queue">;

/// Within a task: however deep, in loops and branches.
def Fabric_InTask : NativeOpTrait<"InTask"> {
  let cppNamespace = "::waferflow::fabric";
}

/// What a program consists of, outside any code.
defvar inProgram = HasParent<"ProgramOp">;
/// What a core's code consists of, outside any task.
defvar inCode = HasParent<"CodeOp">;

#endif // WAFERFLOW_DIALECTS_FABRIC_FABRICOPS
