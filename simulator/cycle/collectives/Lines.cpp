//===- Lines.cpp - Broadcast, chain, two-phase and relay ------------------===//
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

/// Between neighbours the color alternates: a core takes one and gives the
/// other. `color` is that of the cores with even x.
static int32_t colorOf(int64_t index, int32_t color) {
  return color + static_cast<int32_t>(index % 2);
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

FabricProgram twoPhaseReduce(const Machine &machine,
                             const CollectiveShape &shape) {
  int64_t n = shape.cores;
  int64_t s = std::clamp<int64_t>(shape.group, 1, std::max<int64_t>(1, n));
  FabricProgram program = line("two-phase", machine, n);
  // Groups are counted from the root, so that the short one is the first.
  // Colors 0 and 1 join neighbours of a group, 2 and 3 the last of groups.
  auto fromRoot = [&](int64_t x) { return (n - 1 - x) / s; };
  for (int64_t x = 0; x < n; ++x) {
    bool first = x == 0 || fromRoot(x - 1) != fromRoot(x);
    bool last = x == n - 1 || fromRoot(x + 1) != fromRoot(x);
    bool foremost = fromRoot(x) == fromRoot(0); // group without one before it
    Selection here = columns(x, x + 1);
    int32_t in = colorOf(x + 1, 0), out = colorOf(x, 0);
    if (!last)
      route(program, here, out, Direction::Ramp, east);
    if (!first)
      route(program, here, in, Direction::West, ramp);
    int32_t sent = colorOf(fromRoot(x), 2), taken = colorOf(fromRoot(x) + 1, 2);
    if (last && x < n - 1)
      route(program, here, sent, Direction::Ramp, east);
    if (!foremost)
      route(program, here, taken, Direction::West, last ? ramp : east);

    CoreProgram text =
        core("", here, shape, first ? -1 : in, last ? -1 : out, {});
    text.name = "x" + std::to_string(x);
    auto &code = text.tasks[0].code;
    Operand own = data();
    int32_t group = -1, previous = -1, next = -1;
    if (!first)
      group = 0;
    if (last && !foremost) {
      previous = static_cast<int32_t>(text.inputs.size());
      text.inputs.push_back({1, taken});
    }
    if (!last || x < n - 1) {
      next = 0;
      if (last)
        text.outputs.push_back({2, sent});
    }
    if (!last) {
      if (group >= 0)
        code.push_back(vector(VectorOp::Add, queue(shape, next),
                              {queue(shape, group), own}, shape.elements));
      else
        code.push_back(
            vector(VectorOp::Mov, queue(shape, next), {own}, shape.elements));
    } else {
      if (group >= 0)
        code.push_back(vector(VectorOp::Add, own, {queue(shape, group), own},
                              shape.elements));
      Operand result = next >= 0 ? Operand(queue(shape, next)) : own;
      if (previous >= 0)
        code.push_back(vector(VectorOp::Add, result,
                              {queue(shape, previous), own}, shape.elements));
      else if (next >= 0)
        code.push_back(vector(VectorOp::Mov, result, {own}, shape.elements));
    }
    program.cores.push_back(std::move(text));
  }
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
