//===- ScalarCode.h - Counts that the tasks of a core share -----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_SCALARCODE_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_SCALARCODE_H

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
mlir::Value minus(Emit &e, mlir::Value a, mlir::Value b);
mlir::Value is(Emit &e, mlir::arith::CmpIPredicate predicate, mlir::Value a,
               int64_t b);
/// (number + 1) mod n.
mlir::Value next(Emit &e, mlir::Value number, int64_t n);
/// `scale` times an i32 as an address.
Emit::At address(Emit &e, mlir::Value number, int64_t scale);

} // namespace waferflow::fabric

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_SCALARCODE_H
