//===- Ring.cpp - The columns of an output group pass values on -----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/Ring.h"

#include "simulator/cost/Grouping.h"

using namespace mlir;

namespace waferflow::fabric {

// Positions: of interleaved groups the column of the token group, so that one
// ring of all of them has members `distance` apart; of contiguous groups the
// column within the output group, so that rings lie side by side.

FailureOr<Ring> Ring::create(Phase &phase, int64_t groups, GroupForm form,
                             int64_t others) {
  const TokenLayout &tokens = phase.lowering.tokens;
  Ring ring(phase);
  ring.groups = groups;
  ring.count = tokens.groupColumns / groups;
  if (ring.count < 1)
    return phase.kernel->emitOpError()
           << "has " << groups << " output groups on " << tokens.groupColumns
           << " columns";
  bool interleaved = groups > 1 && form == GroupForm::Interleaved;
  ring.distance = interleaved ? groups : 1;
  ring.column = phase.x();
  if (tokens.groups > 1)
    ring.column = phase.x() % tokens.groupColumns;
  ring.position = groups > 1 && !interleaved && ring.count > 1
                      ? ring.column % ring.count
                      : ring.column;
  if (!ring.exists())
    return ring;
  const Machine &machine = phase.lowering.machine;
  auto [hops, back] = ringColors(groups, form);
  int64_t usable = machine.colors - machine.reservedColors;
  if (hops + back + others > usable)
    return phase.kernel->emitOpError()
           << "needs " << hops + back + others << " colors with " << groups
           << " interleaved output groups: " << hops
           << " from member to member, " << back << " for the ways back and "
           << others << " besides; the machine has " << usable
           << ": fewer groups, or contiguous ones, fit";
  for (int64_t i = 0; i < hops; ++i)
    ring.hops.push_back(phase.color());
  for (int64_t i = 0; i < back; ++i)
    ring.back.push_back(phase.color());
  ring.routeHops();
  ring.routeBack();
  return ring;
}

SelectAttr Ring::select(ArrayRef<AffineExpr> zero,
                        ArrayRef<AffineExpr> notNegative, int64_t y0,
                        int64_t y1) const {
  SmallVector<AffineExpr> constraints(zero);
  SmallVector<bool> equal(zero.size(), true);
  for (AffineExpr expression : notNegative) {
    // What holds everywhere, and columns behind the groups' where all have one.
    if (auto constant = dyn_cast<AffineConstantExpr>(expression);
        constant && constant.getValue() >= 0)
      continue;
    constraints.push_back(expression);
    equal.push_back(false);
  }
  if (count * groups < phase->lowering.tokens.groupColumns) {
    constraints.push_back(-column + (count * groups - 1));
    equal.push_back(false);
  }
  IntegerSet set = constraints.empty()
                       ? IntegerSet()
                       : IntegerSet::get(2, 0, constraints, equal);
  return phase->cores(0, phase->lowering.columns(), y0, y1, set);
}

SelectAttr Ring::memberCores(int64_t y0, int64_t y1) const {
  return select({}, {}, y0, y1);
}

SelectAttr Ring::otherCores(int64_t y0, int64_t y1) const {
  if (count * groups == phase->lowering.tokens.groupColumns)
    return {};
  return phase->cores(
      0, phase->lowering.columns(), y0, y1,
      IntegerSet::get(2, 0, {column - count * groups}, {false}));
}

bool Ring::any(SelectAttr cores) const {
  for (int64_t x = cores.getXBegin(); x < cores.getXEnd(); ++x)
    if (cores.contains(x, cores.getYBegin()))
      return true;
  return false;
}

/// Members that send with hop color `color`; the last one sends back.
Ring::Where Ring::senders(int64_t color) const {
  return {(position + (distance + 1 - color)) % (distance + 1),
          -position + ((count - 1) * distance - 1)};
}
Ring::Where Ring::receivers(int64_t color) const {
  return {(position + (distance + 2 - color)) % (distance + 1),
          position - distance};
}

void Ring::routeHops() {
  int64_t rows = phase->lowering.rows();
  auto route = [&](Value color, SelectAttr where, Link from, Link to) {
    if (any(where))
      phase->route(color, where, from, {to});
  };
  for (auto [k, color] : llvm::enumerate(hops)) {
    Where from = senders(k), to = receivers(k);
    route(color, select({from[0]}, {from[1]}, 0, rows), Link::Ramp, Link::East);
    route(color, select({to[0]}, {to[1]}, 0, rows), Link::West, Link::Ramp);
    if (distance == 1)
      continue;
    // So far from the sender of this color to the west.
    AffineExpr away =
        (position + (distance + 1 - static_cast<int64_t>(k))) % (distance + 1);
    AffineExpr sender = position - away;
    route(color,
          select({},
                 {away - 1, -away + (distance - 1), sender,
                  -sender + ((count - 1) * distance - 1)},
                 0, rows),
          Link::West, Link::East);
  }
}

void Ring::routeBack() {
  int64_t rows = phase->lowering.rows();
  for (auto [g, color] : llvm::enumerate(back)) {
    int64_t begin = g, end = (count - 1) * distance + g;
    phase->route(color, select({position - end}, {}, 0, rows), Link::Ramp,
                 {Link::West});
    phase->route(color, select({position - begin}, {}, 0, rows), Link::East,
                 {Link::Ramp});
    if (end - begin > 1)
      phase->route(
          color,
          select({}, {position - (begin + 1), -position + (end - 1)}, 0, rows),
          Link::East, {Link::West});
  }
}

Value Ring::input(Code &code) const {
  int64_t rows = phase->lowering.rows();
  SmallVector<Code::ColorAt> colors;
  for (auto [k, color] : llvm::enumerate(hops)) {
    Where where = receivers(k);
    SelectAttr cores = select({where[0]}, {where[1]}, 0, rows);
    if (any(cores))
      colors.push_back({color, cores});
  }
  for (auto [g, color] : llvm::enumerate(back))
    colors.push_back(
        {color, select({position - static_cast<int64_t>(g)}, {}, 0, rows)});
  return code.input(colors);
}

Value Ring::output(Code &code) const {
  int64_t rows = phase->lowering.rows();
  SmallVector<Code::ColorAt> colors;
  for (auto [k, color] : llvm::enumerate(hops)) {
    Where where = senders(k);
    SelectAttr cores = select({where[0]}, {where[1]}, 0, rows);
    if (any(cores))
      colors.push_back({color, cores});
  }
  for (auto [g, color] : llvm::enumerate(back))
    colors.push_back(
        {color,
         select({position - static_cast<int64_t>((count - 1) * distance + g)},
                {}, 0, rows)});
  return code.output(colors);
}

} // namespace waferflow::fabric
