//===- Star.cpp - Star reduce --------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/collectives/Parts.h"

namespace waferflow::cycle {

using namespace parts;

static constexpr Directions east = bit(Direction::East);
static constexpr Directions ramp = bit(Direction::Ramp);

FabricProgram starReduce(const Machine &machine, const CollectiveShape &shape) {
  int64_t n = shape.cores;
  FabricProgram program = line("star", machine, n);
  // A core's own vector first; the control wavelet behind it opens the switch
  // for those further away, and ends at the root as one for no task.
  program.routes.push_back({columns(0, n - 1),
                            0,
                            {{Direction::Ramp, east}, {Direction::West, east}},
                            0});
  route(program, columns(n - 1, n), 0, Direction::West, ramp);
  SendControl open;
  open.queue = 0;
  open.control.change = Control::Switch::Advance;
  open.cycles = 1;
  program.cores.push_back(core(
      "leaf", columns(0, n - 1), shape, -1, 0,
      {vector(VectorOp::Mov, queue(shape), {data()}, shape.elements), open}));
  Vector add =
      vector(VectorOp::Add, data(), {queue(shape), data()}, shape.elements);
  add.configured = true;
  Scalar count;
  count.op = ScalarOp::Sub;
  count.destination = 0;
  count.sources = {{0}, {-1, 1}};
  CoreProgram root =
      core("root", columns(n - 1, n), shape, 0, -1, {add, count, Branch{0, 0}});
  root.registers.push_back({DataType::I32, n - 1});
  program.cores.push_back(std::move(root));
  return program;
}

} // namespace waferflow::cycle
