//===- FabricValues.h - What a task's values become - C++ -*
//---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_TRANSLATE_FABRICVALUES_H
#define WAFERFLOW_RUNTIME_TRANSLATE_FABRICVALUES_H

#include "runtime/translate/FabricTasks.h"

#include <memory>

namespace waferflow {

/// Where the values of one task are: known to each core before it runs, or in a
/// register of the core program, one a value. Registers are not shared between
/// tasks: an instruction on a microthread reads them after its task has ended.
class FabricValues {
public:
  explicit FabricValues(cycle::CoreProgram &core) : core(core) {}

  void know(mlir::Value value, cycle::CoreInteger integer) {
    integers[value] = std::make_shared<cycle::CoreInteger>(std::move(integer));
  }
  void know(mlir::Value value, double real) { reals[value] = real; }
  const cycle::CoreInteger *integer(mlir::Value value) const {
    auto it = integers.find(value);
    return it == integers.end() ? nullptr : it->second.get();
  }
  const double *real(mlir::Value value) const {
    auto it = reals.find(value);
    return it == reals.end() ? nullptr : &it->second;
  }

  int32_t newRegister(cycle::DataType type);
  /// The register of a value that is not known.
  int32_t reg(mlir::Value value);
  void bind(mlir::Value value, int32_t reg) { registers[value] = reg; }

  cycle::ScalarOperand scalar(mlir::Value value);
  cycle::Amount amount(mlir::OpFoldResult number);

  /// Whether `op` only makes addresses of one register (times a constant, plus
  /// what each core knows): then it is part of the instructions that use it and
  /// takes no slot, as a descriptor adds its offset.
  bool foldIntoAddress(mlir::Operation *op);

private:
  llvm::DenseMap<mlir::Value, std::shared_ptr<cycle::Amount>> addresses;
  cycle::CoreProgram &core;
  llvm::DenseMap<mlir::Value, std::shared_ptr<cycle::CoreInteger>> integers;
  llvm::DenseMap<mlir::Value, double> reals;
  llvm::DenseMap<mlir::Value, int32_t> registers;
};

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_TRANSLATE_FABRICVALUES_H
