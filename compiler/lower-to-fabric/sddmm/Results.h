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
/// routers of rows without tokens. Vectors wait in `buffers` places, in the
/// order of the stream; one microthread takes them.
class Results {
public:
  Results(Phase &phase, const Plan &plan);

  /// Binds the code of row 0 (`top`) or of the rows below it.
  void bind(Code &code, bool top);
  /// Clears all places.
  void begin(Emit &e) const;

  mlir::Value buffer() const { return results; }
  /// The place of result `number` of the row that is being computed.
  Emit::At place(Emit &e, Emit::At number) const;

  /// The number of a column's results where all positions are wanted, an i32.
  mlir::Value all(Emit &e) const;
  /// `count` (an i32, at least 1) results of the row in hand are there. Blocks
  /// `task`, which computes more, where no place is free.
  void pass(Emit &e, mlir::Value count, llvm::StringRef task) const;
  /// The task behind each vector that was taken; `task` may go on.
  void writeTasks(Code &code, llvm::StringRef task) const;

private:
  void launch(Emit &e, mlir::Value number, mlir::Value count) const;
  mlir::Value count(Emit &e, mlir::Value number) const;
  mlir::Value vector(Emit &e, mlir::Value number, mlir::Value count) const;

  const Plan *plan;
  mlir::Value even, odd, out; ///< colors
  // Of the code that is being written.
  bool top = false;
  mlir::Value results, counts, input, output;
  struct Queue {
    Count head;    ///< the place in hand
    Count tail;    ///< the next one that is taken
    Count waiting; ///< complete, not yet taken
    explicit Queue(Code &code) : head(code), tail(code), waiting(code) {}
  };
  std::optional<Queue> queue;
};

} // namespace waferflow::fabric::sddmm

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_SDDMM_RESULTS_H
