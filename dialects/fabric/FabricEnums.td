//===- FabricEnums.td - Links, task kinds, operand kinds -*- tablegen -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_DIALECTS_FABRIC_FABRICENUMS
#define WAFERFLOW_DIALECTS_FABRIC_FABRICENUMS

include "dialects/fabric/FabricDialect.td"
include "mlir/IR/EnumAttr.td"

class Fabric_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let genSpecializedAttr = 0;
  let cppNamespace = "::waferflow::fabric";
}
class Fabric_EnumAttr<EnumInfo info, string attrMnemonic>
    : EnumAttr<Fabric_Dialect, info, attrMnemonic> {
  let assemblyFormat = "`<` $value `>`";
}

/// North is y - 1, east is x + 1; the ramp joins a router and its core.
def Fabric_Link : Fabric_Enum<"Link", "a port of a router", [
    I32EnumAttrCase<"North", 0, "north">, I32EnumAttrCase<"East", 1, "east">,
    I32EnumAttrCase<"South", 2, "south">, I32EnumAttrCase<"West", 3, "west">,
    I32EnumAttrCase<"Ramp", 4, "ramp">]>;
def Fabric_LinkAttr : Fabric_EnumAttr<Fabric_Link, "link">;

def Fabric_Axis : Fabric_Enum<"Axis", "a coordinate of a core", [
    I32EnumAttrCase<"X", 0, "x">, I32EnumAttrCase<"Y", 1, "y">]>;
def Fabric_AxisAttr : Fabric_EnumAttr<Fabric_Axis, "axis">;

def Fabric_Switch : Fabric_Enum<"Switch", "what a control wavelet does to switches", [
    I32EnumAttrCase<"Keep", 0, "keep">, I32EnumAttrCase<"Advance", 1, "advance">,
    I32EnumAttrCase<"Reset", 2, "reset">]>;
def Fabric_SwitchAttr : Fabric_EnumAttr<Fabric_Switch, "switch">;

def Fabric_TaskKind : Fabric_Enum<"TaskKind", "what activates a task", [
    I32EnumAttrCase<"Data", 0, "data">, I32EnumAttrCase<"Local", 1, "local">,
    I32EnumAttrCase<"Control", 2, "control">]>;
def Fabric_TaskKindAttr : Fabric_EnumAttr<Fabric_TaskKind, "task_kind">;

def Fabric_QueueKind : Fabric_Enum<"QueueKind", "from the router, or to it", [
    I32EnumAttrCase<"Input", 0, "input">, I32EnumAttrCase<"Output", 1, "output">]>;
def Fabric_QueueKindAttr : Fabric_EnumAttr<Fabric_QueueKind, "queue_kind">;

def Fabric_DsdKind : Fabric_Enum<"DsdKind", "what a vector operand walks over", [
    I32EnumAttrCase<"Memory", 0, "memory">, I32EnumAttrCase<"Fabin", 1, "fabin">,
    I32EnumAttrCase<"Fabout", 2, "fabout">]>;

#endif // WAFERFLOW_DIALECTS_FABRIC_FABRICENUMS
