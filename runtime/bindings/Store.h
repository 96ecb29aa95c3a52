//===- Store.h - Master weights and AdamW in Python ------------ -*- C++
//-*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_BINDINGS_STORE_H
#define WAFERFLOW_RUNTIME_BINDINGS_STORE_H

#include <pybind11/pybind11.h>

namespace waferflow {

/// Adds MasterStore.
void bindStore(pybind11::module_ &module);

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_BINDINGS_STORE_H
