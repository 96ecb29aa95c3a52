//===- Results.h - Dots wait, and are added up down y -----------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_SDDMM_RESULTS_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_SDDMM_RESULTS_H

#include "compiler/lower-to-fabric/ScalarCode.h"
#include "compiler/lower-to-fabric/sddmm/Plan.h"

#include <optional>

namespace waferflow::fabric::sddmm {

/// The dots of a row are one vector of a core. Each row's vector goes down y
/// from core to core, which add theirs, and out at the south edge through the
/// routers of rows without tokens. A microthread takes it while the next row's
/// is computed in a second place; the row after that waits until it has.
class Results {
public:
  Results(Phase &phase, const Plan &plan);

  /// Binds the code of row 0 (`top`) or of the rows below it.
  void bind(Code &code, bool top);
  /// Clears both places.
  void begin(Emit &e) const;

  mlir::Value buffer() const { return results; }
  /// The place of result `number` of the row that is being computed.
  Emit::At place(Emit &e, Emit::At number) const;
  /// `count` results of the row in hand are there, at least 1; an i16, or none
  /// where all positions are wanted.
  void pass(Emit &e, mlir::Value count) const;

private:
  const Plan *plan;
  mlir::Value even, odd, out; ///< colors
  // Of the code that is being written.
  bool top = false;
  mlir::Value results, input, output;
  std::optional<Count> first;  ///< element where the row in hand begins
  std::optional<Count> before; ///< results of the row before, where they differ
};

} // namespace waferflow::fabric::sddmm

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_SDDMM_RESULTS_H
