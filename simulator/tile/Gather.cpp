//===- Gather.cpp ---------------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/Cycles.h"
#include "simulator/tile/KernelModel.h"
#include "simulator/tile/WholeCost.h"

#include <algorithm>

using namespace waferflow;

namespace {

/// The table streams once, dense and without indices: a row's features go down
/// their columns past every core. A core spends a slot on every wavelet, and a
/// task on each row that one of its tokens wants. The stream is as slow as the
/// slowest of edge, link and core. Copies for token groups are made at the
/// edge.
///
/// Backward: every row of the table leaves as f32. A core adds its tokens' rows
/// into the stream that is chained down y; groups are chained along the edge.
struct GatherCycles {
  int64_t edge = 0, link = 0, core = 0, fill = 0, bytes = 0;

  GatherCycles(const Gather &gather, const Program &program) {
    const Machine &machine = program.machine;
    const Weight &table = program.weights[gather.weight];
    const TokenLayout &tokens = program.tokens;
    int64_t features = program.orders[gather.order].featuresPerColumn();
    ElementType type = gather.backward ? ElementType::F32 : program.type;
    int64_t wavelets = divideUp(features, elementsPerWavelet(type));

    bytes = table.rows * table.columns * elementBytes(type);
    edge = cyclesAt(static_cast<double>(bytes), machine.edgeBytesPerCycle());
    link = linkCycles(machine, static_cast<double>(table.rows * wavelets));
    const char *op = gather.backward ? "add" : "copy";
    core = cyclesAt(static_cast<double>(table.rows * features),
                    rateOf(machine, op, type, "fabric")) +
           tokens.tokensPerCore * machine.taskCycles;
    fill =
        machine.rerouteCycles + machine.dispatchCycles + machine.completeCycles;
    if (gather.backward)
      fill += (tokens.rowsUsed - 1) * stageCycles(machine, 1) +
              (tokens.groups - 1) * stageCycles(machine, tokens.groupColumns);
    else
      fill +=
          2 * machine.rampCycles + machine.hopCycles * (tokens.rowsUsed - 1);
  }
};

} // namespace

KernelTiming waferflow::timeGather(const Kernel &kernel, const Gather &gather,
                                   TileContext &context) {
  GatherCycles cycles(gather, context.program);
  int64_t edge = context.switches[Cost::Io] ? cycles.edge : 0;
  int64_t slowest = std::max({edge, cycles.link, cycles.core});

  KernelTiming timing;
  const Weight &table = context.program.weights[gather.weight];
  timing.nonzeros = table.rows * table.columns;
  timing.cumulative =
      wholeCost(Cost::Gather, 0, slowest, cycles.fill, context.switches);
  timing.bottleneck = slowest == edge
                          ? (gather.backward ? "gradient I/O" : "weight I/O")
                      : slowest == cycles.core ? "compute"
                                               : "links";
  timing.counters[gather.backward ? "edge wavelets out" : "edge wavelets in"] =
      divideUp(cycles.bytes, 4);
  return timing;
}
