//===- FabricValues.cpp - Registers and known integers --------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/translate/FabricValues.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace waferflow::fabric;

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
  if (auto it = addresses.find(value); it != addresses.end())
    return *it->second;
  return cycle::Amount::ofRegister(reg(value));
}

/// What each core knows before it runs.
static bool isKnown(Value value) {
  Operation *op = value.getDefiningOp();
  if (isa_and_nonnull<arith::ConstantOp, CoordOp, ParamOp>(op))
    return true;
  return isa_and_nonnull<arith::AddIOp, arith::SubIOp, arith::MulIOp,
                         arith::IndexCastOp>(op) &&
         llvm::all_of(op->getOperands(), isKnown);
}

/// The operand that becomes a register; none where there are two, or the other
/// is no constant factor.
static Value registerOf(Operation *op) {
  if (!isa<arith::AddIOp, arith::MulIOp, arith::IndexCastOp>(op) ||
      !op->getResult(0).getType().isIndex())
    return {};
  if (isa<arith::IndexCastOp>(op))
    return isKnown(op->getOperand(0)) ? Value() : op->getOperand(0);
  Value a = op->getOperand(0), b = op->getOperand(1);
  if (isKnown(a))
    std::swap(a, b);
  if (isKnown(a) || !isKnown(b) ||
      (isa<arith::MulIOp>(op) && !getConstantIntValue(b)))
    return {};
  return a;
}

static bool onlyAddresses(Operation *op) {
  if (!registerOf(op))
    return false;
  return llvm::all_of(op->getUses(), [&](OpOperand &use) {
    Operation *user = use.getOwner();
    if (isa<DsdOp, FabinOp, FaboutOp>(user))
      return true;
    if (auto load = dyn_cast<memref::LoadOp>(user))
      return load.getMemRefType().getRank() == 1;
    if (auto store = dyn_cast<memref::StoreOp>(user))
      return store.getMemRefType().getRank() == 1;
    return onlyAddresses(user);
  });
}

bool FabricValues::foldIntoAddress(Operation *op) {
  if (op->getNumResults() != 1 || !onlyAddresses(op))
    return false;
  Value from = registerOf(op);
  cycle::Amount result = amount(from);
  if (!isa<arith::IndexCastOp>(op)) {
    Value other = op->getOperand(op->getOperand(0) == from ? 1 : 0);
    const cycle::CoreInteger *known = integer(other);
    if (!known)
      return false;
    if (isa<arith::AddIOp>(op)) {
      result.base = result.base + *known;
    } else {
      result.base = result.base * *known;
      result.scale *= *getConstantIntValue(other);
    }
  }
  addresses[op->getResult(0)] =
      std::make_shared<cycle::Amount>(std::move(result));
  return true;
}

} // namespace waferflow
