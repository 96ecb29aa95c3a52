//===- FlowDialect.td - Kernels on rectangles of cores -----*- tablegen -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_DIALECTS_FLOW_FLOWDIALECT
#define WAFERFLOW_DIALECTS_FLOW_FLOWDIALECT

include "mlir/IR/OpBase.td"

def Flow_Dialect : Dialect {
  let name = "flow";
  let cppNamespace = "::waferflow::flow";
  let summary = "kernels on rectangles of cores, joined by streams";
  let useDefaultAttributePrinterParser = 1;
  let extraClassDeclaration = [{
    void registerAttributes();
  }];
}

#endif // WAFERFLOW_DIALECTS_FLOW_FLOWDIALECT
