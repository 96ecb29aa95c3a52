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

/// On the fullest core, item by item: instructions of equal length, each set up
/// from scalar code (or launched, where a loop keeps it configured), and
/// ceil(elements / rate) long; and slots of scalar code, of which a function
/// takes as many as an element of the vector instruction.
int64_t scalarCycles(const std::vector<ScalarWork> &work, ElementType type,
                     const Machine &machine);

/// Vectors of weights that come down the columns one after the other, each as
/// fast as the edge (unless `edgeIsFree`) and the core's slots let it.
int64_t streamedCycles(const std::vector<StreamedVector> &vectors,
                       ElementType type, const Machine &machine,
                       bool edgeIsFree = false);

/// Wavelets of such vectors that come through the edge.
int64_t streamedWavelets(const std::vector<StreamedVector> &vectors,
                         ElementType type);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_COST_SCALARCYCLES_H
