//===- FabricValues.cpp - Registers and known integers --------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/translate/FabricValues.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;

namespace waferflow {

int32_t FabricValues::newRegister(cycle::DataType type) {
  cycle::Register reg;
  reg.type = type;
  core.registers.push_back(reg);
  return static_cast<int32_t>(core.registers.size()) - 1;
}

int32_t FabricValues::reg(Value value) {
  auto [it, isNew] = registers.try_emplace(value, -1);
  if (isNew)
    it->second = newRegister(toDataType(value.getType()));
  return it->second;
}

cycle::ScalarOperand FabricValues::scalar(Value value) {
  cycle::ScalarOperand operand;
  if (const cycle::CoreInteger *known = integer(value))
    operand.integer = *known;
  else if (const double *known = real(value))
    operand.real = *known;
  else
    operand.reg = reg(value);
  return operand;
}

cycle::Amount FabricValues::amount(OpFoldResult number) {
  if (auto constant = getConstantIntValue(number))
    return *constant;
  auto value = cast<Value>(number);
  if (const cycle::CoreInteger *known = integer(value))
    return *known;
  return cycle::Amount::ofRegister(reg(value));
}

} // namespace waferflow
