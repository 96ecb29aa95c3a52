//===- Collective.h - Vectors added over a line of cores --------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_COST_COLLECTIVE_H
#define WAFERFLOW_SIMULATOR_COST_COLLECTIVE_H

#include "simulator/machine/Machine.h"

namespace waferflow {

/// One reduction of a vector a core over a line of cores.
struct Collective {
  enum class Form { None, Chain, Tree, Ring };
  Form form = Form::None;
  int64_t cycles = 0;   ///< until the last core has its result
  int64_t wavelets = 0; ///< that the busiest core receives
};

/// Adds `elements` values of `type` over `cores` neighbours, spaced `distance`
/// apart, to one end, and back to all where `broadcast`. With v = adds of one
/// vector at the fabric's rate and w = its wavelets through a link, the least
/// of
///   chain  v + (P - 1) stage(1)
///   tree   log2(P) levels of v + stage(2^level)
/// plus, for all, w + ramps and hops to the far end; or, for all only,
///   ring   2 (P - 1) steps of ceil(v / P) + stage, folded (distance 2).
/// Ties go to the earlier form.
Collective reduceOver(const Machine &machine, int64_t cores, int64_t distance,
                      int64_t elements, ElementType type, bool broadcast);

const char *formName(Collective::Form form);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_COST_COLLECTIVE_H
