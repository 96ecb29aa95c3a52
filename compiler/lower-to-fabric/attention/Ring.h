//===- Ring.h - Neighbours in a row or column pass on, in a ring - C++ -*--===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_ATTENTION_RING_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_ATTENTION_RING_H

#include "compiler/lower-to-fabric/Phase.h"

namespace waferflow::fabric::attention {

/// Rings of `members` neighbouring cores, side by side along an axis of a
/// rectangle: each member sends to the next one east (or south), the last one
/// back to the first. Three colors: by the parity of the sender, and back.
class Ring {
public:
  /// Colors alone; rings of one member have none.
  Ring(Phase &phase, Axis axis, int64_t members);

  int64_t members() const { return count; }
  /// Routes of the rings of a rectangle, the first of which begins at its
  /// corner. Whole rings lie in it.
  void route(Phase &phase, int64_t x0, int64_t x1, int64_t y0, int64_t y1);
  /// Queues of a code on a rectangle of whole rings.
  mlir::Value input(Code &code, int64_t x0, int64_t x1, int64_t y0, int64_t y1);
  mlir::Value output(Code &code, int64_t x0, int64_t x1, int64_t y0,
                     int64_t y1);
  /// A core's number in its ring, of rings that begin at x0, y0.
  mlir::AffineExpr number(const Phase &phase, int64_t x0, int64_t y0) const;

private:
  struct Rectangle {
    int64_t x0, x1, y0, y1;
  };
  /// The members from `first` to `last` of every ring, of one parity or all.
  SelectAttr membersOf(Phase &phase, const Rectangle &in, int64_t first,
                       int64_t last, std::optional<int64_t> parity = {});

  Axis axis;
  int64_t count;
  mlir::Value even, odd, back;
};

} // namespace waferflow::fabric::attention

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_ATTENTION_RING_H
