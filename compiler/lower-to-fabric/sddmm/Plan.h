//===- Plan.h - Who stays and who travels in an sddmm -----------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_SDDMM_PLAN_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_SDDMM_PLAN_H

#include "compiler/lower-to-fabric/Emit.h"

namespace waferflow::fabric::sddmm {

/// What all parts of one sddmm share. Columns hold features of the side that
/// stays; the vectors of the other side, one a row of the stream, travel along
/// x in the order of their owning columns.
struct Plan {
  Plan(StepLowering &lowering, flow::SddmmOp kernel)
      : lowering(lowering), kernel(kernel) {}

  StepLowering &lowering;
  mutable flow::SddmmOp kernel; // MLIR's handles have no const methods
  int64_t tl = 0;               ///< tokens of a core
  int64_t pitch = 0;            ///< elements of a vector: whole wavelets
  bool dense = false;           ///< all positions are wanted
  bool inputTravels = false;    ///< X's vectors do, and not dY's
  std::string result;           ///< the gradient's name

  Held staying, travelling;
  Held vectors; ///< [2 block, pitch]: rows in use, and those that arrive
  Held results; ///< [2, slots] dots: the row in hand, and the one before it
  int64_t block = 1; ///< rows whose vectors arrive together
  int64_t slots = 1; ///< of the staying side in a core, the most
  int64_t rows = 0;  ///< of the stream

  /// By column of a token group: slots of the staying side; the column's own
  /// rows are `before` to `behind` - 1.
  llvm::SmallVector<int64_t> slotsOf, before, behind;

  /// Reads the mapping and takes the SRAM; an error where something is missing.
  static mlir::FailureOr<Plan> of(StepLowering &lowering, flow::SddmmOp kernel);

  /// Rows of results in a core.
  static constexpr int64_t places = 2;
  /// Microthreads. Those below wait for the chain of results.
  static constexpr int64_t chainThread = 0, receiveThread = 1, sendThread = 2;

  int64_t blockThatPays(int64_t buffers) const;
  /// A number of each column, as an i32.
  mlir::Value perColumn(Emit &e, llvm::ArrayRef<int64_t> byColumn) const;
  /// `count` (an i32) vectors as they are sent: without what fills the last
  /// one's last wavelet, which may lie behind the buffer; below 0, none.
  Emit::At elementsOf(Emit &e, mlir::Value count) const;
  int64_t groupColumns() const { return lowering.tokens.groupColumns; }
  /// Whether vectors have anywhere to go.
  bool travels() const { return groupColumns() > 1; }
  /// Which elements of `tensor` a lane carries.
  HostAttr host(llvm::StringRef tensor, llvm::StringRef form) const;
};

} // namespace waferflow::fabric::sddmm

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_SDDMM_PLAN_H
