//===- KernelRewrites.cpp - Smaller and fused region kernels --------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/recompute/KernelRewrites.h"

#include "dialects/flow/Flow.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace waferflow::flow {

namespace {

void eraseDeadOps(Block &body) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
    if (isOpTriviallyDead(&op))
      op.erase();
}

/// A kernel like `model` with other inputs and results and an empty body block
/// that has one argument an input.
Operation *createLike(OpBuilder &builder, Operation *model, ValueRange inputs,
                      TypeRange results) {
  OperationState state(model->getLoc(), model->getName());
  state.addOperands(inputs);
  state.addTypes(results);
  state.addAttributes(model->getAttrs());
  Region *region = state.addRegion();
  Block *block = new Block;
  region->push_back(block);
  for (Value input : inputs)
    block->addArgument(input.getType(), input.getLoc());
  return builder.create(state);
}

} // namespace

Operation *pruneResults(Operation *kernel) {
  if (kernel->use_empty()) {
    kernel->erase();
    return nullptr;
  }
  Block &body = kernel->getRegion(0).front();
  Operation *yield = body.getTerminator();
  SmallVector<Value> kept, yielded;
  for (auto [result, value] :
       llvm::zip_equal(kernel->getResults(), yield->getOperands()))
    if (!result.use_empty()) {
      kept.push_back(result);
      yielded.push_back(value);
    }
  if (kept.size() == kernel->getNumResults())
    return kernel;
  yield->setOperands(yielded);
  eraseDeadOps(body);

  SmallVector<Value> inputs;
  llvm::BitVector unread(body.getNumArguments());
  for (auto [argument, input] :
       llvm::zip_equal(body.getArguments(), kernel->getOperands())) {
    if (argument.use_empty())
      unread.set(argument.getArgNumber());
    else
      inputs.push_back(input);
  }
  body.eraseArguments(unread);
  OpBuilder builder(kernel);
  Operation *pruned =
      createLike(builder, kernel, inputs, TypeRange(ValueRange(kept)));
  pruned->getRegion(0).takeBody(kernel->getRegion(0));
  for (auto [old, now] : llvm::zip_equal(kept, pruned->getResults()))
    old.replaceAllUsesWith(now);
  kernel->erase();
  return pruned;
}

Operation *fuseProducer(Operation *producer, Operation *consumer) {
  SetVector<Value> inputs;
  inputs.insert(producer->operand_begin(), producer->operand_end());
  for (Value input : consumer->getOperands())
    if (input.getDefiningOp() != producer)
      inputs.insert(input);

  OpBuilder builder(consumer);
  Operation *fused = createLike(builder, consumer, inputs.getArrayRef(),
                                consumer->getResultTypes());
  Block &body = fused->getRegion(0).front();
  DenseMap<Value, Value> argumentOf;
  for (auto [input, argument] :
       llvm::zip_equal(inputs.getArrayRef(), body.getArguments()))
    argumentOf[input] = argument;

  builder.setInsertionPointToStart(&body);
  IRMapping first, second;
  Block &front = producer->getRegion(0).front();
  for (auto [argument, input] :
       llvm::zip_equal(front.getArguments(), producer->getOperands()))
    first.map(argument, argumentOf[input]);
  for (Operation &op : front.without_terminator())
    builder.clone(op, first);
  for (auto [result, value] : llvm::zip_equal(
           producer->getResults(), front.getTerminator()->getOperands()))
    argumentOf[result] = first.lookup(value);

  Block &back = consumer->getRegion(0).front();
  for (auto [argument, input] :
       llvm::zip_equal(back.getArguments(), consumer->getOperands()))
    second.map(argument, argumentOf[input]);
  for (Operation &op : back)
    builder.clone(op, second);

  consumer->replaceAllUsesWith(fused->getResults());
  consumer->erase();
  producer->erase();
  return fused;
}

} // namespace waferflow::flow
