//===- ScalarCycles.cpp - Element-wise work in cycles ---------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/ScalarCycles.h"

#include <algorithm>

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
  case ScalarOp::Axpy:
  case ScalarOp::MixedAxpy:
    return "axpy";
  case ScalarOp::Dot:
    return "dot";
  }
  return "copy";
}

static double rateFor(const ScalarWork &item, ElementType storage,
                      const Machine &machine) {
  if (item.op == ScalarOp::MixedAxpy)
    return machine.rate("axpy.mixed.memory");
  return rateOf(machine, scalarOpKey(item.op), item.type.value_or(storage),
                "memory");
}

int64_t waferflow::scalarCycles(const std::vector<ScalarWork> &work,
                                ElementType type, const Machine &machine) {
  int64_t cycles = 0;
  for (const ScalarWork &item : work) {
    if (item.scalarSlots > 0) {
      bool isFunction = item.op != ScalarOp::Copy;
      cycles += isFunction
                    ? item.perCore * cyclesAt(1, rateFor(item, type, machine))
                    : item.scalarSlots;
    } else if (item.perCore > 0 && item.instructions == 0) {
      cycles += cyclesAt(static_cast<double>(item.perCore),
                         rateFor(item, type, machine));
    } else if (item.perCore > 0) {
      int64_t start =
          item.configured ? machine.launchCycles : machine.setupCycles;
      double each = static_cast<double>(item.perCore) /
                    static_cast<double>(item.instructions);
      cycles += item.instructions *
                (start + cyclesAt(each, rateFor(item, type, machine)));
    }
  }
  return cycles;
}

/// Of a column: its elements begin in a wavelet of their own.
static int64_t waveletsOf(const StreamedVector &vector, ElementType type) {
  return divideUp(vector.perColumn, elementsPerWavelet(type));
}

int64_t waferflow::streamedWavelets(const std::vector<StreamedVector> &vectors,
                                    ElementType type) {
  int64_t wavelets = 0;
  for (const StreamedVector &vector : vectors)
    if (vector.perColumn > 0)
      wavelets += divideUp(vector.features, vector.perColumn) *
                  waveletsOf(vector, type);
  return wavelets;
}

int64_t waferflow::streamedCycles(const std::vector<StreamedVector> &vectors,
                                  ElementType type, const Machine &machine,
                                  bool edgeIsFree) {
  int64_t cycles = 0;
  for (const StreamedVector &vector : vectors) {
    int64_t core =
        machine.setupCycles + cyclesAt(static_cast<double>(vector.perColumn),
                                       rateOf(machine, "copy", type, "fabric"));
    int64_t edge = edgeIsFree
                       ? 0
                       : cyclesAt(static_cast<double>(
                                      4 * streamedWavelets({vector}, type)),
                                  machine.edgeBytesPerCycle());
    cycles += std::max(core, edge);
  }
  return cycles;
}
