//===- Collect.h - Sums and maxima over cores -------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each appends one code for every selection of cores that plays another part:
// first `before` is written, then the part, then `after`. All that wait, wait
// on the main thread, so that nothing else runs meanwhile.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_COLLECT_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_COLLECT_H

#include "compiler/elements/ElementGraph.h"
#include "compiler/lower-to-fabric/Emit.h"

namespace waferflow::fabric {

using Part = llvm::function_ref<void(Code &, Emit &)>;

/// `from` of the columns [begin, end) of every token group, combined from west
/// to east, becomes `to` in all columns of the group. Every row by itself.
void collectRows(Phase &phase, const Held &from, const Held &to,
                 Combine combine, int64_t begin, int64_t end, Part before,
                 Part after);

/// One element of every row and token group, and of every column of the group
/// or only the first, becomes `to` on all cores.
void collectScalar(Phase &phase, const Held &from, const Held &to,
                   Combine combine, bool everyColumn, Part before, Part after);

/// Colors from every row to the next one, by the row of the sender, and from
/// the last row on to the south edge.
struct South {
  Phase &phase;
  mlir::Value even, odd;
  /// The color that reaches the edge.
  mlir::Value last() const {
    return (phase.lowering.rows() - 1) % 2 ? odd : even;
  }
};
South routeSouth(Phase &phase);
/// The codes of the first row and of those below; `write` gets the queue from
/// the north (none in the first row) and the one to the south.
void eachRow(
    const South &south,
    llvm::function_ref<void(Code &, Emit &, mlir::Value in, mlir::Value out)>
        write);

} // namespace waferflow::fabric

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_COLLECT_H
