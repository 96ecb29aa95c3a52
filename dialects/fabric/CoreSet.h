//===- CoreSet.h - Sets of cores that proofs are made on --------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_DIALECTS_FABRIC_CORESET_H
#define WAFERFLOW_DIALECTS_FABRIC_CORESET_H

#include "dialects/fabric/Fabric.h"

#include "mlir/Analysis/Presburger/PresburgerRelation.h"

namespace waferflow::fabric {

struct Core {
  int64_t x = 0, y = 0;
};

/// A union of selections, exact for any selection that its verifier accepts:
/// what is proven here holds for all cores at once, however many there are.
class CoreSet {
public:
  CoreSet(); ///< no core
  explicit CoreSet(SelectAttr select);
  /// The rectangle of columns [0, width) and rows [0, height).
  CoreSet(int64_t width, int64_t height);

  CoreSet intersect(const CoreSet &other) const;
  CoreSet subtract(const CoreSet &other) const;
  CoreSet unite(const CoreSet &other) const;
  /// The neighbours through `link`, some of which may lie off the fabric.
  CoreSet neighbours(Link link) const;

  /// A core of the set; none where the set is empty.
  std::optional<Core> sample() const;
  bool empty() const { return !sample(); }

private:
  explicit CoreSet(mlir::presburger::PresburgerSet set) : set(std::move(set)) {}
  mlir::presburger::PresburgerSet set;
};

/// The link on the other side: what leaves east arrives from the west.
Link opposite(Link link);

} // namespace waferflow::fabric

#endif // WAFERFLOW_DIALECTS_FABRIC_CORESET_H
