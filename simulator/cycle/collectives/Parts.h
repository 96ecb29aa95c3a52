//===- Parts.h - What all collectives are made of ------------- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_COLLECTIVES_PARTS_H
#define WAFERFLOW_SIMULATOR_CYCLE_COLLECTIVES_PARTS_H

#include "simulator/cycle/collectives/Collectives.h"

#include <algorithm>

namespace waferflow::cycle::parts {

inline FabricProgram line(const char *name, const Machine &machine,
                          int64_t cores) {
  FabricProgram program;
  program.name = name;
  program.machine = machine;
  program.width = cores;
  program.height = 1;
  return program;
}

/// Cores first, first + step, ... before `end` of the row.
inline Selection columns(int64_t first, int64_t end, int64_t step = 1) {
  Selection selection{{first, 0, std::max<int64_t>(0, end - first), 1}, {}};
  if (step > 1)
    selection.constraints.push_back(
        {(CoreInteger::x() - CoreInteger(first)).mod(step), true});
  return selection;
}

inline void route(FabricProgram &program, Selection where, int32_t color,
                  Direction rx, Directions tx) {
  if (where.cores.width > 0)
    program.routes.push_back({std::move(where), color, {{rx, tx}}, 0});
}

/// A core program with "data", queues 0 of the given colors (-1: none), and a
/// task that runs `code` from cycle 0.
inline CoreProgram core(const char *name, Selection where,
                        const CollectiveShape &shape, int32_t in, int32_t out,
                        std::vector<Instruction> code) {
  CoreProgram result;
  result.name = name;
  result.where = std::move(where);
  result.buffers.push_back({"data", shape.type, shape.elements});
  if (in >= 0)
    result.inputs.push_back({0, in});
  if (out >= 0)
    result.outputs.push_back({2, out}); // as deep as any on both machines
  Task task;
  task.name = "start";
  task.activated = true;
  task.code = std::move(code);
  result.tasks.push_back(std::move(task));
  return result;
}

inline MemoryOperand data(Amount offset = 0) { return {0, std::move(offset)}; }
inline FabricOperand queue(const CollectiveShape &shape, int32_t index = 0) {
  return {index, shape.type};
}

inline Vector vector(VectorOp op, Operand destination,
                     std::vector<Operand> sources, Amount extent) {
  Vector result;
  result.op = op;
  result.destination = std::move(destination);
  result.sources = std::move(sources);
  result.extent = std::move(extent);
  return result;
}

/// Between neighbours the color alternates: a core takes one and gives the
/// other. `color` is that of the cores with an even index.
inline int32_t colorOf(int64_t index, int32_t color) {
  return color + static_cast<int32_t>(index % 2);
}

/// A reduction along a row to the east, or along a column to the south: a chain
/// in each group, then a chain over the last cores of the groups.
struct Along {
  int64_t cores = 0;
  int64_t group = 0; ///< at least 1; `cores`: one chain
  Direction from = Direction::West, to = Direction::East;
  int32_t color = 0;             ///< the first of four
  int32_t input = 0, output = 2; ///< hardware queues, the first of two and one
};

/// Adds to `text`, whose selection is core `at` of the line (or the same core
/// of several lines side by side), its part of the reduction: routes, queues
/// and code at the end of its first task.
void reduceAlong(FabricProgram &program, CoreProgram &text,
                 const CollectiveShape &shape, const Along &along, int64_t at);

} // namespace waferflow::cycle::parts

#endif // WAFERFLOW_SIMULATOR_CYCLE_COLLECTIVES_PARTS_H
