//===- Rings.cpp - Star and ring ------------------------------------------===//
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
static constexpr Directions west = bit(Direction::West);
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

FabricProgram ringAllReduce(const Machine &machine,
                            const CollectiveShape &asked) {
  CollectiveShape shape = asked;
  int64_t n = shape.cores;
  int64_t chunk = (shape.elements + n - 1) / n;
  shape.elements = chunk * n;
  FabricProgram program = line("ring", machine, n);
  // 0, 1 to the next core in the east; 2 from the last back to the first.
  for (int64_t p = 0; p < 2; ++p) {
    int32_t color = static_cast<int32_t>(p);
    route(program, columns(p, n - 1, 2), color, Direction::Ramp, east);
    route(program, columns(p + 1, n, 2), color, Direction::West, ramp);
  }
  route(program, columns(n - 1, n), 2, Direction::Ramp, west);
  route(program, columns(1, n - 1), 2, Direction::East, west);
  route(program, columns(0, 1), 2, Direction::East, ramp);

  for (int64_t x = 0; x < n; ++x) {
    int32_t in = x == 0 ? 2 : static_cast<int32_t>((x + 1) % 2);
    int32_t out = x == n - 1 ? 2 : static_cast<int32_t>(x % 2);
    auto part = [&](int64_t round) {
      return data(((x - round) % n + n) % n * chunk);
    };
    std::vector<Instruction> code;
    auto add = [&](Vector v, int32_t thread, bool first) {
      v.thread = thread;
      v.configured = !first;
      code.push_back(v);
    };
    // Reduce-scatter, then all-gather: in each round a core sends the part that
    // it got ready in the round before, while it adds, or stores, the next one.
    // The two share the issue slot. One instruction that adds and sends on at
    // once would wait for a neighbour that does the same, for ever.
    for (int64_t round = 0; round < 2 * (n - 1); ++round) {
      add(vector(VectorOp::Mov, queue(shape), {part(round)}, chunk), 0, !round);
      if (round < n - 1)
        add(vector(VectorOp::Add, part(round + 1),
                   {queue(shape), part(round + 1)}, chunk),
            -1, !round);
      else
        add(vector(VectorOp::Mov, part(round + 1), {queue(shape)}, chunk), -1,
            false);
    }
    CoreProgram text =
        core("", columns(x, x + 1), shape, in, out, std::move(code));
    text.name = "x" + std::to_string(x);
    program.cores.push_back(std::move(text));
  }
  return program;
}

int64_t publishedBroadcast(int64_t cores, int64_t wavelets, int64_t ramp) {
  return wavelets + cores + 2 * ramp;
}
int64_t publishedChain(int64_t cores, int64_t wavelets, int64_t ramp) {
  return wavelets + (2 * ramp + 2) * (cores - 1);
}
int64_t publishedTwoPhase(int64_t cores, int64_t wavelets, int64_t group,
                          int64_t ramp) {
  return 2 * wavelets + (cores / group - 1) * (group + 2 * ramp + 1) +
         (2 * ramp + 2) * (group - 1);
}
int64_t publishedStar(int64_t cores, int64_t wavelets, int64_t ramp) {
  return wavelets * (cores - 1) + 2 * ramp + 1;
}
int64_t publishedRing(int64_t cores, int64_t wavelets, int64_t ramp) {
  return 2 * (cores - 1) * wavelets / cores + 4 * cores - 6 +
         2 * (cores - 1) * (2 * ramp + 1);
}

} // namespace waferflow::cycle
