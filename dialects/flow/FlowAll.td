//===- FlowAll.td - Everything tablegen reads at once ------*- tablegen -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
include "dialects/flow/FlowEnums.td"
include "dialects/flow/FlowKernelAttrs.td"
include "dialects/flow/MachineAttr.td"
