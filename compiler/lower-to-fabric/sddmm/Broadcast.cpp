//===- Broadcast.cpp - Vectors go from each column to all others ----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/sddmm/Broadcast.h"

using namespace mlir;

namespace waferflow::fabric::sddmm {

/// Routers that the end of a turn moves: the own one, and the next root's. One
/// in the west of the own one is in its last position and stays there.
constexpr int64_t turn = 2;

FailureOr<Broadcast> Broadcast::create(Phase &phase, const Plan &plan) {
  Broadcast made(plan);
  if (!plan.travels())
    return made;
  int64_t needed = std::min<int64_t>(3, plan.groupColumns());
  if (plan.lowering.machine.switchPositions < needed)
    return plan.kernel.emitOpError()
           << "needs " << needed << " switch positions on "
           << plan.groupColumns() << " columns; the machine has "
           << plan.lowering.machine.switchPositions;
  made.color = phase.color();
  made.route(phase);
  return made;
}

void Broadcast::route(Phase &phase) {
  int64_t columns = plan->lowering.columns(), rows = plan->lowering.rows();
  int64_t width = plan->groupColumns();
  AffineExpr column = phase.x();
  if (plan->lowering.tokens.groups > 1)
    column = column % width;
  auto where = [&](int64_t begin, int64_t end) {
    if (plan->lowering.tokens.groups == 1)
      return phase.cores(begin, end, 0, rows);
    return phase.cores(0, columns, 0, rows,
                       IntegerSet::get(2, 0,
                                       {column - begin, -column + (end - 1)},
                                       {false, false}));
  };
  using Position = Phase::Position;
  phase.route(
      color, where(0, 1),
      {Position{Link::Ramp, {Link::East}}, Position{Link::East, {Link::Ramp}}});
  if (width > 2)
    phase.route(color, where(1, width - 1),
                {Position{Link::West, {Link::Ramp, Link::East}},
                 Position{Link::Ramp, {Link::West, Link::East}},
                 Position{Link::East, {Link::Ramp, Link::West}}});
  phase.route(
      color, where(width - 1, width),
      {Position{Link::West, {Link::Ramp}}, Position{Link::Ramp, {Link::West}}});
}

void Broadcast::bind(Code &code) {
  travelling = code.buffer(plan->travelling);
  if (color) {
    input = code.input(color);
    output = code.output(color);
  }
}

Value Broadcast::own(Emit &e, Value first, Emit::At extent) const {
  Emit::At begin = address(e, first, plan->tl);
  if (plan->pitch == plan->tl)
    return e.dsd(travelling, begin, extent);
  return e.rows(travelling, begin, extent, plan->pitch, plan->tl);
}

/// All own vectors, each in wavelets of its own; the turn ends with the last.
void Broadcast::send(Emit &e) const {
  if (!color)
    return;
  SmallVector<int64_t> elements;
  for (auto [from, to] : llvm::zip(plan->before, plan->behind))
    elements.push_back(std::max<int64_t>(0, (to - from) * plan->pitch +
                                                plan->tl - plan->pitch));
  How how;
  how.thread = Plan::sendThread;
  Emit::At extent = e.perColumn(plan->lowering, elements);
  e.mov(e.fabout(output, extent, plan->travelling.element, turn),
        own(e, integer(e, 0), extent), how);
}

} // namespace waferflow::fabric::sddmm
