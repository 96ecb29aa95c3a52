//===- FabricAll.td - Everything tablegen reads at once -*- tablegen -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
include "dialects/fabric/FabricEnums.td"
include "dialects/fabric/FabricAttrs.td"
include "dialects/fabric/FabricTypes.td"
