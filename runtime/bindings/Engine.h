//===- Engine.h - Compile and simulate, for Python --------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_BINDINGS_ENGINE_H
#define WAFERFLOW_RUNTIME_BINDINGS_ENGINE_H

#include <pybind11/pybind11.h>

namespace waferflow {

/// run, theory, compile, compile_text, simulate, machine_table: JSON in and
/// out, errors as ValueError.
void bindEngine(pybind11::module_ &module);

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_BINDINGS_ENGINE_H
