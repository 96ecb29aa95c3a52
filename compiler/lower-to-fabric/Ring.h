//===- Ring.h - The columns of an output group pass values on ---*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_RING_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_RING_H

#include "compiler/lower-to-fabric/Phase.h"

namespace waferflow::fabric {

/// A ring for each output group, in every row and token group: each member
/// sends to the next one eastward, the last one back to the first. Members of
/// interleaved groups are `groups` columns apart.
///
/// The hop from column c takes color c mod (distance + 1): the columns from
/// which hops reach, pass or leave any column are that many. Interleaved groups
/// share the links of their ways back, so each has a color of its own.
class Ring {
public:
  /// Colors and routes in `phase`, which has used `others` colors or will; an
  /// error where the machine has too few.
  static mlir::FailureOr<Ring> create(Phase &phase, int64_t groups,
                                      GroupForm form, int64_t others);

  int64_t members() const { return count; }
  /// Whether there is anybody to pass values on to.
  bool exists() const { return count > 1; }
  /// Cores of all members; of the columns that no group has, or null.
  SelectAttr memberCores(int64_t y0, int64_t y1) const;
  SelectAttr otherCores(int64_t y0, int64_t y1) const;

  /// Queues from the member before and to the next one.
  mlir::Value input(Code &code) const;
  mlir::Value output(Code &code) const;

private:
  using Where = llvm::SmallVector<mlir::AffineExpr>;
  explicit Ring(Phase &phase) : phase(&phase) {}

  void routeHops();
  void routeBack();
  Where senders(int64_t color) const, receivers(int64_t color) const;
  /// Cores where all of `zero` are 0 and all of `notNegative` at least that.
  SelectAttr select(llvm::ArrayRef<mlir::AffineExpr> zero,
                    llvm::ArrayRef<mlir::AffineExpr> notNegative, int64_t y0,
                    int64_t y1) const;
  bool any(SelectAttr cores) const;

  Phase *phase;
  int64_t groups = 1, count = 1, distance = 1;
  llvm::SmallVector<mlir::Value> hops, back;
  mlir::AffineExpr column;   ///< of the token group
  mlir::AffineExpr position; ///< grows by `distance` from member to member
};

} // namespace waferflow::fabric

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_RING_H
