//===- FabricTypes.td - Colors, queues, data-structure descriptors -*- tablegen -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_DIALECTS_FABRIC_FABRICTYPES
#define WAFERFLOW_DIALECTS_FABRIC_FABRICTYPES

include "dialects/fabric/FabricEnums.td"
include "mlir/IR/AttrTypeBase.td"

class Fabric_Type<string name, string typeMnemonic> : TypeDef<Fabric_Dialect, name> {
  let mnemonic = typeMnemonic;
}

def Fabric_ColorType : Fabric_Type<"Color", "color"> {
  let summary = "a virtual channel of the routers";
}

def Fabric_QueueType : Fabric_Type<"Queue", "queue"> {
  let summary = "an input or output queue of a core: `!fabric.queue<input>`";
  let parameters = (ins EnumParameter<Fabric_QueueKind>:$kind);
  let assemblyFormat = "`<` $kind `>`";
}

def Fabric_DsdType : Fabric_Type<"Dsd", "dsd"> {
  let summary = "a vector operand: where its elements come from or go to";
  let description = [{
    ```mlir
    !fabric.dsd<memory, f16>
    !fabric.dsd<fabin, f32>
    ```
  }];
  let parameters = (ins EnumParameter<Fabric_DsdKind>:$kind, "::mlir::Type":$element);
  let assemblyFormat = "`<` $kind `,` $element `>`";
  let genVerifyDecl = 1;
}

#endif // WAFERFLOW_DIALECTS_FABRIC_FABRICTYPES
