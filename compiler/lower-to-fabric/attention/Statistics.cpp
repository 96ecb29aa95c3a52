//===- Statistics.cpp - What a forward pass leaves for its gradients ------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/attention/Statistics.h"

#include "compiler/analysis/AttentionBody.h"

#include "mlir/IR/OperationSupport.h"

using namespace mlir;

namespace waferflow::fabric::attention {

/// Whether two values hold the same numbers in the same places. Recomputation
/// repeats maps (rotary embeddings), so equal maps of equal values count.
static bool sameValue(Value a, Value b) {
  if (a == b)
    return true;
  auto map = a.getDefiningOp<flow::MapOp>(),
       other = b.getDefiningOp<flow::MapOp>();
  if (!map || !other ||
      cast<OpResult>(a).getResultNumber() !=
          cast<OpResult>(b).getResultNumber())
    return false;
  for (StringRef layout : {"in_layout", "out_layout"})
    if (map->getAttr(layout) != other->getAttr(layout))
      return false;
  return map->getNumOperands() == other->getNumOperands() &&
         llvm::all_of(llvm::zip(map->getOperands(), other->getOperands()),
                      [](auto pair) {
                        return sameValue(std::get<0>(pair), std::get<1>(pair));
                      }) &&
         OperationEquivalence::isRegionEquivalentTo(
             &map->getRegion(0), &other->getRegion(0),
             OperationEquivalence::IgnoreLocations);
}

static bool isForwardOf(flow::AttentionOp forward, flow::AttentionOp backward) {
  if (forward.getCausal() != backward.getCausal() ||
      forward.getHeads() != backward.getHeads() ||
      forward.getKvHeads() != backward.getKvHeads() ||
      forward.getHeadDim() != backward.getHeadDim() ||
      forward.getSeq() != backward.getSeq())
    return false;
  // Keys and values that share no input with the gradients' are others.
  if (llvm::none_of(forward.getInputs(), [&](Value input) {
        return llvm::is_contained(backward.getInputs(), input);
      }))
    return false;
  // What is of an unknown form is an error where it is lowered, not here.
  ScopedDiagnosticHandler silent(forward.getContext(),
                                 [](Diagnostic &) { return success(); });
  auto body = flow::readBody(forward), gradients = flow::readBody(backward);
  return succeeded(body) && succeeded(gradients) && !body->gradient &&
         gradients->gradient && body->scale == gradients->scale &&
         sameValue(body->q, gradients->q) && sameValue(body->k, gradients->k) &&
         sameValue(body->v, gradients->v);
}

flow::AttentionOp forwardOf(flow::AttentionOp backward) {
  for (Operation *op = backward->getPrevNode(); op; op = op->getPrevNode())
    if (auto forward = dyn_cast<flow::AttentionOp>(op))
      if (isForwardOf(forward, backward))
        return forward;
  return {};
}

flow::AttentionOp backwardOf(flow::AttentionOp forward) {
  for (Operation *op = forward->getNextNode(); op; op = op->getNextNode())
    if (auto backward = dyn_cast<flow::AttentionOp>(op))
      if (isForwardOf(forward, backward))
        return forwardOf(backward) == forward ? backward : flow::AttentionOp();
  return {};
}

} // namespace waferflow::fabric::attention
