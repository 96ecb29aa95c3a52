//===- Liveness.cpp - What is resident while a kernel runs ----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/analysis/Liveness.h"

using namespace mlir;

namespace waferflow::flow {

namespace {

/// Index into the counts of a live point: a class, or the scalars a token last.
constexpr int kNothing = -1;

class Counter {
public:
  Counter(func::FuncOp step, const StepShape &shape)
      : step(step), shape(shape), numClasses(shape.classes.size()) {}

  std::vector<LivePoint> run() {
    DenseMap<Operation *, size_t> positionOf;
    for (auto [i, kernel] : llvm::enumerate(shape.kernels))
      positionOf[kernel] = i;
    // The last kernel that reads each value; none where only the step's return
    // does.
    for (FlowKernel kernel : shape.kernels)
      for (Value operand : kernel->getOperands())
        lastUse[operand] = positionOf[kernel] + 1; // kernels are in order

    std::vector<int32_t> live(numClasses + 1, 0);
    std::vector<LivePoint> points;
    for (auto [i, shared] : llvm::enumerate(shape.kernels)) {
      FlowKernel kernel = shared;
      std::vector<int32_t> born(numClasses + 1, 0), dying(numClasses + 1, 0);
      for (Value result : kernel->getResults())
        if (int slot = slotOf(result);
            slot != kNothing && lastUse.count(result))
          ++born[slot];
      SmallPtrSet<Value, 8> seen;
      for (Value operand : kernel->getOperands())
        if (int slot = slotOf(operand); slot != kNothing &&
                                        seen.insert(operand).second &&
                                        lastUse.lookup(operand) == i + 1)
          ++dying[slot];
      Operation *op = kernel;
      bool inPlace = isa<MapOp, ReduceOp>(op);
      LivePoint point;
      for (int slot = 0; slot <= numClasses; ++slot) {
        int32_t during = live[slot] + born[slot];
        if (inPlace)
          during -= std::min(born[slot], dying[slot]);
        if (slot < numClasses)
          point.tensors.push_back(during);
        else
          point.rowScalars = during;
        live[slot] += born[slot] - dying[slot];
      }
      points.push_back(std::move(point));
    }
    return points;
  }

private:
  int slotOf(Value value) const {
    // A replica belongs to the plan of the kernel that reads it.
    if (value.getDefiningOp<RelayoutOp>())
      return kNothing;
    if (int32_t cls = shape.classIndex(value); cls >= 0)
      return cls;
    Operation *def = value.getDefiningOp();
    auto type = dyn_cast<RankedTensorType>(value.getType());
    bool scalars = def && isa<FlowKernel>(def) && type &&
                   type.getNumElements() > 1 && type.getRank() >= 1 &&
                   (type.getRank() == 1 || type.getDimSize(1) == 1);
    return scalars ? numClasses : kNothing;
  }

  func::FuncOp step;
  const StepShape &shape;
  int numClasses;
  DenseMap<Value, size_t> lastUse;
};

} // namespace

std::vector<LivePoint> findLivePoints(func::FuncOp step,
                                      const StepShape &shape) {
  return Counter(step, shape).run();
}

} // namespace waferflow::flow
