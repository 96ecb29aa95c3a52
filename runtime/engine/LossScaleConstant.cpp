//===- LossScaleConstant.cpp - A step's loss scale in its code ------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/engine/LossScaleConstant.h"

#include "dialects/fabric/Fabric.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"

using namespace mlir;

namespace waferflow {

/// Of constants and of the module.
static constexpr llvm::StringLiteral kScale = "flow.loss_scale";

bool markLossScale(ModuleOp module, double scale) {
  Builder builder(module.getContext());
  for (auto program : module.getOps<fabric::ProgramOp>())
    program->walk([&](arith::ConstantOp constant) {
      auto value = dyn_cast<FloatAttr>(constant.getValue());
      if (value && value.getType().isF32() &&
          value.getValueAsDouble() == kLossScaleMark)
        constant->setAttr(kScale, builder.getUnitAttr());
    });
  return setLossScale(module, scale);
}

bool setLossScale(ModuleOp module, double scale) {
  Builder builder(module.getContext());
  bool found = false;
  for (auto program : module.getOps<fabric::ProgramOp>())
    program->walk([&](arith::ConstantOp constant) {
      if (!constant->hasAttr(kScale))
        return;
      found = true;
      constant.setValueAttr(builder.getF32FloatAttr(static_cast<float>(scale)));
    });
  if (found)
    module->setAttr(kScale, builder.getF64FloatAttr(scale));
  return found;
}

double lossScaleOf(ModuleOp module) {
  auto scale = module->getAttrOfType<FloatAttr>(kScale);
  return scale ? scale.getValueAsDouble() : 1;
}

} // namespace waferflow
