//===- CoreSet.cpp - Selections as Presburger sets ------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/fabric/CoreSet.h"

#include "mlir/Analysis/FlatLinearValueConstraints.h"
#include "mlir/IR/IntegerSet.h"

using namespace mlir;
using namespace mlir::presburger;

namespace waferflow::fabric {

static PresburgerSpace plane() { return PresburgerSpace::getSetSpace(2); }

static IntegerPolyhedron rectangle(int64_t xBegin, int64_t xEnd, int64_t yBegin,
                                   int64_t yEnd) {
  IntegerPolyhedron rect(plane());
  rect.addInequality(ArrayRef<int64_t>{1, 0, -xBegin});
  rect.addInequality(ArrayRef<int64_t>{-1, 0, xEnd - 1});
  rect.addInequality(ArrayRef<int64_t>{0, 1, -yBegin});
  rect.addInequality(ArrayRef<int64_t>{0, -1, yEnd - 1});
  return rect;
}

/// Without the names of variables, so that spaces of two sets are equal.
static IntegerPolyhedron polyhedron(IntegerSet set) {
  FlatLinearValueConstraints flat(set);
  IntegerPolyhedron result(static_cast<const IntegerPolyhedron &>(flat));
  result.resetIds();
  return result;
}

CoreSet::CoreSet() : set(PresburgerSet::getEmpty(plane())) {}

CoreSet::CoreSet(int64_t width, int64_t height)
    : set(rectangle(0, width, 0, height)) {}

CoreSet::CoreSet(SelectAttr select)
    : set(rectangle(select.getXBegin(), select.getXEnd(), select.getYBegin(),
                    select.getYEnd())) {
  if (select.getWhere())
    set =
        set.intersect(PresburgerSet(polyhedron(select.getWhere().getValue())));
}

CoreSet CoreSet::intersect(const CoreSet &other) const {
  return CoreSet(set.intersect(other.set));
}
CoreSet CoreSet::subtract(const CoreSet &other) const {
  return CoreSet(set.subtract(other.set));
}
CoreSet CoreSet::unite(const CoreSet &other) const {
  return CoreSet(set.unionSet(other.set));
}

CoreSet CoreSet::neighbours(Link link) const {
  int64_t dx = link == Link::East ? 1 : link == Link::West ? -1 : 0;
  int64_t dy = link == Link::South ? 1 : link == Link::North ? -1 : 0;
  CoreSet moved;
  for (const IntegerRelation &disjunct : set.getAllDisjuncts()) {
    // p is in the moved set where p - d is in this one: constants move.
    IntegerRelation shifted = disjunct;
    unsigned last = shifted.getNumCols() - 1;
    for (unsigned i = 0; i < shifted.getNumEqualities(); ++i)
      shifted.atEq(i, last) -=
          shifted.atEq(i, 0) * dx + shifted.atEq(i, 1) * dy;
    for (unsigned i = 0; i < shifted.getNumInequalities(); ++i)
      shifted.atIneq(i, last) -=
          shifted.atIneq(i, 0) * dx + shifted.atIneq(i, 1) * dy;
    moved.set = moved.set.unionSet(PresburgerSet(PresburgerRelation(shifted)));
  }
  return moved;
}

std::optional<Core> CoreSet::sample() const {
  for (const IntegerRelation &disjunct : set.getAllDisjuncts())
    if (auto point = disjunct.findIntegerSample())
      return Core{int64_t((*point)[0]), int64_t((*point)[1])};
  return std::nullopt;
}

Link opposite(Link link) {
  switch (link) {
  case Link::North:
    return Link::South;
  case Link::East:
    return Link::West;
  case Link::South:
    return Link::North;
  case Link::West:
    return Link::East;
  case Link::Ramp:
    break;
  }
  return Link::Ramp;
}

} // namespace waferflow::fabric
