//===- Module.cpp - The Python module _waferflow --------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Text, bytecode and numpy in, plain data out.
//
//===----------------------------------------------------------------------===//
#include "runtime/bindings/Cycle.h"
#include "runtime/bindings/Engine.h"
#include "runtime/bindings/Oracle.h"
#include "runtime/bindings/Store.h"

#include <pybind11/pybind11.h>

PYBIND11_MODULE(_waferflow, module) {
  module.doc() = "C++ side of waferflow: compile and simulate";
  waferflow::bindEngine(module);
  waferflow::bindOracle(module);
  waferflow::bindStore(module);
  waferflow::bindCycle(module);
}
