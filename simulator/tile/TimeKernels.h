//===- TimeKernels.h - Every kernel, equal ones once ------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_TILE_TIMEKERNELS_H
#define WAFERFLOW_SIMULATOR_TILE_TIMEKERNELS_H

#include "simulator/tile/KernelModel.h"

#include <variant>

namespace waferflow {

/// Two kernels with the same key take the same time: same body, same orders,
/// weights of one shape that are both dense or have one mask. Layer, name and
/// phase don't count, so a recomputed forward has the forward's key.
std::string timingKey(const Kernel &kernel, const Program &program);

/// The timing of every kernel of the program, on `threads` threads.
std::variant<std::vector<KernelTiming>, Error>
timeKernels(const Program &program, const CostSwitches &switches, int threads);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_TILE_TIMEKERNELS_H
