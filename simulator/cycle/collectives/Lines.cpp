//===- Lines.cpp - Broadcast, chain and relay -----------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/collectives/Parts.h"

#include <algorithm>

namespace waferflow::cycle {

using namespace parts;

static constexpr Directions east = bit(Direction::East);
static constexpr Directions ramp = bit(Direction::Ramp);

FabricProgram broadcastLine(const Machine &machine,
                            const CollectiveShape &shape) {
  int64_t n = shape.cores;
  FabricProgram program = line("broadcast", machine, n);
  route(program, columns(0, 1), 0, Direction::Ramp, east);
  route(program, columns(1, n - 1), 0, Direction::West, east | ramp);
  route(program, columns(n - 1, n), 0, Direction::West, ramp);
  program.cores.push_back(
      core("root", columns(0, 1), shape, -1, 0,
           {vector(VectorOp::Mov, queue(shape), {data()}, shape.elements)}));
  program.cores.push_back(
      core("other", columns(1, n), shape, 0, -1,
           {vector(VectorOp::Mov, data(), {queue(shape)}, shape.elements)}));
  return program;
}

FabricProgram chainReduce(const Machine &machine,
                          const CollectiveShape &shape) {
  int64_t n = shape.cores;
  FabricProgram program = line("chain", machine, n);
  for (int64_t p = 0; p < 2; ++p) {
    route(program, columns(p, n - 1, 2), colorOf(p, 0), Direction::Ramp, east);
    route(program, columns(p + 1, n, 2), colorOf(p, 0), Direction::West, ramp);
    program.cores.push_back(
        core(p ? "even" : "odd", columns(p + 1, n - 1, 2), shape, colorOf(p, 0),
             colorOf(p + 1, 0),
             {vector(VectorOp::Add, queue(shape), {queue(shape), data()},
                     shape.elements)}));
    if (columns(p + 1, n - 1, 2).cores.width < 1)
      program.cores.pop_back();
  }
  program.cores.push_back(
      core("first", columns(0, 1), shape, -1, 0,
           {vector(VectorOp::Mov, queue(shape), {data()}, shape.elements)}));
  program.cores.push_back(core(
      "root", columns(n - 1, n), shape, colorOf(n, 0), -1,
      {vector(VectorOp::Add, data(), {queue(shape), data()}, shape.elements)}));
  return program;
}

FabricProgram relay(const Machine &machine, const CollectiveShape &shape) {
  int64_t n = shape.cores;
  FabricProgram program = line("relay", machine, n);
  for (int64_t p = 0; p < 2; ++p) {
    route(program, columns(p, n - 1, 2), colorOf(p, 0), Direction::Ramp, east);
    route(program, columns(p + 1, n, 2), colorOf(p, 0), Direction::West, ramp);
    Vector receive =
        vector(VectorOp::Mov, data(), {queue(shape)}, shape.elements);
    receive.thread = 0;
    receive.onDone = {{OnDone::Kind::Activate, 1}};
    CoreProgram text = core(p ? "even" : "odd", columns(p + 1, n - 1, 2), shape,
                            colorOf(p, 0), colorOf(p + 1, 0), {receive});
    Vector send = vector(VectorOp::Mov, queue(shape), {data()}, shape.elements);
    send.configured = true; // its descriptors do not change
    Task task;
    task.name = "send";
    task.code = {send};
    text.tasks.push_back(task);
    if (text.where.cores.width > 0)
      program.cores.push_back(std::move(text));
  }
  Vector send = vector(VectorOp::Mov, queue(shape), {data()}, shape.elements);
  program.cores.push_back(core("first", columns(0, 1), shape, -1, 0, {send}));
  program.cores.push_back(
      core("last", columns(n - 1, n), shape, colorOf(n, 0), -1,
           {vector(VectorOp::Mov, data(), {queue(shape)}, shape.elements)}));
  return program;
}

} // namespace waferflow::cycle
