//===- MachineAttr.h - Between Machine and its attribute ---------*- C++
//-*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_DIALECTS_FLOW_MACHINEATTR_H
#define WAFERFLOW_DIALECTS_FLOW_MACHINEATTR_H

#include "dialects/flow/Flow.h"
#include "simulator/machine/Machine.h"

namespace waferflow::flow {

/// All of `machine`, which `check(Machine)` accepts.
MachineAttr machineToAttr(mlir::MLIRContext *context, const Machine &machine);

/// The machine that `attr` holds; `machineToAttr` gives the same attribute
/// back.
Machine machineFromAttr(MachineAttr attr);

} // namespace waferflow::flow

#endif // WAFERFLOW_DIALECTS_FLOW_MACHINEATTR_H
