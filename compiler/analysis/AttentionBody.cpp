//===- AttentionBody.cpp - What the body of an attention computes ---------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/analysis/AttentionBody.h"
#include "compiler/analysis/AttentionPayload.h"

#include "compiler/analysis/Axes.h"
#include "compiler/analysis/CausalMask.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cmath>

using namespace mlir;

namespace waferflow::flow {

namespace {

using Body = AttentionBody;

/// Where a value without scores comes from: an argument, or a product.
struct Source {
  Value value;
  double factor = 1; ///< of the constants on the way
};

class Reader {
public:
  explicit Reader(AttentionOp kernel)
      : kernel(kernel), block(kernel.getBody().front()),
        axes(AxisAnalysis::ofBody(block, kernel.getBatch(), kernel.getSeq())) {}

  FailureOr<AttentionBody> read();

private:
  LogicalResult classify();
  LogicalResult readScores();
  LogicalResult readSum(linalg::LinalgOp product);
  LogicalResult readResults();

  FailureOr<Source> source(Value value);
  FailureOr<Value> argument(Value value, double &factor);
  FailureOr<double> factorSince(Value value, linalg::LinalgOp product);
  bool reaches(Value value, Operation *product);
  FailureOr<unsigned> operandWithKeys(Value scores, unsigned axis);

  /// Ordinals of token axes of a value, by dimension.
  SmallVector<int64_t> tokenDims(Value value) {
    SmallVector<int64_t> result;
    for (auto [i, dim] : llvm::enumerate(axes.dims(value)))
      for (Factor factor : dim)
        if (factor.axis == Axis::Sequence)
          result.push_back(static_cast<int64_t>(i));
    return result;
  }
  static Value throughView(Operation *op) {
    if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp>(op))
      return op->getOperand(0);
    return {};
  }

  static bool isConstant(Value value) {
    while (Operation *op = value.getDefiningOp()) {
      if (op->hasTrait<OpTrait::ConstantLike>())
        return true;
      value = throughView(op);
      if (!value)
        break;
    }
    return false;
  }

  LogicalResult unknown(Operation *at, const Twine &what) {
    auto error = kernel.emitOpError()
                 << "has a body that has no lowering to the fabric: " << what;
    if (at)
      error.attachNote(at->getLoc()) << "here";
    return error;
  }
  LogicalResult unknown(Value at, const Twine &what) {
    return unknown(at.getDefiningOp(), what);
  }

  AttentionOp kernel;
  Block &block;
  AxisAnalysis axes;
  AttentionBody body; ///< of the block's arguments and yielded values

  linalg::GenericOp exponential, rowSum;
  SmallVector<linalg::LinalgOp> scoreProducts, sums;
  linalg::LinalgOp scores, gradientScores;
  /// Products with scores: what they make, their factor.
  llvm::DenseMap<Operation *, std::pair<Value Body::*, double>> made;
};

LogicalResult Reader::classify() {
  for (Operation &each : block.without_terminator()) {
    Operation *op = &each;
    if (isa<linalg::FillOp, linalg::TransposeOp, tensor::EmptyOp,
            tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp>(
            op) ||
        op->hasTrait<OpTrait::ConstantLike>())
      continue;
    auto product = dyn_cast<linalg::LinalgOp>(op);
    if (product && linalg::isaContractionOpInterface(product)) {
      if (axes.isScores(op->getResult(0)))
        scoreProducts.push_back(product);
      else
        sums.push_back(product);
      continue;
    }
    if (isCausalMask(op)) {
      if (!kernel.getCausal())
        return unknown(op, "a causal mask in a kernel that is not causal");
      continue;
    }
    auto generic = dyn_cast<linalg::GenericOp>(op);
    Payload payload = generic ? payloadOf(generic) : Payload();
    if (payload.kind == Payload::Kind::Unknown)
      return unknown(op, op->getName().getStringRef());
    if (payload.kind == Payload::Kind::Binary)
      for (Value input : generic.getInputs())
        if (isConstant(input))
          return unknown(op, "a table that is no causal mask");
    if (payload.kind == Payload::Kind::Exp) {
      if (exponential)
        return unknown(op, "a second exponential");
      exponential = generic;
    }
  }
  if (!exponential)
    return unknown(static_cast<Operation *>(nullptr), "no exponential");
  for (Operation *user : exponential->getUsers())
    if (auto generic = dyn_cast<linalg::GenericOp>(user))
      if (payloadOf(generic).kind == Payload::Kind::Sum)
        rowSum = generic;
  if (!rowSum)
    return unknown(exponential, "no sum over the exponentials of a row");
  bool forward = kernel.getDirection() == Direction::Forward;
  size_t expected = forward ? 1 : 2;
  if (scoreProducts.size() != expected || sums.size() != (forward ? 1 : 3))
    return unknown(static_cast<Operation *>(nullptr),
                   "expected " + Twine(expected) + " products to scores and " +
                       Twine(forward ? 1 : 3) + " from scores, got " +
                       Twine(scoreProducts.size()) + " and " +
                       Twine(sums.size()));
  return success();
}

bool Reader::reaches(Value value, Operation *product) {
  SmallVector<Value> work{value};
  llvm::DenseSet<Operation *> seen;
  while (!work.empty()) {
    Operation *op = work.pop_back_val().getDefiningOp();
    if (!op || !seen.insert(op).second)
      continue;
    if (op == product)
      return true;
    llvm::append_range(work, op->getOperands());
  }
  return false;
}

/// The product of the constants between `product` and `value`, the same on
/// every way.
FailureOr<double> Reader::factorSince(Value value, linalg::LinalgOp product) {
  Operation *op = value.getDefiningOp();
  if (op == product.getOperation())
    return 1.0;
  if (Value viewed = throughView(op))
    return factorSince(viewed, product);
  if (auto transpose = dyn_cast<linalg::TransposeOp>(op))
    return factorSince(transpose.getInput(), product);
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic)
    return unknown(op, op->getName().getStringRef());
  Payload payload = payloadOf(generic);
  std::optional<double> factor;
  for (Value input : generic.getInputs()) {
    if (!reaches(input, product))
      continue;
    auto each = factorSince(input, product);
    if (failed(each))
      return failure();
    if (factor && *factor != *each)
      return unknown(op, "scores of different scales");
    factor = *each;
  }
  return *factor *
         (payload.kind == Payload::Kind::Scale ? payload.factor : 1.0);
}

FailureOr<Source> Reader::source(Value value) {
  Source result{value, 1};
  while (Operation *op = result.value.getDefiningOp()) {
    if (llvm::is_contained(sums, op))
      break;
    if (Value viewed = throughView(op)) {
      result.value = viewed;
      continue;
    }
    if (auto transpose = dyn_cast<linalg::TransposeOp>(op)) {
      result.value = transpose.getInput();
      continue;
    }
    auto generic = dyn_cast<linalg::GenericOp>(op);
    Payload payload = generic ? payloadOf(generic) : Payload();
    // A sum that keeps the token axis is one over heads.
    if (payload.kind != Payload::Kind::Copy &&
        payload.kind != Payload::Kind::Scale &&
        !(payload.kind == Payload::Kind::Sum &&
          axes.sequenceAxes(generic.getInputs()[payload.input]) == 1))
      return unknown(op, "expected views, copies, products with constants or "
                         "sums over heads");
    result.value = generic.getInputs()[payload.input];
    result.factor *= payload.factor;
  }
  return result;
}

FailureOr<Value> Reader::argument(Value value, double &factor) {
  auto found = source(value);
  if (failed(found))
    return failure();
  factor *= found->factor;
  if (!isa<BlockArgument>(found->value))
    return unknown(value, "a product of what is no input");
  return found->value;
}

/// Follows token axis `axis` of `value` back to the product of scores, and says
/// which operand of it has that axis.
FailureOr<unsigned> Reader::operandWithKeys(Value value, unsigned axis) {
  while (true) {
    Operation *op = value.getDefiningOp();
    if (Value viewed = throughView(op)) {
      value = viewed; // views keep the order of axes
      continue;
    }
    auto generic = cast<linalg::LinalgOp>(op);
    auto loop = [&](OpOperand *operand, int64_t dim) {
      auto map = generic.getMatchingIndexingMap(operand);
      auto expression = dyn_cast<AffineDimExpr>(map.getResult(dim));
      return expression ? static_cast<int64_t>(expression.getPosition()) : -1;
    };
    int64_t wanted = loop(generic.getDpsInitOperand(0), tokenDims(value)[axis]);
    if (op == scores.getOperation()) {
      for (unsigned i : {0u, 1u}) {
        OpOperand *operand = generic.getDpsInputOperand(i);
        for (int64_t dim : tokenDims(operand->get()))
          if (loop(operand, dim) == wanted)
            return i;
      }
      return unknown(op, "a token axis that neither operand has");
    }
    Value next;
    for (OpOperand *operand : generic.getDpsInputOperands()) {
      if (!axes.isScores(operand->get()) || !reaches(operand->get(), scores))
        continue;
      for (auto [i, dim] : llvm::enumerate(tokenDims(operand->get())))
        if (loop(operand, dim) == wanted) {
          next = operand->get();
          axis = static_cast<unsigned>(i);
        }
    }
    if (!next)
      return unknown(op, "a row of scores that is not followed");
    value = next;
  }
}

/// Queries, keys and the scale; of the gradient's scores, its two inputs.
LogicalResult Reader::readScores() {
  for (linalg::LinalgOp product : scoreProducts)
    (reaches(exponential.getInputs()[0], product) ? scores : gradientScores) =
        product;
  if (!scores || (scoreProducts.size() == 2 && !gradientScores))
    return unknown(exponential, "expected one product below the exponential");
  // A row's sum runs over keys.
  SmallVector<unsigned> reduced;
  rowSum.getReductionDims(reduced);
  OpOperand *input = rowSum.getDpsInputOperand(0);
  std::optional<unsigned> axis;
  for (auto [i, dim] : llvm::enumerate(tokenDims(input->get()))) {
    auto loop = dyn_cast<AffineDimExpr>(
        rowSum.getMatchingIndexingMap(input).getResult(dim));
    if (loop && llvm::is_contained(reduced, loop.getPosition()))
      axis = static_cast<unsigned>(i);
  }
  if (!axis || reduced.size() != 1)
    return unknown(rowSum, "expected a sum over keys");
  auto keys = operandWithKeys(input->get(), *axis);
  if (failed(keys))
    return failure();
  auto factor = factorSince(exponential.getInputs()[0], scores);
  if (failed(factor))
    return failure();
  body.scale = *factor;
  auto k = argument(scores->getOperand(*keys), body.scale);
  auto q = argument(scores->getOperand(1 - *keys), body.scale);
  if (failed(k) || failed(q))
    return failure();
  body.k = *k;
  body.q = *q;
  return success();
}

/// What a product with scores makes, by its other operand.
LogicalResult Reader::readSum(linalg::LinalgOp product) {
  unsigned scored = axes.isScores(product->getOperand(0)) ? 0 : 1;
  Value rows = product->getOperand(scored);
  if (!axes.isScores(rows))
    return unknown(product, "a product without scores");
  double factor = 1;
  auto other = argument(product->getOperand(1 - scored), factor);
  if (failed(other))
    return failure();
  Value Body::*what = nullptr;
  if (!gradientScores) {
    what = &Body::o;
    body.v = *other;
  } else if (reaches(rows, gradientScores)) {
    auto since = factorSince(rows, gradientScores);
    if (failed(since))
      return failure();
    factor *= *since;
    what = *other == body.k   ? &Body::dq
           : *other == body.q ? &Body::dk
                              : nullptr;
    if (!what)
      return unknown(product, "expected the gradient of scores to meet "
                              "queries or keys");
  } else {
    what = &Body::dv;
    body.gradient = *other;
  }
  made[product] = {what, factor};
  return success();
}

LogicalResult Reader::readResults() {
  auto end = cast<YieldOp>(block.getTerminator());
  for (auto [i, value] : llvm::enumerate(end.getValues())) {
    auto found = source(value);
    if (failed(found))
      return failure();
    Operation *product = found->value.getDefiningOp();
    if (!product)
      return unknown(end, "an input is yielded");
    auto [what, factor] = made.lookup(product);
    double expected = what == &Body::dq || what == &Body::dk ? body.scale : 1.0;
    factor *= found->factor;
    if (std::abs(factor - expected) > 1e-6 * std::abs(expected))
      return unknown(product, "expected result " + Twine(i) +
                                  " to be scaled by " +
                                  Twine(std::to_string(expected)) + ", got " +
                                  Twine(std::to_string(factor)));
    body.*what = kernel->getResult(static_cast<unsigned>(i));
  }
  return success();
}

FailureOr<AttentionBody> Reader::read() {
  if (failed(classify()) || failed(readScores()))
    return failure();
  for (linalg::LinalgOp product : sums)
    if (failed(readSum(product)))
      return failure();
  if (gradientScores) {
    double factor = 1;
    auto a = argument(gradientScores->getOperand(0), factor);
    auto b = argument(gradientScores->getOperand(1), factor);
    if (failed(a) || failed(b))
      return failure();
    if (factor != 1 || (*a != body.gradient && *b != body.gradient))
      return unknown(gradientScores, "expected the product of the gradient "
                                     "and the values");
    body.v = *a == body.gradient ? *b : *a;
  }
  if (failed(readResults()))
    return failure();
  SmallVector<Value> needed = {body.q, body.k, body.v};
  if (gradientScores)
    needed.append({body.gradient, body.dq, body.dk, body.dv});
  else
    needed.push_back(body.o);
  for (size_t i = 0; i < needed.size(); ++i)
    if (!needed[i] ||
        llvm::is_contained(ArrayRef(needed).take_front(i), needed[i]))
      return unknown(static_cast<Operation *>(nullptr),
                     "expected one of each: queries, keys, values, their "
                     "gradients");
  for (Value Body::*input : {&Body::q, &Body::k, &Body::v, &Body::gradient})
    if (body.*input)
      body.*input =
          kernel.getInputs()[cast<BlockArgument>(body.*input).getArgNumber()];
  return body;
}

} // namespace

FailureOr<AttentionBody> readBody(AttentionOp kernel) {
  return Reader(kernel).read();
}

} // namespace waferflow::flow
