//===- Map.cpp ------------------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/ScalarCycles.h"
#include "simulator/tile/KernelModel.h"
#include "simulator/tile/WholeCost.h"

using namespace waferflow;

KernelTiming waferflow::timeMap(const Kernel &kernel, const Map &map,
                                TileContext &context) {
  const Program &program = context.program;
  KernelTiming timing;
  timing.cumulative =
      wholeCost(Cost::Elementwise, 0,
                scalarCycles(map.work, program.type, program.machine), 0,
                context.switches);
  timing.bottleneck = "element-wise";
  return timing;
}
