//===- CpuProgram.h - A tensor program, compiled for this CPU - -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_ORACLE_CPUPROGRAM_H
#define WAFERFLOW_COMPILER_ORACLE_CPUPROGRAM_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace waferflow {

/// Shape and element type of a dense, row-major array. `dtype` is MLIR's name:
/// f32, f64, i1, i8, i16, i32, i64 (i1: a byte an element).
struct ArrayType {
  std::string dtype;
  std::vector<int64_t> shape;

  int64_t elements() const;
  int64_t elementBytes() const;
  int64_t bytes() const { return elements() * elementBytes(); }
  std::string str() const; ///< "tensor<1x16xi64>"
  bool operator==(const ArrayType &other) const {
    return dtype == other.dtype && shape == other.shape;
  }
};

/// An input: values that the caller keeps alive during run().
struct ArrayView {
  ArrayType type;
  const void *data;
};

/// An output.
struct Array {
  ArrayType type;
  std::vector<char> data;
};

/// The numerical oracle: a function on static tensors, lowered densely by
/// upstream passes and compiled in process. What the machine computes must
/// equal it.
class CpuProgram {
public:
  /// Compiles the public function `entry` of the MLIR module in `text`.
  /// Attributes of the flow dialect are dropped. `optimize` takes about five
  /// times as long to compile for code three to four times as fast. Errors hold
  /// the diagnostics.
  static llvm::Expected<std::unique_ptr<CpuProgram>>
  compile(llvm::StringRef text, llvm::StringRef entry, bool optimize = false);
  ~CpuProgram();

  const std::vector<ArrayType> &inputs() const;
  const std::vector<ArrayType> &outputs() const;

  /// Inputs are not changed. A wrong number, type or shape of them is an error,
  /// as is an assertion of the program that fails (its memory of that run is
  /// lost). Bit-identical at every call; one call at a time.
  llvm::Expected<std::vector<Array>> run(llvm::ArrayRef<ArrayView> inputs);

private:
  struct State;
  explicit CpuProgram(std::unique_ptr<State> state);
  std::unique_ptr<State> state;
};

} // namespace waferflow

#endif // WAFERFLOW_COMPILER_ORACLE_CPUPROGRAM_H
