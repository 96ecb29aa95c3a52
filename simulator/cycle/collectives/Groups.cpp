//===- Groups.cpp - Two-phase, along a row or a column -------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/collectives/Parts.h"

namespace waferflow::cycle {

using namespace parts;

namespace parts {

void reduceAlong(FabricProgram &program, CoreProgram &text,
                 const CollectiveShape &shape, const Along &along, int64_t at) {
  // Groups are counted from the root, so that the short one is the first. The
  // first two colors join neighbours of a group, the others the last of groups.
  auto fromRoot = [&](int64_t i) {
    return (along.cores - 1 - i) / along.group;
  };
  bool root = at == along.cores - 1;
  bool first = at == 0 || fromRoot(at - 1) != fromRoot(at);
  bool last = root || fromRoot(at + 1) != fromRoot(at);
  bool foremost = fromRoot(at) == fromRoot(0); // group without one before it
  constexpr Directions ramp = bit(Direction::Ramp);
  Directions on = bit(along.to);
  int32_t in = colorOf(at + 1, along.color), out = colorOf(at, along.color);
  int32_t sent = colorOf(fromRoot(at), along.color + 2);
  int32_t taken = colorOf(fromRoot(at) + 1, along.color + 2);
  const Selection &here = text.where;
  if (!last)
    route(program, here, out, Direction::Ramp, on);
  if (!first)
    route(program, here, in, along.from, ramp);
  if (last && !root)
    route(program, here, sent, Direction::Ramp, on);
  if (!foremost)
    route(program, here, taken, along.from, last ? ramp : on);

  int32_t members = -1, groups = -1; // input queues
  if (!first) {
    members = static_cast<int32_t>(text.inputs.size());
    text.inputs.push_back({along.input, in});
  }
  if (last && !foremost) {
    groups = static_cast<int32_t>(text.inputs.size());
    text.inputs.push_back({along.input + 1, taken});
  }
  Operand own = data(), result = data();
  if (!root) {
    result = queue(shape, static_cast<int32_t>(text.outputs.size()));
    text.outputs.push_back({along.output, last ? sent : out});
  }
  auto &code = text.tasks[0].code;
  auto add = [&](const Operand &to, int32_t comes) {
    code.push_back(
        vector(VectorOp::Add, to, {queue(shape, comes), own}, shape.elements));
  };
  auto send = [&] {
    code.push_back(vector(VectorOp::Mov, result, {own}, shape.elements));
  };
  if (!last) {
    if (first)
      send();
    else
      add(result, members);
    return;
  }
  // The last of a group has its sum whole before it goes on: sent earlier, it
  // would only take the links from the next group's chain.
  if (members >= 0)
    add(own, members);
  if (groups >= 0)
    add(result, groups);
  else if (!root)
    send();
}

} // namespace parts

FabricProgram twoPhaseReduce(const Machine &machine,
                             const CollectiveShape &shape) {
  int64_t n = shape.cores;
  FabricProgram program = line("two-phase", machine, n);
  Along row;
  row.cores = n;
  row.group = std::clamp<int64_t>(shape.group, 1, std::max<int64_t>(1, n));
  for (int64_t x = 0; x < n; ++x) {
    CoreProgram text = core("", columns(x, x + 1), shape, -1, -1, {});
    text.name = "x" + std::to_string(x);
    reduceAlong(program, text, shape, row, x);
    program.cores.push_back(std::move(text));
  }
  return program;
}

} // namespace waferflow::cycle
