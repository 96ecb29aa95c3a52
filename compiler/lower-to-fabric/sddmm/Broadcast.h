//===- Broadcast.h - Vectors go from each column to all others --*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_SDDMM_BROADCAST_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_SDDMM_BROADCAST_H

#include "compiler/lower-to-fabric/ScalarCode.h"
#include "compiler/lower-to-fabric/sddmm/Plan.h"

namespace waferflow::fabric::sddmm {

/// The columns of a token group are the root of a multicast to both sides one
/// after the other, from the west. A router takes the color from the west
/// until it is its core's turn, then from its core, then from the east; the
/// control wavelet behind a column's last vector moves its own router's switch
/// and that of the next column, and no other. What a core sends waits in its
/// queue for its turn, so all of them begin at once.
class Broadcast {
public:
  /// One color and its routes; none where a group has one column. An error
  /// where the machine has too few switch positions.
  static mlir::FailureOr<Broadcast> create(Phase &phase, const Plan &plan);

  /// Binds the code that is being written.
  void bind(Code &code);
  /// Starts to send the column's own vectors.
  void send(Emit &e) const;
  /// `extent` elements of the own vectors from number `first` on, as they are
  /// sent: each fills whole wavelets, an odd one with what lies behind it.
  mlir::Value own(Emit &e, mlir::Value first, Emit::At extent) const;

  /// Where vectors of other columns arrive; null where there are none.
  mlir::Value arrivals() const { return input; }

private:
  explicit Broadcast(const Plan &plan) : plan(&plan) {}
  void route(Phase &phase);

  const Plan *plan;
  mlir::Value color; ///< null: nobody to send to
  // Of the code that is being written.
  mlir::Value travelling, input, output;
};

} // namespace waferflow::fabric::sddmm

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_SDDMM_BROADCAST_H
