//===- HandOver.h - Vectors wait for the fabric in buffers ------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_HANDOVER_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_HANDOVER_H

#include "compiler/lower-to-fabric/Emit.h"

namespace waferflow::fabric {

/// A count that all tasks of a core share, in a register: 0 at the beginning.
class Count {
public:
  explicit Count(Code &code);
  mlir::Value get(Emit &e) const;
  void set(Emit &e, mlir::Value value) const;
  void set(Emit &e, int64_t value) const;
  /// Its value after adding `amount`.
  mlir::Value add(Emit &e, int64_t amount) const;

private:
  mlir::Value reg;
};

mlir::Value integer(Emit &e, int64_t value); ///< an i32
mlir::Value plus(Emit &e, mlir::Value a, mlir::Value b);
mlir::Value is(Emit &e, mlir::arith::CmpIPredicate predicate, mlir::Value a,
               int64_t b);
/// (number + 1) mod n.
mlir::Value next(Emit &e, mlir::Value number, int64_t n);
/// `scale` times an i32 as an address.
Emit::At address(Emit &e, mlir::Value number, int64_t scale);

/// Tasks that may run only while each of several counts is at least 0: what
/// they need next is there.
class Gate {
public:
  explicit Gate(llvm::ArrayRef<std::string> tasks)
      : tasks(tasks.begin(), tasks.end()) {}
  void need(Count count) { counts.push_back(count); }
  /// Takes one of a count; blocks the tasks if none is left.
  void take(Emit &e, Count count) const;
  /// Gives one; unblocks the tasks if it was what they waited for.
  void give(Emit &e, Count count) const;
  void open(Emit &e) const;

private:
  void change(Emit &e, bool block) const;

  std::vector<std::string> tasks;
  std::vector<Count> counts;
};

/// `buffers` vectors of a core: one is being computed while those before it are
/// taken, in order, by one instruction each on a microthread. Behind it a task
/// clears the buffer and starts the instruction of the next one.
class HandOver {
public:
  /// Gets the number of a buffer.
  using Body = llvm::function_ref<void(Emit &, mlir::Value)>;

  /// `waiting` is memory for `buffers` numbers. Tasks of `gate` compute.
  HandOver(Code &code, Gate &gate, mlir::Value waiting, int64_t buffers);

  /// At the start of the program, when all buffers are clear.
  void begin(Emit &e) const;
  /// The number of the buffer that is being computed.
  mlir::Value current(Emit &e) const { return head.get(e); }
  /// Its vector is complete; `what` is an i32 that says what is to be done with
  /// it. `launch` is for when no other is being taken.
  void pass(Emit &e, mlir::Value what, Body launch) const;
  /// What was said of a buffer's vector.
  mlir::Value what(Emit &e, mlir::Value number) const;
  /// The task that completion activates: `launch` for the next vector that
  /// waits, then `clear` for the one that was taken.
  void taken(Emit &e, Body launch, Body clear) const;

private:
  Gate &gate;
  mlir::Value memory;
  int64_t buffers;
  Count head, tail, waiting, clean;
};

} // namespace waferflow::fabric

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_HANDOVER_H
