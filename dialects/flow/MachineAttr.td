//===- MachineAttr.td - The machine in the module ----------*- tablegen -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_DIALECTS_FLOW_MACHINEATTR
#define WAFERFLOW_DIALECTS_FLOW_MACHINEATTR

include "dialects/flow/FlowAttrs.td"

def Flow_MachineAttr : Flow_Attr<"Machine", "machine"> {
  let summary = "the machine that a module is compiled for: every parameter";
  let description = [{
    Keys, kinds and ranges are those of the one table in
    `simulator/machine/Parameters.cpp`: integers as i64, reals as f64, lists of
    integers as array<i64>. A module carries it as `flow.machine`, so that
    verifiers know the limits and a compiled program needs no machine file.
    Conversion to and from `waferflow::Machine`: MachineAttr.h.

    ```mlir
    module attributes {flow.machine = #flow.machine<name = "cs3", params = {
        clock.ghz = 8.750000e-01 : f64, pe.sram_bytes = 49152 : i64,
        core.input_queues_wavelets = array<i64: 8, 8, 4, 4, 4, 4, 4, 4>, ...}>}
    ```
  }];
  let parameters = (ins StringRefParameter<"name">:$name,
      "::mlir::DictionaryAttr":$params);
  let assemblyFormat = "`<` struct($name, $params) `>`";
  let genVerifyDecl = 1;
}

#endif // WAFERFLOW_DIALECTS_FLOW_MACHINEATTR
