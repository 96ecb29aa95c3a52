//===- CycleCounters.h - Counters by name -----------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_ENGINE_CYCLECOUNTERS_H
#define WAFERFLOW_RUNTIME_ENGINE_CYCLECOUNTERS_H

#include "simulator/cycle/Counters.h"

#include <string>
#include <utility>

namespace waferflow {

/// What a run at fidelity `cycle` counted, all colors together, with the names
/// that reports give it.
std::vector<std::pair<std::string, int64_t>>
counterValues(const cycle::Counters &counted);

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_ENGINE_CYCLECOUNTERS_H
