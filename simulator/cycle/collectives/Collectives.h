//===- Collectives.h - Collectives as fabric programs --------- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each builder gives a program for `cores` cores in one row (2d: in each of
// `rows`), `elements` values a core in the buffer "data", and no other cost
// than the machine's. The root of a reduction is the last core, in the east.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_COLLECTIVES_COLLECTIVES_H
#define WAFERFLOW_SIMULATOR_CYCLE_COLLECTIVES_COLLECTIVES_H

#include "simulator/program/Fabric.h"

namespace waferflow::cycle {

/// What a collective is asked for. Sizes that the machine cannot hold are found
/// by `check` of the program.
struct CollectiveShape {
  int64_t cores = 0;
  int64_t elements = 0; ///< a core
  DataType type = DataType::F32;
  int64_t group = 0; ///< S, of two-phase and 2d; need not divide `cores`
  int64_t rows = 1;  ///< of 2d
};

/// "data" of core 0 into "data" of all others, by multicast.
FabricProgram broadcastLine(const Machine &machine,
                            const CollectiveShape &shape);
/// The sum into the root's "data", each core adding its own as it passes.
FabricProgram chainReduce(const Machine &machine, const CollectiveShape &shape);
/// A chain in each group of S cores, then a chain over their last cores.
FabricProgram twoPhaseReduce(const Machine &machine,
                             const CollectiveShape &shape);
/// Each second core sends its sum to its neighbour, each fourth to the one two
/// further, and so on; what comes last is added as it is sent on.
FabricProgram treeReduce(const Machine &machine, const CollectiveShape &shape);
/// The sum into every core's "data": in each row to the last column, down that
/// column, and back to all by multicast. Two-phase where `group` is given (up
/// to a row's or column's cores), else chains.
FabricProgram gridAllReduce(const Machine &machine,
                            const CollectiveShape &shape);
/// Every core's vector travels to the root, which adds them one by one, the
/// nearest first; switches let one core in after the other.
FabricProgram starReduce(const Machine &machine, const CollectiveShape &shape);
/// The sum into every core's "data": reduce-scatter round a ring that is
/// straight with a return path, then each core multicasts its part to all.
/// Reads and leaves the first `elements`; the buffer is padded to a multiple of
/// `cores`, in 16-bit types to an even one.
FabricProgram ringAllReduce(const Machine &machine,
                            const CollectiveShape &shape);
/// Elements that the ring's cores each send before they take any: what the two
/// queues and the ramps between neighbours hold. The routers' buffers are room
/// to move, without which the ring would stand still.
int64_t ringSlice(const Machine &machine, DataType type);
/// A message handed on by `cores` - 1 stages, each of which has all of it
/// before it sends it on.
FabricProgram relay(const Machine &machine, const CollectiveShape &shape);

/// Cycles by the formulas of HPDC'24, "Near-Optimal Wafer-Scale Reduce", for B
/// wavelets a core and hops of one cycle. T_R is the machine's ramp. Tree and
/// grid are derived here from the paper's model, max(C, E / N + L) + (2 T_R +
/// 1) D (C wavelets through the busiest core, E hops of all, N links, L hops of
/// the longest way, D dependent steps); the others are quoted.
int64_t publishedBroadcast(int64_t cores, int64_t wavelets, int64_t ramp);
int64_t publishedChain(int64_t cores, int64_t wavelets, int64_t ramp);
int64_t publishedTwoPhase(int64_t cores, int64_t wavelets, int64_t group,
                          int64_t ramp);
int64_t publishedStar(int64_t cores, int64_t wavelets, int64_t ramp);
int64_t publishedTree(int64_t cores, int64_t wavelets, int64_t ramp);
/// Two reductions and the broadcast, one after the other; a group of 0: chains.
int64_t publishedGrid(int64_t cores, int64_t rows, int64_t wavelets,
                      int64_t group, int64_t ramp);
int64_t publishedRing(int64_t cores, int64_t wavelets, int64_t ramp);

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_COLLECTIVES_COLLECTIVES_H
