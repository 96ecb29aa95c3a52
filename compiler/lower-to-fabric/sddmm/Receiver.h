//===- Receiver.h - Vectors arrive ahead of their dots ----------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_SDDMM_RECEIVER_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_SDDMM_RECEIVER_H

#include "compiler/lower-to-fabric/sddmm/Broadcast.h"

#include <optional>

namespace waferflow::fabric::sddmm {

/// The vectors of all rows, in the order of the stream: from the fabric, own
/// ones as copies. Rows arrive in blocks, one while the one before it is in
/// use; the end of a block's last row waits for the next block. Blocks begin at
/// the same rows in all columns: so nobody waits for a row that another cannot
/// take before it has what it waits for.
class Receiver {
public:
  Receiver(const Plan &plan, const Broadcast &broadcast)
      : plan(plan), broadcast(broadcast) {}

  /// Binds the code that is being written, behind the broadcast.
  void bind(Code &code);
  /// Waits for the first block and starts to receive the second. Until that is
  /// there, `task` is blocked where it must be.
  void begin(Emit &e, llvm::StringRef task) const;
  /// In `task`: the vector in use is no longer needed, the next one is in use.
  /// Blocks `task` until it may say so again.
  void next(Emit &e, llvm::StringRef task) const;
  /// The task behind what arrives, where blocks have several rows.
  void writeTasks(Code &code, llvm::StringRef task) const;

  mlir::Value buffer() const { return vectors; }
  /// The vector in use.
  Emit::At inUse(Emit &e) const;

private:
  void copy(Emit &e, mlir::Value place, mlir::Value count, mlir::Value from,
            How how) const;
  void receive(Emit &e, mlir::Value place, mlir::Value end, How how,
               llvm::function_ref<void()> none) const;
  void receiveOne(Emit &e, mlir::Value place, llvm::StringRef task) const;
  void beginBlocks(Emit &e, llvm::StringRef task) const;
  void startBlock(Emit &e) const;
  void receivePart(Emit &e) const;
  void nextOfBlock(Emit &e, llvm::StringRef task) const;

  const Plan &plan;
  const Broadcast &broadcast;
  // Of the code that is being written.
  mlir::Value vectors;
  struct Counts {
    Count use;      ///< place of the vector in use
    Count row;      ///< the next one to receive
    Count fromWest; ///< rows up to this one come from other columns
    // Blocks of several rows.
    Count place; ///< where the next one goes
    Count end;   ///< of the block that arrives
    Count size;  ///< its rows
    Count here;  ///< whether it has arrived
    Count last;  ///< place of the last one of the block in use
    Count half;  ///< its first place
    explicit Counts(Code &code)
        : use(code), row(code), fromWest(code), place(code), end(code),
          size(code), here(code), last(code), half(code) {}
  };
  std::optional<Counts> counts;
};

} // namespace waferflow::fabric::sddmm

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_SDDMM_RECEIVER_H
