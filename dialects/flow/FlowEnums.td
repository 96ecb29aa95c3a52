//===- FlowEnums.td - Phases, sections, directions, axes -*- tablegen -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_DIALECTS_FLOW_FLOWENUMS
#define WAFERFLOW_DIALECTS_FLOW_FLOWENUMS

include "dialects/flow/FlowDialect.td"
include "mlir/IR/EnumAttr.td"

class Flow_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let genSpecializedAttr = 0;
  let cppNamespace = "::waferflow::flow";
}
class Flow_EnumAttr<EnumInfo info, string attrMnemonic>
    : EnumAttr<Flow_Dialect, info, attrMnemonic> {
  let assemblyFormat = "`<` $value `>`";
}

def Flow_Phase : Flow_Enum<"KernelPhase", "when a kernel runs in a step", [
    I32EnumAttrCase<"Forward", 0, "forward">,
    I32EnumAttrCase<"Recompute", 1, "recompute">,
    I32EnumAttrCase<"Backward", 2, "backward">]>;
def Flow_PhaseAttr : Flow_EnumAttr<Flow_Phase, "phase">;

def Flow_Section : Flow_Enum<"KernelSection", "which part of the model a kernel serves", [
    I32EnumAttrCase<"Embedding", 0, "embedding">,
    I32EnumAttrCase<"Block", 1, "block">,
    I32EnumAttrCase<"Head", 2, "head">]>;
def Flow_SectionAttr : Flow_EnumAttr<Flow_Section, "section">;

def Flow_Direction : Flow_Enum<"Direction", "a computation or its gradient", [
    I32EnumAttrCase<"Forward", 0, "forward">,
    I32EnumAttrCase<"Backward", 1, "backward">]>;
def Flow_DirectionAttr : Flow_EnumAttr<Flow_Direction, "direction">;

def Flow_Axis : Flow_Enum<"ReduceAxis", "a reduction's axis (features lie over x, tokens over y)", [
    I32EnumAttrCase<"X", 0, "x">,
    I32EnumAttrCase<"Y", 1, "y">,
    I32EnumAttrCase<"XY", 2, "xy">]>;
def Flow_AxisAttr : Flow_EnumAttr<Flow_Axis, "axis">;

def Flow_OrderForm : Flow_Enum<"OrderForm", "how an order is given", [
    I32EnumAttrCase<"Blocked", 0, "blocked">,
    I32EnumAttrCase<"Heads", 1, "heads">,
    I32EnumAttrCase<"Table", 2, "table">]>;
def Flow_OrderFormAttr : Flow_EnumAttr<Flow_OrderForm, "order_form">;

#endif // WAFERFLOW_DIALECTS_FLOW_FLOWENUMS
