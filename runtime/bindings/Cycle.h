//===- Cycle.h - Fabric programs in Python ----------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_BINDINGS_CYCLE_H
#define WAFERFLOW_RUNTIME_BINDINGS_CYCLE_H

#include <pybind11/pybind11.h>

namespace waferflow {

/// Adds CycleModule and CycleTrainer.
void bindCycle(pybind11::module_ &module);

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_BINDINGS_CYCLE_H
