//===- Recompute.cpp - Recomputation as kernels of their own --------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/recompute/Recompute.h"

#include "compiler/recompute/KernelRewrites.h"
#include "dialects/flow/Flow.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace waferflow::flow {

namespace {

int64_t layerOf(Operation *op) {
  if (auto kernel = dyn_cast<FlowKernel>(op))
    if (auto layer = kernel.getLayer())
      return static_cast<int64_t>(*layer);
  return -1;
}

bool isIn(Operation *op, KernelPhase phase) {
  auto kernel = dyn_cast_or_null<FlowKernel>(op);
  return kernel && kernel.getPhase() == phase;
}

bool isIn(Operation *op, KernelSection section) {
  auto kernel = dyn_cast_or_null<FlowKernel>(op);
  return kernel && kernel.getSection() == section;
}

/// The value behind reshapes.
Value behindViews(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (isa<FlowKernel>(op) || op->getNumOperands() == 0)
      break;
    value = op->getOperand(0);
  }
  return value;
}

bool isMap(Operation *op) { return isa_and_nonnull<MapOp>(op); }

class Recomputer {
public:
  Recomputer(func::FuncOp step, int64_t keepEvery)
      : step(step), keepEvery(keepEvery) {}

  void run() {
    SmallVector<Operation *> backward;
    for (Operation &op : step.front())
      if (isIn(&op, KernelPhase::Backward))
        backward.push_back(&op);
    if (backward.empty())
      return;
    findBoundaries();
    for (Operation *op : backward)
      serve(op);
    pruneForward();
  }

private:
  /// Values that cross from one block into the next, and how many tokens.
  void findBoundaries() {
    for (Operation &op : step.front()) {
      if (!isIn(&op, KernelPhase::Forward))
        continue;
      for (Value operand : op.getOperands()) {
        Value value = behindViews(operand);
        Operation *def = value.getDefiningOp();
        if (!isIn(def, KernelPhase::Forward))
          continue;
        bool leavesEmbedding = isIn(def, KernelSection::Embedding) &&
                               !isIn(&op, KernelSection::Embedding);
        bool entersHead =
            isIn(def, KernelSection::Block) && isIn(&op, KernelSection::Head);
        if (leavesEmbedding || entersHead) {
          kept.insert(value);
        } else if (isIn(&op, KernelSection::Block) &&
                   layerOf(def) != layerOf(&op)) {
          boundary.insert(value);
          if (layerOf(&op) % keepEvery == 0)
            kept.insert(value);
        }
      }
    }
    if (auto ids = step.getArgumentTypes(); !ids.empty())
      for (Type type : ids)
        if (auto tensor = dyn_cast<RankedTensorType>(type);
            tensor && tensor.getElementType().isInteger())
          tokens = std::max(tokens, tensor.getNumElements());
  }

  bool isKept(Value value) const {
    Operation *def = value.getDefiningOp();
    if (!isIn(def, KernelPhase::Forward) || kept.contains(value) ||
        isIn(def, KernelSection::Embedding))
      return true;
    // Scalars a token are cheaper to keep than to stream the head for.
    return isIn(def, KernelSection::Head) &&
           cast<RankedTensorType>(value.getType()).getNumElements() <= tokens;
  }

  /// Replaces what a backward kernel takes from the forward pass.
  void serve(Operation *user) {
    if (layerOf(user) != currentLayer) {
      interior.clear();
      currentLayer = layerOf(user);
    }
    mapsOfUser.clear();
    newMaps.clear();
    OpBuilder builder(user);
    SmallVector<Value> operands(user->getOperands());
    for (Value &operand : operands)
      operand = recompute(operand, builder, interior);
    user->setOperands(operands);
    fuseNewMaps();
  }

  Value recompute(Value value, OpBuilder &builder, IRMapping &memo) {
    Value root = behindViews(value);
    if (isKept(root))
      return value;
    if (root != value) {
      Operation *view = value.getDefiningOp();
      IRMapping mapping;
      for (Value operand : view->getOperands())
        mapping.map(operand, recompute(operand, builder, memo));
      return builder.clone(*view, mapping)
          ->getResult(cast<OpResult>(value).getResultNumber());
    }
    if (boundary.contains(value)) {
      if (Value again = inputs.lookupOrNull(value))
        return again;
      IRMapping once; // the interior of an earlier block of the segment
      Value again = cloneProducer(value, builder, once);
      inputs.map(value, again);
      return again;
    }
    if (Value again = memo.lookupOrNull(value))
      return again;
    if (Value again = mapsOfUser.lookupOrNull(value))
      return again;
    return cloneProducer(value, builder, memo);
  }

  Value cloneProducer(Value value, OpBuilder &builder, IRMapping &memo) {
    Operation *def = value.getDefiningOp();
    IRMapping mapping;
    for (Value operand : def->getOperands())
      mapping.map(operand, recompute(operand, builder, memo));
    Operation *clone = builder.clone(*def, mapping);
    cast<FlowKernel>(clone).setPhaseAttr(
        KernelPhaseAttr::get(clone->getContext(), KernelPhase::Recompute));
    // Maps are cheap: made again for each user, so that only what they read
    // stays resident.
    IRMapping &results = isMap(def) ? mapsOfUser : memo;
    if (isMap(def))
      newMaps.push_back(clone);
    for (auto [old, now] :
         llvm::zip_equal(def->getResults(), clone->getResults()))
      results.map(old, now);
    return clone->getResult(cast<OpResult>(value).getResultNumber());
  }

  /// Fuses the maps cloned for this user that a single map or reduce reads.
  void fuseNewMaps() {
    for (size_t i = 0; i < newMaps.size(); ++i) {
      Operation *map = newMaps[i];
      Operation *only = singleReader(map);
      if (!only || !isa<MapOp, ReduceOp>(only) || isBoundary(map))
        continue;
      SmallVector<Value> before(only->getResults());
      Operation *fused = fuseProducer(map, only);
      for (IRMapping *mapping : {&interior, &mapsOfUser, &inputs})
        replaceValues(*mapping, before, fused->getResults());
      std::replace(newMaps.begin() + i, newMaps.end(), only, fused);
    }
  }

  static Operation *singleReader(Operation *op) {
    Operation *only = nullptr;
    for (Operation *reader : op->getUsers()) {
      if (only && only != reader)
        return nullptr;
      only = reader;
    }
    return only;
  }

  static void replaceValues(IRMapping &mapping, ArrayRef<Value> before,
                            ValueRange after) {
    SmallVector<std::pair<Value, Value>> changed;
    for (const auto &[key, value] : mapping.getValueMap())
      for (auto [old, now] : llvm::zip_equal(before, after))
        if (value == old)
          changed.push_back({key, now});
    for (auto [key, value] : changed)
      mapping.map(key, value);
  }

  /// Block inputs must stay values of their own.
  bool isBoundary(Operation *map) const {
    return llvm::any_of(map->getResults(), [&](Value result) {
      return llvm::any_of(inputs.getValueMap(), [&](const auto &entry) {
        return entry.second == result;
      });
    });
  }

  /// What only the backward pass used is not produced any more.
  void pruneForward() {
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(step.front())))
      if (isa<MapOp, ReduceOp>(op))
        pruneResults(&op);
      else if (isOpTriviallyDead(&op))
        op.erase();
  }

  func::FuncOp step;
  int64_t keepEvery;
  int64_t tokens = 0;
  int64_t currentLayer = -2;
  DenseSet<Value> kept, boundary;
  IRMapping inputs;     ///< recomputed block inputs of all segments
  IRMapping interior;   ///< recomputed values of the block in backward
  IRMapping mapsOfUser; ///< map results made for the kernel being served
  SmallVector<Operation *> newMaps; ///< in order of creation
};

} // namespace

void materializeRecomputation(func::FuncOp step, int64_t keepEvery) {
  Recomputer(step, keepEvery).run();
}

} // namespace waferflow::flow
