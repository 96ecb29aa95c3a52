//===- Gate.h - Kernels that the ledger takes whole -------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_TILE_GATE_H
#define WAFERFLOW_SIMULATOR_TILE_GATE_H

#include "simulator/program/Kernels.h"
#include "simulator/report/Report.h"

#include <optional>

namespace waferflow {

/// The entry that holds all of a kernel's time above its ideal, fill and drain
/// apart: recomputation for a recomputed kernel, else head for the head and
/// loss, else the entry of its kind. None for an spmm or sddmm of a block,
/// whose time has many entries. Until that entry is on, its streams take no
/// time either.
std::optional<Cost> wholeEntry(const Kernel &kernel);

/// Moves a kernel's time above its ideal, fill and drain apart, to the entry of
/// the part of the step that it serves: recomputation for a recomputed kernel,
/// else head for the head and loss; a kernel of a block stays as it is.
CumulativeCycles gate(const CumulativeCycles &cumulative, const Kernel &kernel,
                      const CostSwitches &switches);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_TILE_GATE_H
