//===- ScalarCycles.cpp - Element-wise work in cycles ---------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/ScalarCycles.h"

using namespace waferflow;

const char *waferflow::scalarOpKey(ScalarOp op) {
  switch (op) {
  case ScalarOp::Add:
    return "add";
  case ScalarOp::Mul:
    return "mul";
  case ScalarOp::Max:
    return "max";
  case ScalarOp::Exp:
    return "exp";
  case ScalarOp::Log:
    return "log";
  case ScalarOp::Rsqrt:
    return "rsqrt";
  case ScalarOp::Reciprocal:
    return "reciprocal";
  case ScalarOp::Select:
    return "select";
  case ScalarOp::Copy:
    return "copy";
  }
  return "copy";
}

int64_t waferflow::scalarCycles(const std::vector<ScalarWork> &work,
                                ElementType type, const Machine &machine) {
  int64_t cycles = 0;
  for (const ScalarWork &item : work)
    if (item.perCore > 0)
      cycles += machine.setupCycles +
                cyclesAt(item.perCore,
                         rateOf(machine, scalarOpKey(item.op), type, "memory"));
  return cycles;
}
