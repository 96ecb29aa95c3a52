//===- Liveness.cpp - What is resident while a kernel runs ----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/analysis/Liveness.h"

#include "dialects/flow/Orders.h"

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

    findBlockInputs();

    Counts live(numClasses);
    std::vector<LivePoint> points;
    for (auto [i, shared] : llvm::enumerate(shape.kernels)) {
      FlowKernel kernel = shared;
      Counts born(numClasses), dying(numClasses);
      for (Value result : kernel->getResults())
        if (lastUse.count(result))
          add(born, result);
      SmallPtrSet<Value, 8> seen;
      for (Value operand : kernel->getOperands())
        if (seen.insert(operand).second && lastUse.lookup(operand) == i + 1)
          add(dying, operand);
      Operation *op = kernel;
      points.push_back(during(live, born, dying, isa<MapOp, ReduceOp>(op)));
      for (int role = 0; role < kRoles; ++role)
        for (int slot = 0; slot <= numClasses; ++slot)
          live.of[role][slot] += born.of[role][slot] - dying.of[role][slot];
    }
    return points;
  }

private:
  enum Role { Kept, Recomputed, Other, kRoles };

  /// Values by role and slot: a class, or one scalar a token.
  struct Counts {
    explicit Counts(int numClasses) {
      for (auto &counts : of)
        counts.assign(numClasses + 1, 0);
    }
    std::vector<int32_t> of[kRoles];
  };

  void add(Counts &counts, Value value) const {
    int slot = slotOf(value);
    if (slot == kNothing)
      return;
    auto it = roles.find(value);
    ++counts.of[it == roles.end() ? Other : it->second][slot];
  }

  /// While a kernel runs, its inputs and its results are there; element-wise
  /// work writes over inputs that nobody reads afterwards.
  LivePoint during(const Counts &live, const Counts &born, const Counts &dying,
                   bool inPlace) const {
    std::vector<int32_t> sums[kRoles];
    int32_t rowScalars = 0;
    for (int slot = 0; slot <= numClasses; ++slot) {
      int32_t over = 0;
      for (int role = 0; role < kRoles; ++role)
        over += dying.of[role][slot];
      int32_t rows = 0;
      for (int role = kRoles; role-- > 0;) {
        int32_t written = inPlace ? std::min(over, born.of[role][slot]) : 0;
        over -= written;
        int32_t now = live.of[role][slot] + born.of[role][slot] - written;
        rows += now;
        if (slot < numClasses)
          sums[role].push_back(now);
      }
      if (slot == numClasses)
        rowScalars = rows;
    }
    return {std::move(sums[Kept]), std::move(sums[Recomputed]),
            std::move(sums[Other]), rowScalars};
  }

  /// Activations of the forward pass that the other passes read are kept; made
  /// again for blocks after their own, they are inputs of a segment.
  void findBlockInputs() {
    for (FlowKernel kernel : shape.kernels)
      for (Value operand : kernel->getOperands()) {
        auto producer = dyn_cast_or_null<FlowKernel>(operand.getDefiningOp());
        if (!producer || shape.classIndex(operand) < 0)
          continue;
        if (producer.getPhase() == KernelPhase::Forward &&
            kernel.getPhase() != KernelPhase::Forward)
          roles[operand] = Kept;
        else if (producer.getPhase() == KernelPhase::Recompute &&
                 producer.getLayer() != kernel.getLayer())
          roles[operand] = Recomputed;
      }
  }

  int slotOf(Value value) const {
    // A replica belongs to the plan of the kernel that reads it.
    if (auto relayout = value.getDefiningOp<RelayoutOp>();
        relayout && !changesOrder(relayout))
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
  DenseMap<Value, Role> roles; ///< of activations that are no others
};

} // namespace

std::vector<LivePoint> findLivePoints(func::FuncOp step,
                                      const StepShape &shape) {
  return Counter(step, shape).run();
}

} // namespace waferflow::flow
