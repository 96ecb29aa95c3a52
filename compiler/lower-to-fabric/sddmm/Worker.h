//===- Worker.h - What a core of an sddmm computes --------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_SDDMM_WORKER_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_SDDMM_WORKER_H

#include "compiler/lower-to-fabric/sddmm/Receiver.h"
#include "compiler/lower-to-fabric/sddmm/Results.h"

namespace waferflow::fabric::sddmm {

constexpr int64_t rowEnd = 24; ///< the control task at the end of a row

/// The tasks of a core. A row's dots run in one task each where the positions
/// are streamed, or in one task where all are wanted; behind them `row_end`
/// hands them over and goes on to the next row. It runs only when that row's
/// vector has come, so that dots need not ask; they in turn wait only for a
/// place for their results.
class Worker {
public:
  Worker(const Plan &plan, Broadcast &broadcast, Results &results,
         mlir::Value positions)
      : plan(plan), broadcast(broadcast), receiver(plan, broadcast),
        results(results), positions(positions) {}

  /// Row 0, or the rows below it; `positions` is null where dense.
  void write(Phase &phase, bool top);

private:
  void writeMain(Code &code);
  void writeStreamed(Code &code, mlir::Value queue);
  void writeDense(Code &code);
  void writeRounds(Emit &e, int64_t least, mlir::Value count);
  void dot(Emit &e, Emit::At place, Emit::At feature);

  const Plan &plan;
  Broadcast &broadcast;
  Receiver receiver;
  Results &results;
  mlir::Value positions;
  mlir::Value staying; ///< of the code that is being written
};

} // namespace waferflow::fabric::sddmm

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_SDDMM_WORKER_H
