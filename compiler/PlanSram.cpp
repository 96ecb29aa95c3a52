//===- PlanSram.cpp - Does every kernel fit in 48 KB? ---------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/MappedStep.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

namespace waferflow::flow {

LogicalResult planSram(ModuleOp module) {
  auto mapped = readMappedStep(module);
  if (failed(mapped))
    return failure();
  if (auto error = verify(mapped->problem, mapped->solution))
    return mapped->step.emitError() << error->str();
  const LaidOut &laid = mapped->laid;
  size_t fullest = 0;
  int64_t most = -1;
  for (size_t i = 0; i < mapped->shape.kernels.size(); ++i) {
    int64_t bytes =
        kernelBytes(mapped->problem, laid, i, mapped->solution.choices[i]);
    if (bytes > most) {
      most = bytes;
      fullest = i;
    }
  }
  Builder builder(module.getContext());
  NamedAttrList items;
  if (most >= 0)
    for (const auto &[item, bytes] : planKernel(
             mapped->problem, laid, fullest, mapped->solution.choices[fullest]))
      items.set(item, builder.getI64IntegerAttr(bytes));
  mapped->step->setAttr("flow.sram", items.getDictionary(module.getContext()));
  return success();
}

} // namespace waferflow::flow
