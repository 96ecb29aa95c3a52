//===- ElementLoops.cpp - Linalg ops, element by element ------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/elements/ElementBody.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace waferflow::fabric {

FailureOr<int32_t> ElementBody::generic(linalg::LinalgOp op, unsigned result,
                                        const Places &places) {
  OpOperand *init = op.getDpsInitOperand(result);
  AffineMap map = op.getMatchingIndexingMap(init);
  SmallVector<std::optional<Place>> loops(op.getNumLoops());
  for (auto [expr, place] : llvm::zip(map.getResults(), places))
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      loops[dim.getPosition()] = place;
    else if (!isa<AffineConstantExpr>(expr))
      return op->emitOpError("has a result at computed indices");
  if (op.getNumReductionLoops() > 0)
    return reduction(op, result, std::move(loops));
  Iteration iteration{op, std::move(loops)};
  return scalar(iteration, op.getBlock()->getTerminator()->getOperand(result));
}

FailureOr<ElementBody::Places> ElementBody::operandPlaces(Iteration &iteration,
                                                          OpOperand &operand) {
  AffineMap map = iteration.op.getMatchingIndexingMap(&operand);
  Places places;
  for (AffineExpr expr : map.getResults()) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
      if (auto place = iteration.loops[dim.getPosition()]) {
        places.push_back(*place);
        continue;
      }
    } else if (auto number = dyn_cast<AffineConstantExpr>(expr)) {
      places.push_back({Place::Kind::Number, number.getValue(), {}});
      continue;
    }
    return iteration.op->emitOpError("reads an operand at computed indices");
  }
  return places;
}

FailureOr<int32_t> ElementBody::scalar(Iteration &iteration, Value value) {
  if (auto it = iteration.known.find(value); it != iteration.known.end())
    return it->second;
  linalg::LinalgOp op = iteration.op;
  auto find = [&]() -> Node {
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      if (argument.getOwner() != op.getBlock())
        return op->emitOpError("reads an argument of another op's body");
      OpOperand *operand = op.getMatchingOpOperand(argument);
      if (!isa<RankedTensorType>(operand->get().getType()))
        return element(operand->get(), {});
      auto places = operandPlaces(iteration, *operand);
      if (failed(places))
        return failure();
      return element(operand->get(), *places);
    }
    Operation *inner = value.getDefiningOp();
    if (auto constantOp = dyn_cast<arith::ConstantOp>(inner))
      return constant(inner, constantOp.getValue(), {});
    if (isa<tensor::ExtractOp>(inner))
      return extract(iteration, inner);
    if (auto index = dyn_cast<linalg::IndexOp>(inner)) {
      auto place = iteration.loops[index.getDim()];
      if (!place || !place->isNumber())
        return inner->emitOpError("is the number of a token, which cores do "
                                  "not compute with");
      bool one = op.getStaticLoopRanges()[index.getDim()] == 1;
      return graph.constant(static_cast<double>(place->value), Number::Integer,
                            !one);
    }
    SmallVector<int32_t> arguments;
    for (Value operand : inner->getOperands()) {
      auto node = scalar(iteration, operand);
      if (failed(node))
        return failure();
      arguments.push_back(*node);
    }
    return apply(inner, arguments);
  };
  Node node = find();
  if (succeeded(node))
    iteration.known[value] = *node;
  return node;
}

/// An element at a computed feature: of all features, the one whose number is
/// the index, summed up.
FailureOr<int32_t> ElementBody::extract(Iteration &iteration, Operation *op) {
  auto extract = cast<tensor::ExtractOp>(op);
  auto type = cast<RankedTensorType>(extract.getTensor().getType());
  Places places;
  std::optional<int32_t> index;
  size_t dimension = 0;
  for (auto [d, value] : llvm::enumerate(extract.getIndices())) {
    Value source = value;
    while (auto cast = source.getDefiningOp<arith::IndexCastOp>())
      source = cast.getIn();
    if (auto loop = source.getDefiningOp<linalg::IndexOp>()) {
      if (auto place = iteration.loops[loop.getDim()]) {
        places.push_back(*place);
        continue;
      }
    }
    auto node = scalar(iteration, source);
    if (failed(node))
      return failure();
    if (graph[*node].isConstant()) {
      places.push_back(
          {Place::Kind::Number, static_cast<int64_t>(graph[*node].value), {}});
      continue;
    }
    if (index)
      return op->emitOpError("has two indices that are computed");
    index = *node;
    dimension = d;
    places.push_back(Place());
  }
  if (!index)
    return element(extract.getTensor(), places);
  Reduction sum;
  int32_t zero = graph.constant(0);
  for (int64_t i : inputs.looked(type.getDimSize(dimension))) {
    places[dimension].value = i;
    auto value = element(extract.getTensor(), places);
    if (failed(value))
      return failure();
    int32_t number = graph.constant(static_cast<double>(i), Number::Integer,
                                    /*ofFeature=*/true);
    int32_t differs = graph.apply(Function::Sub, *index, number);
    sum.terms.push_back(
        {i, graph.apply(Function::Select, differs, zero, *value)});
  }
  return graph.overFeatures(std::move(sum));
}

static std::optional<Combine> combineOf(Operation *op) {
  if (isa<arith::AddFOp, arith::AddIOp>(op))
    return Combine::Add;
  if (isa<arith::MaximumFOp, arith::MaxNumFOp, arith::MaxSIOp>(op))
    return Combine::Max;
  if (isa<arith::MinimumFOp, arith::MinNumFOp, arith::MinSIOp>(op))
    return Combine::Min;
  return std::nullopt;
}

FailureOr<int32_t>
ElementBody::reduction(linalg::LinalgOp op, unsigned result,
                       SmallVector<std::optional<Place>> loops) {
  // yield combine(term, out), in either order.
  Value yielded = op.getBlock()->getTerminator()->getOperand(result);
  OpOperand *init = op.getDpsInitOperand(result);
  Value out = op.getMatchingBlockArgument(init);
  Operation *last = yielded.getDefiningOp();
  auto combine = last ? combineOf(last) : std::nullopt;
  if (!combine || (last->getOperand(0) != out && last->getOperand(1) != out))
    return op->emitOpError("expected a sum, a maximum or a minimum");
  Value term = last->getOperand(last->getOperand(0) == out);

  // Dimensions of features are gone through; tokens go together.
  SmallVector<unsigned> features;
  bool overBatch = false, overSequence = false;
  Dims dims = axes.loops(op);
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  for (unsigned d = 0; d < loops.size(); ++d) {
    if (loops[d])
      continue;
    bool ofBatch = false, ofSequence = false, ofOther = false;
    for (const Factor &factor : dims[d]) {
      ofBatch |= factor.axis == waferflow::Axis::Batch;
      ofSequence |= factor.axis == waferflow::Axis::Sequence;
      ofOther |= factor.axis == waferflow::Axis::Other;
    }
    if (ranges[d] == 1) {
      loops[d] = Place();
    } else if (!ofBatch && !ofSequence) {
      features.push_back(d);
    } else if (ofOther || (overBatch && ofBatch) ||
               (overSequence && ofSequence)) {
      return op->emitOpError("reduces tokens and features as one");
    } else {
      overBatch |= ofBatch;
      overSequence |= ofSequence;
      loops[d] = ofBatch && ofSequence ? token()
                 : ofBatch             ? Place{Place::Kind::Batch, 0, {}}
                                       : Place{Place::Kind::Sequence, 0, {}};
    }
  }
  bool overTokens = overBatch || overSequence;
  if (overTokens && (overSequence && (overBatch || batch == 1)) == false)
    return op->emitOpError("reduces some of the token dimensions");
  if (overTokens && *combine == Combine::Min)
    return op->emitOpError("takes a minimum over tokens, for which the machine "
                           "has no instruction; negate and take a maximum");

  Reduction sum;
  sum.combine = *combine;
  sum.overTokens = overTokens;
  int64_t count = 1;
  for (unsigned d : features)
    count *= ranges[d];
  int32_t node = -1;
  for (int64_t i : inputs.looked(count)) {
    int64_t rest = i;
    for (unsigned d : llvm::reverse(features)) {
      loops[d] = Place{Place::Kind::Number, rest % ranges[d], {}};
      rest /= ranges[d];
    }
    Iteration iteration{op, loops};
    auto value = scalar(iteration, term);
    if (failed(value))
      return failure();
    node = *value;
    sum.terms.push_back({i, node});
  }
  sum.number = graph[node].number;
  int32_t reduced = !features.empty() ? graph.overFeatures(std::move(sum))
                    : overTokens      ? graph.overTokens(*combine, node)
                                      : node;
  Iteration iteration{op, loops};
  auto start = scalar(iteration, out);
  if (failed(start))
    return failure();
  if (graph[*start].isConstant() && graph[*start].value == identityOf(*combine))
    return reduced;
  return graph.apply(functionOf(*combine), reduced, *start);
}

} // namespace waferflow::fabric
