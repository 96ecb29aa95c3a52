//===- Grid.cpp - All-reduce of a rectangle ------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/collectives/Parts.h"

namespace waferflow::cycle {

using namespace parts;

static constexpr Directions ramp = bit(Direction::Ramp);
static constexpr int32_t gridBroadcast = 8; // color

FabricProgram gridAllReduce(const Machine &machine,
                            const CollectiveShape &shape) {
  int64_t w = shape.cores, h = shape.rows;
  FabricProgram program = line("2d", machine, w);
  program.height = h;
  Along row, column;
  row.cores = w;
  row.group = shape.group ? std::min(shape.group, w) : w;
  column.cores = h;
  column.group = shape.group ? std::min(shape.group, h) : h;
  column.from = Direction::North;
  column.to = Direction::South;
  column.color = 4;
  column.input = 2;
  column.output = 3;

  auto finish = [&](CoreProgram text, Direction from, Directions to) {
    route(program, text.where, gridBroadcast, from,
          static_cast<Directions>(to | (from == Direction::Ramp ? 0 : ramp)));
    auto &code = text.tasks[0].code;
    if (from == Direction::Ramp) {
      int32_t index = static_cast<int32_t>(text.outputs.size());
      text.outputs.push_back({4, gridBroadcast});
      code.push_back(
          vector(VectorOp::Mov, queue(shape, index), {data()}, shape.elements));
    } else {
      int32_t index = static_cast<int32_t>(text.inputs.size());
      text.inputs.push_back({4, gridBroadcast});
      code.push_back(
          vector(VectorOp::Mov, data(), {queue(shape, index)}, shape.elements));
    }
    program.cores.push_back(std::move(text));
  };
  // The columns but the last do the same in all their rows.
  for (int64_t x = 0; x + 1 < w; ++x) {
    CoreProgram text = core("", {{x, 0, 1, h}, {}}, shape, -1, -1, {});
    text.name = "x" + std::to_string(x);
    reduceAlong(program, text, shape, row, x);
    finish(std::move(text), Direction::East,
           x > 0 ? bit(Direction::West) : Directions(0));
  }
  for (int64_t y = 0; y < h; ++y) {
    CoreProgram text = core("", {{w - 1, y, 1, 1}, {}}, shape, -1, -1, {});
    text.name = "y" + std::to_string(y);
    reduceAlong(program, text, shape, row, w - 1);
    reduceAlong(program, text, shape, column, y);
    Directions to = (w > 1 ? bit(Direction::West) : 0) |
                    (y > 0 ? bit(Direction::North) : 0);
    finish(std::move(text), y == h - 1 ? Direction::Ramp : Direction::South,
           to);
  }
  return program;
}

} // namespace waferflow::cycle
