//===- ScalarCycles.h - Element-wise work on one core -----------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_COST_SCALARCYCLES_H
#define WAFERFLOW_SIMULATOR_COST_SCALARCYCLES_H

#include "simulator/cost/Cycles.h"
#include "simulator/program/Kernels.h"

namespace waferflow {

/// "add", "mul", ... as the instruction table spells them.
const char *scalarOpKey(ScalarOp op);

/// On the fullest core: every item is one vector instruction over the core's
/// tile, set up from scalar code: sum of setup + ceil(perCore / rate).
int64_t scalarCycles(const std::vector<ScalarWork> &work, ElementType type,
                     const Machine &machine);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_COST_SCALARCYCLES_H
