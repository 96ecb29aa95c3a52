//===- Oracle.h - Models and the CPU oracle in Python --------- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_BINDINGS_ORACLE_H
#define WAFERFLOW_RUNTIME_BINDINGS_ORACLE_H

#include <pybind11/pybind11.h>

namespace waferflow {

/// Adds build_graph, run_on_cpu, CpuProgram and the model look-ups.
void bindOracle(pybind11::module_ &module);

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_BINDINGS_ORACLE_H
