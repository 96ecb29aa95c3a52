//===- ChunkLoops.cpp - What a loop over pieces of a vocabulary does ------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/ChunkLoops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/IRMapping.h"

#include <utility>

using namespace mlir;

namespace waferflow::fabric::chunks {

static std::string labelOf(Operation *op) {
  auto label = op->getAttrOfType<StringAttr>("label");
  return label ? label.str() : std::string();
}

static Value combined(OpBuilder &b, Location loc, Combine combine, Value x,
                      Value y) {
  bool real = isa<FloatType>(getElementTypeOrSelf(x.getType()));
  switch (combine) {
  case Combine::Add:
    return real ? arith::AddFOp::create(b, loc, x, y).getResult()
                : arith::AddIOp::create(b, loc, x, y).getResult();
  case Combine::Max:
    return real ? arith::MaximumFOp::create(b, loc, x, y).getResult()
                : arith::MaxSIOp::create(b, loc, x, y).getResult();
  case Combine::Min:
    return real ? arith::MinimumFOp::create(b, loc, x, y).getResult()
                : arith::MinSIOp::create(b, loc, x, y).getResult();
  }
  return Value();
}

/// Writes the open loop where its last root stands: what others make for later
/// loops is not held yet.
void Unroller::close() {
  if (open.empty())
    return;
  if (Operation *last = open.back().op; last->hasTrait<OpTrait::IsTerminator>())
    b.setInsertionPoint(last);
  else
    b.setInsertionPointAfter(last);
  for (int64_t piece = 0; piece < pieces; ++piece) {
    made.clear();
    before.clear();
    // Labels are picked from the logits, which the shifted ones overwrite.
    for (bool sums : {false, true})
      for (Root &root : open)
        if ((root.kind == Root::Kind::SumOfExp) == sums)
          emit(root, piece);
  }
  for (Root &root : open)
    finish(root);
  open.clear();
}

/// What `value` is for this piece.
Value Unroller::make(Value value, int64_t piece) {
  if (Value known = made.lookup(value))
    return known;
  if (!isMadeForPiece(value))
    return value;
  Operation *op = copy(value.getDefiningOp(), piece);
  for (auto [old, copied] :
       llvm::zip(value.getDefiningOp()->getResults(), op->getResults()))
    made[old] = copied;
  return made[value];
}

Operation *Unroller::copy(Operation *op, int64_t piece) {
  IRMapping mapping;
  for (Value operand : op->getOperands())
    mapping.map(operand, make(operand, piece));
  Operation *result = b.clone(*op, mapping);
  for (NamedAttribute attribute : op->getAttrs())
    if (auto layout = dyn_cast<flow::LayoutAttr>(attribute.getValue()))
      result->setAttr(attribute.getName(), inPiece(layout, piece));
  if (std::string label = labelOf(op); !label.empty())
    result->setAttr("label", b.getStringAttr(label + " chunk " + Twine(piece)));
  for (auto [old, copied] : llvm::zip(op->getResults(), result->getResults()))
    if (flow::LayoutAttr layout = lowering.layoutOf(old))
      lowering.setLayout(copied, inPiece(layout, piece));
  return result;
}

void Unroller::extend(Operation *reduce, ValueRange inputs, Body body) {
  reduce->insertOperands(reduce->getNumOperands(), inputs);
  Block &block = reduce->getRegion(0).front();
  SmallVector<Value> arguments = {block.getTerminator()->getOperand(0)};
  for (Value input : inputs)
    arguments.push_back(block.addArgument(input.getType(), input.getLoc()));
  OpBuilder inside(block.getTerminator());
  block.getTerminator()->setOperand(0,
                                    body(inside, reduce->getLoc(), arguments));
}

Value Unroller::map(Operation *like, StringRef label, Type type,
                    ValueRange inputs, Body body) {
  OperationState state(like->getLoc(), flow::MapOp::getOperationName());
  state.addOperands(inputs);
  state.addTypes(type);
  for (StringRef name : {"layer", "phase", "section", "mapping", "placement"})
    if (Attribute attribute = like->getAttr(name))
      state.addAttribute(name, attribute);
  state.addAttribute("label", b.getStringAttr(label));
  Block *block = new Block;
  state.addRegion()->push_back(block);
  for (Value input : inputs)
    block->addArgument(input.getType(), input.getLoc());
  OpBuilder inside(b.getContext());
  inside.setInsertionPointToEnd(block);
  Value result = body(inside, like->getLoc(), block->getArguments());
  flow::YieldOp::create(inside, like->getLoc(), result);
  return b.create(state)->getResult(0);
}

void Unroller::emit(Root &root, int64_t piece) {
  switch (root.kind) {
  case Root::Kind::Reduce:
    return emitReduce(root, piece);
  case Root::Kind::SumOfExp:
    return emitSumOfExp(root, piece);
  case Root::Kind::LogProbability:
    return emitLogProbability(root, piece);
  case Root::Kind::Product: {
    Operation *op = copy(root.op, piece);
    Value sum = op->getResult(0);
    lowering.setSummed(sum);
    if (root.running) {
      sum = map(op, labelOf(op) + " sum", sum.getType(), {root.running, sum},
                [](OpBuilder &in, Location loc, ValueRange x) -> Value {
                  return arith::AddFOp::create(in, loc, x[0], x[1]);
                });
      lowering.setLayout(sum, lowering.layoutOf(root.op->getResult(0)));
      if (piece + 1 < pieces)
        lowering.setSummed(sum);
    }
    root.running = sum;
    return;
  }
  case Root::Kind::Gradient:
    root.running = copy(root.op, piece)->getResult(0);
    lowering.setResultName(root.running, root.gradient);
    return;
  case Root::Kind::Result:
    root.running = make(root.returned, piece);
    for (unsigned result : root.results)
      lowering.addPiece(root.running, lowering.resultName(result));
    return;
  }
}

void Unroller::emitReduce(Root &root, int64_t piece) {
  Operation *op = copy(root.op, piece);
  Value old = root.op->getResult(0);
  if (root.running) {
    extend(op, root.running, [&](OpBuilder &in, Location loc, ValueRange x) {
      return combined(in, loc, root.combine, x[0], x[1]);
    });
    before[old] = root.running;
  }
  root.running = made[old] = op->getResult(0);
}

/// sum = sum * exp(maximum before - maximum) + that of this piece.
void Unroller::emitSumOfExp(Root &root, int64_t piece) {
  Operation *op = copy(root.op, piece);
  if (root.running)
    extend(op, {root.running, before[root.max], made[root.max]},
           [](OpBuilder &in, Location loc, ValueRange x) -> Value {
             Value less = arith::SubFOp::create(in, loc, x[2], x[3]);
             Value factor = math::ExpOp::create(in, loc, less);
             Value grown = arith::MulFOp::create(in, loc, x[1], factor);
             return arith::AddFOp::create(in, loc, grown, x[0]);
           });
  root.running = op->getResult(0);
}

/// The logit itself, 0 where the label lies in another piece: the kernel with
/// logits for what is less the maximum, and 1 for the sum, whose log is 0.
void Unroller::emitLogProbability(Root &root, int64_t piece) {
  Value logits = make(root.logits, piece);
  Value shifted = std::exchange(made[root.shifted], logits);
  Operation *op = copy(root.op, piece);
  made[root.shifted] = shifted;
  Block &block = op->getRegion(0).front();
  for (unsigned i = op->getNumOperands(); i-- > 0;) {
    if (op->getOperand(i) != root.sum)
      continue;
    OpBuilder inside = OpBuilder::atBlockBegin(&block);
    auto type = cast<RankedTensorType>(root.sum.getType());
    Value one = arith::ConstantOp::create(
        inside, op->getLoc(),
        DenseElementsAttr::get(type, inside.getF32FloatAttr(1)));
    block.getArgument(i).replaceAllUsesWith(one);
    block.eraseArgument(i);
    op->eraseOperand(i);
  }
  if (root.running)
    extend(op, root.running, [](OpBuilder &in, Location loc, ValueRange x) {
      return combined(in, loc, Combine::Add, x[0], x[1]);
    });
  root.running = op->getResult(0);
}

/// What the loop gave takes the place of what the kernel would have.
void Unroller::finish(Root &root) {
  if (root.kind == Root::Kind::Result) {
    // The host has read all pieces when it comes to the return.
    Operation *end = lowering.step.getBody().front().getTerminator();
    for (unsigned result : root.results)
      end->setOperand(result, root.running);
    return;
  }
  Value old = root.op->getResult(0);
  if (root.kind == Root::Kind::LogProbability) {
    // The maximum and the sum were finished before: they stand before it.
    Value max = openRoot(root.max)->running, sum = openRoot(root.sum)->running;
    root.running =
        map(root.op, labelOf(root.op), old.getType(), {root.running, max, sum},
            [](OpBuilder &in, Location loc, ValueRange x) -> Value {
              Value less = arith::SubFOp::create(in, loc, x[0], x[1]);
              Value log = math::LogOp::create(in, loc, x[2]);
              return arith::SubFOp::create(in, loc, less, log);
            });
  }
  old.replaceAllUsesWith(root.running);
}

} // namespace waferflow::fabric::chunks
