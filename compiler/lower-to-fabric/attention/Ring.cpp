//===- Ring.cpp - Neighbours in a row or column pass on, in a ring --------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/attention/Ring.h"

using namespace mlir;

namespace waferflow::fabric::attention {

Ring::Ring(Phase &phase, Axis axis, int64_t members)
    : axis(axis), count(members) {
  if (count < 2)
    return;
  even = phase.color();
  if (count > 2)
    odd = phase.color();
  back = phase.color();
}

AffineExpr Ring::number(const Phase &phase, int64_t x0, int64_t y0) const {
  return (axis == Axis::X ? phase.x() - x0 : phase.y() - y0) % count;
}

SelectAttr Ring::membersOf(Phase &phase, const Rectangle &in, int64_t first,
                           int64_t last, std::optional<int64_t> parity) {
  AffineExpr number = this->number(phase, in.x0, in.y0);
  SmallVector<AffineExpr> constraints;
  SmallVector<bool> equal;
  if (first == last) {
    constraints.push_back(number - first);
    equal.push_back(true);
  } else {
    if (first > 0) {
      constraints.push_back(number - first);
      equal.push_back(false);
    }
    if (last < count - 1) {
      constraints.push_back(last - number);
      equal.push_back(false);
    }
    if (parity) {
      constraints.push_back(number % 2 - *parity);
      equal.push_back(true);
    }
  }
  return phase.cores(in.x0, in.x1, in.y0, in.y1,
                     constraints.empty()
                         ? IntegerSet()
                         : IntegerSet::get(2, 0, constraints, equal));
}

void Ring::route(Phase &phase, int64_t x0, int64_t x1, int64_t y0, int64_t y1) {
  if (count < 2)
    return;
  Link ahead = axis == Axis::X ? Link::East : Link::South;
  Link behind = opposite(ahead);
  Rectangle all{x0, x1, y0, y1};
  for (int64_t parity : {0, 1}) {
    if (count == 2 && parity == 1)
      break;
    Value color = parity ? odd : even;
    phase.route(color, membersOf(phase, all, 0, count - 2, parity), Link::Ramp,
                {ahead});
    phase.route(color, membersOf(phase, all, 1, count - 1, 1 - parity), behind,
                {Link::Ramp});
  }
  phase.route(back, membersOf(phase, all, count - 1, count - 1), Link::Ramp,
              {behind});
  if (count > 2)
    phase.route(back, membersOf(phase, all, 1, count - 2), ahead, {behind});
  phase.route(back, membersOf(phase, all, 0, 0), ahead, {Link::Ramp});
}

Value Ring::input(Code &code, int64_t x0, int64_t x1, int64_t y0, int64_t y1) {
  Rectangle all{x0, x1, y0, y1};
  SmallVector<Code::ColorAt> colors;
  colors.push_back({back, membersOf(code.phase, all, 0, 0)});
  colors.push_back({even, membersOf(code.phase, all, 1, count - 1, 1)});
  if (count > 2)
    colors.push_back({odd, membersOf(code.phase, all, 1, count - 1, 0)});
  return code.input(colors);
}

Value Ring::output(Code &code, int64_t x0, int64_t x1, int64_t y0, int64_t y1) {
  Rectangle all{x0, x1, y0, y1};
  SmallVector<Code::ColorAt> colors;
  colors.push_back({back, membersOf(code.phase, all, count - 1, count - 1)});
  colors.push_back({even, membersOf(code.phase, all, 0, count - 2, 0)});
  if (count > 2)
    colors.push_back({odd, membersOf(code.phase, all, 0, count - 2, 1)});
  return code.output(colors);
}

} // namespace waferflow::fabric::attention
