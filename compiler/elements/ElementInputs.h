//===- ElementInputs.h - What cores have of a kernel's inputs ---*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_ELEMENTS_ELEMENTINPUTS_H
#define WAFERFLOW_COMPILER_ELEMENTS_ELEMENTINPUTS_H

#include "mlir/IR/Value.h"

#include <functional>
#include <optional>
#include <vector>

namespace waferflow::fabric {

/// How a value lies in SRAM: by token and feature, one a token, one for all.
enum class Resident { Activation, RowScalar, Scalar };

/// What the body of a kernel asks of the step around it.
struct ElementInputs {
  int64_t tokens = 0, seq = 0;
  /// Of an input that a kernel before has left; none for arguments of the step.
  std::function<std::optional<Resident>(mlir::Value)> residentOf;
  /// Features of a reduction that are looked at: 0: all, else so many, evenly
  /// spread. For who asks what a kernel does, not what it gives.
  int64_t sample = 0;

  /// Which of `count` features are looked at.
  std::vector<int64_t> looked(int64_t count) const;
};

} // namespace waferflow::fabric

#endif // WAFERFLOW_COMPILER_ELEMENTS_ELEMENTINPUTS_H
