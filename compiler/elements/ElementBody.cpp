//===- ElementBody.cpp - A kernel's body, element by element --------------===//
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

std::vector<int64_t> ElementInputs::looked(int64_t count) const {
  int64_t most = sample > 0 ? std::min(sample, count) : count;
  std::vector<int64_t> numbers;
  for (int64_t i = 0; i < most; ++i)
    numbers.push_back(i * count / most);
  return numbers;
}

ElementBody::ElementBody(ElementInputs given, Operation *kernel,
                         ElementGraph &graph)
    : inputs(std::move(given)), kernel(kernel), graph(graph),
      batch(inputs.tokens / inputs.seq), seq(inputs.seq),
      axes(AxisAnalysis::ofBody(kernel->getRegion(0).front(), batch, seq)) {}

Place ElementBody::token() const {
  return {batch == 1 ? Place::Kind::Sequence : Place::Kind::Token, 0, {}};
}

FailureOr<int32_t> ElementBody::result(unsigned index, int64_t feature) {
  Operation *yield = kernel->getRegion(0).front().getTerminator();
  Value value = yield->getOperand(index);
  Places places;
  int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
  if (rank == 2)
    places = {token(), {Place::Kind::Number, feature, {}}};
  else if (rank == 1)
    places = {{Place::Kind::Number, feature, {}}};
  return element(value, places);
}

FailureOr<int32_t> ElementBody::element(Value value, const Places &places) {
  // Inputs are leaves, of which the graph has each once.
  if (auto argument = dyn_cast<BlockArgument>(value))
    return input(argument, places);
  std::vector<int64_t> numbers;
  numbers.reserve(4 * places.size());
  for (const Place &place : places) {
    numbers.push_back(static_cast<int64_t>(place.kind));
    numbers.push_back(place.value);
    numbers.push_back(place.pad.has_value());
    numbers.push_back(place.pad.value_or(0));
  }
  std::pair<const void *, std::vector<int64_t>> key = {
      value.getAsOpaquePointer(), std::move(numbers)};
  if (auto it = known.find(key); it != known.end())
    return it->second;
  Node node = compute(value, places);
  if (succeeded(node))
    known.emplace(std::move(key), *node);
  return node;
}

FailureOr<int32_t> ElementBody::compute(Value value, const Places &places) {
  Operation *op = value.getDefiningOp();
  unsigned result = cast<OpResult>(value).getResultNumber();
  auto shapeOf = [](Value v) {
    return cast<RankedTensorType>(v.getType()).getShape();
  };
  return TypeSwitch<Operation *, Node>(op)
      .Case([&](arith::ConstantOp c) {
        return constant(op, c.getValue(), places);
      })
      .Case([&](tensor::ExpandShapeOp expand) -> Node {
        Places from;
        for (const auto &group : expand.getReassociationIndices()) {
          Places parts;
          SmallVector<int64_t> sizes;
          for (int64_t d : group) {
            parts.push_back(places[d]);
            sizes.push_back(shapeOf(value)[d]);
          }
          auto joined = join(op, parts, sizes);
          if (failed(joined))
            return failure();
          from.push_back(*joined);
        }
        return element(expand.getSrc(), from);
      })
      .Case([&](tensor::CollapseShapeOp collapse) -> Node {
        Places from;
        for (auto [d, group] :
             llvm::enumerate(collapse.getReassociationIndices())) {
          SmallVector<int64_t> sizes;
          for (int64_t s : group)
            sizes.push_back(shapeOf(collapse.getSrc())[s]);
          auto parts = split(op, places[d], sizes);
          if (failed(parts))
            return failure();
          from.append(parts->begin(), parts->end());
        }
        if (collapse.getReassociationIndices().empty())
          from.assign(shapeOf(collapse.getSrc()).size(), Place());
        return element(collapse.getSrc(), from);
      })
      .Case([&](tensor::CastOp c) { return element(c.getSource(), places); })
      .Case([&](tensor::ExtractSliceOp slice) -> Node {
        if (!slice.hasUnitStride() ||
            llvm::any_of(slice.getStaticOffsets(), ShapedType::isDynamic))
          return op->emitOpError("expected static offsets and stride 1");
        Places from;
        auto dropped = slice.getDroppedDims();
        size_t next = 0;
        for (auto [d, offset] : llvm::enumerate(slice.getStaticOffsets())) {
          Place place = dropped.test(d) ? Place() : places[next++];
          if (!place.isNumber() && place.kind != Place::Kind::Sequence &&
              offset)
            return op->emitOpError("cuts tokens of the batch out");
          place.value += offset;
          from.push_back(place);
        }
        return element(slice.getSource(), from);
      })
      .Case([&](tensor::InsertSliceOp) { return inserted(op, places); })
      .Case([&](tensor::PadOp) { return padded(op, places); })
      .Case([&](tensor::ConcatOp concat) -> Node {
        Places from = places;
        Place &place = from[concat.getDim()];
        if (!place.isNumber())
          return op->emitOpError("joins tensors along tokens");
        for (Value part : concat.getInputs()) {
          int64_t size = shapeOf(part)[concat.getDim()];
          if (place.value < size)
            return element(part, from);
          place.value -= size;
        }
        return op->emitOpError("has no such element");
      })
      .Case([&](tensor::SplatOp splat) -> Node {
        return element(splat.getInput(), {});
      })
      .Case([&](linalg::LinalgOp linalg) {
        return generic(linalg, result, places);
      })
      .Default([&](Operation *other) -> Node {
        if (!OpTrait::hasElementwiseMappableTraits(other))
          return other->emitOpError()
                 << "has no form in vector instructions (in "
                 << kernel->getName() << ")";
        SmallVector<int32_t> arguments;
        for (Value operand : other->getOperands()) {
          bool isTensor = isa<RankedTensorType>(operand.getType());
          auto node = element(operand, isTensor ? places : Places());
          if (failed(node))
            return failure();
          arguments.push_back(*node);
        }
        return apply(other, arguments);
      });
}

static Number numberOf(Type type) {
  type = getElementTypeOrSelf(type);
  return type.isInteger(1)                   ? Number::Truth
         : isa<IntegerType, IndexType>(type) ? Number::Integer
                                             : Number::Real;
}

FailureOr<int32_t> ElementBody::input(BlockArgument argument,
                                      const Places &places) {
  unsigned number = argument.getArgNumber();
  Value value = kernel->getOperand(number);
  Element leaf;
  leaf.input = static_cast<int32_t>(number);
  leaf.number = numberOf(value.getType());
  auto wrong = [&](const char *what) -> Node {
    return kernel->emitOpError() << "reads its input " << number << ' ' << what;
  };
  if (std::optional<Resident> resident = inputs.residentOf(value)) {
    switch (*resident) {
    case Resident::Activation:
      if (!(places[0] == token()) || !places[1].isNumber())
        return wrong("at another token than it computes");
      leaf.kind = Element::Kind::Activation;
      leaf.index = places[1].value;
      return graph.intern(leaf);
    case Resident::RowScalar:
      if (!(places[0] == token()))
        return wrong("at another token than it computes");
      leaf.kind = Element::Kind::RowScalar;
      return graph.intern(leaf);
    case Resident::Scalar:
      leaf.kind = Element::Kind::Scalar;
      return graph.intern(leaf);
    }
  }
  if (!isa<BlockArgument>(value))
    return wrong("that no kernel has left in SRAM");
  if (leaf.number == Number::Integer && places.size() == 2) {
    bool ofBatch = batch == 1 ? places[0] == Place()
                              : places[0] == Place{Place::Kind::Batch, 0, {}};
    if (!ofBatch || places[1].kind != Place::Kind::Sequence)
      return wrong("at another token than it computes");
    if (places[1].value && !places[1].pad)
      return wrong("beyond the end of a sequence");
    leaf.kind = Element::Kind::Tokens;
    leaf.shift = places[1].value;
    // No token of a model: neither a row nor a label.
    leaf.pad = places[1].pad.value_or(-100);
    return graph.intern(leaf);
  }
  if (leaf.number != Number::Real ||
      llvm::any_of(places, [](Place place) { return !place.isNumber(); }))
    return wrong("that the fabric does not hold");
  // A vector of features: dimensions of size one are no places.
  auto type = cast<RankedTensorType>(value.getType());
  for (auto [place, size] : llvm::zip(places, type.getShape()))
    if (size > 1) {
      if (size != type.getNumElements())
        return wrong("that is no vector of features");
      leaf.index = place.value;
    }
  leaf.kind = Element::Kind::Feature;
  return graph.intern(leaf);
}

std::optional<double> elementOf(ElementsAttr constant, int64_t flat) {
  if (auto large = dyn_cast<DenseF32ResourceElementsAttr>(constant)) {
    auto values = large.tryGetAsArrayRef();
    if (!values)
      return std::nullopt;
    return (*values)[flat];
  }
  auto dense = dyn_cast<DenseElementsAttr>(constant);
  if (!dense)
    return std::nullopt;
  if (dense.isSplat())
    flat = 0;
  if (dense.getElementType().isF32())
    return dense.getValues<float>()[flat];
  if (isa<FloatType>(dense.getElementType())) {
    APFloat value = *(dense.getValues<APFloat>().begin() + flat);
    bool loses = false;
    value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &loses);
    return value.convertToDouble();
  }
  if (!dense.getElementType().isIntOrIndex())
    return std::nullopt;
  APInt value = *(dense.getValues<APInt>().begin() + flat);
  return static_cast<double>(value.getBitWidth() == 1 ? value.getZExtValue()
                                                      : value.getSExtValue());
}

FailureOr<int32_t> ElementBody::constant(Operation *op, TypedAttr value,
                                         const Places &places) {
  // A truth value is a number of its own.
  Number number = numberOf(value.getType());
  if (number == Number::Truth)
    number = Number::Real;
  if (auto real = dyn_cast<FloatAttr>(value))
    return graph.constant(real.getValueAsDouble(), number);
  if (auto integer = dyn_cast<IntegerAttr>(value)) {
    bool bit = integer.getType().isInteger(1);
    return graph.constant(bit ? integer.getValue().getZExtValue() != 0
                              : static_cast<double>(integer.getInt()),
                          number);
  }
  auto dense = dyn_cast<ElementsAttr>(value);
  if (!dense)
    return op->emitOpError("expected a constant tensor");
  int64_t flat = 0, stride = 0;
  for (auto [place, size] :
       llvm::zip(places, dense.getShapedType().getShape())) {
    flat *= size;
    stride *= size;
    if (place.isNumber()) {
      flat += place.value;
    } else if (place.kind == Place::Kind::Sequence && size == seq) {
      flat += place.value;
      stride += 1;
      if (place.value && !dense.isSplat())
        return op->emitOpError("is read beyond the end of a sequence");
    } else if (!dense.isSplat()) {
      return op->emitOpError("has a value for each token of the batch");
    }
  }
  bool perToken = stride && !dense.isSplat();
  if (!perToken) {
    auto element = elementOf(dense, flat);
    if (!element)
      return op->emitOpError("expected numbers");
    return graph.constant(*element, number, !dense.isSplat());
  }
  if (!isa<FloatType>(dense.getElementType()))
    return op->emitOpError("has an integer for each place in a sequence");
  Element leaf;
  leaf.kind = Element::Kind::Positions;
  leaf.constant = dense;
  leaf.index = flat;
  leaf.stride = stride;
  return graph.intern(leaf);
}

FailureOr<int32_t> ElementBody::padded(Operation *op, const Places &places) {
  auto pad = cast<tensor::PadOp>(op);
  Value with = pad.getConstantPaddingValue();
  auto attr = with ? with.getDefiningOp<arith::ConstantOp>() : nullptr;
  if (!attr || llvm::any_of(pad.getStaticLow(), ShapedType::isDynamic))
    return op->emitOpError("expected a constant and static sizes");
  Places from = places;
  for (auto [d, low] : llvm::enumerate(pad.getStaticLow())) {
    Place &place = from[d];
    int64_t size = pad.getSourceType().getDimSize(d);
    if (!place.isNumber()) {
      if (place.kind == Place::Kind::Sequence) {
        place.value -= low;
        if (place.value == 0)
          continue;
        auto integer = dyn_cast<IntegerAttr>(attr.getValue());
        if (integer && size == seq) {
          place.pad = integer.getInt();
          continue;
        }
      } else if (low == 0) {
        continue;
      }
      return op->emitOpError("pads something else than token numbers");
    }
    place.value -= low;
    if (place.value < 0 || place.value >= size)
      return constant(op, attr.getValue(), {});
  }
  return element(pad.getSource(), from);
}

FailureOr<int32_t> ElementBody::inserted(Operation *op, const Places &places) {
  auto insert = cast<tensor::InsertSliceOp>(op);
  if (!insert.hasUnitStride() ||
      llvm::any_of(insert.getStaticOffsets(), ShapedType::isDynamic) ||
      llvm::any_of(insert.getStaticSizes(), ShapedType::isDynamic))
    return op->emitOpError("expected static offsets and sizes, and stride 1");
  Places from;
  auto dropped = insert.getDroppedDims();
  for (auto [d, place] : llvm::enumerate(places)) {
    int64_t offset = insert.getStaticOffsets()[d];
    int64_t size = insert.getStaticSizes()[d];
    if (place.isNumber()) {
      if (place.value < offset || place.value >= offset + size)
        return element(insert.getDest(), places);
    } else if (offset || size != insert.getDestType().getDimSize(d)) {
      return op->emitOpError("replaces some of the tokens");
    }
    if (dropped.test(d))
      continue;
    from.push_back(place);
    from.back().value -= offset;
  }
  return element(insert.getSource(), from);
}

FailureOr<Place> ElementBody::join(Operation *op, ArrayRef<Place> places,
                                   ArrayRef<int64_t> sizes) {
  Places real;
  SmallVector<int64_t> realSizes;
  bool numbers = true;
  int64_t flat = 0;
  for (auto [place, size] : llvm::zip(places, sizes)) {
    numbers &= place.isNumber();
    flat = flat * size + place.value;
    if (size == 1 && place.isNumber())
      continue;
    real.push_back(place);
    realSizes.push_back(size);
  }
  if (numbers)
    return Place{Place::Kind::Number, flat, {}};
  if (real.size() == 1)
    return real[0];
  Place sequences{Place::Kind::Batch, 0, {}};
  Place here{Place::Kind::Sequence, 0, {}};
  if (real.size() == 2 && real[0] == sequences && real[1] == here &&
      realSizes[1] == seq)
    return token();
  return op->emitOpError("joins tokens with something else");
}

FailureOr<ElementBody::Places> ElementBody::split(Operation *op, Place place,
                                                  ArrayRef<int64_t> sizes) {
  Places parts(sizes.size());
  if (place.isNumber()) {
    int64_t rest = place.value;
    for (size_t i = sizes.size(); i-- > 0;) {
      parts[i].value = rest % sizes[i];
      rest /= sizes[i];
    }
    return parts;
  }
  SmallVector<size_t> real;
  for (auto [i, size] : llvm::enumerate(sizes))
    if (size > 1)
      real.push_back(i);
  // The only token stays one.
  if (real.empty())
    real.push_back(sizes.size() - 1);
  if (real.size() == 1) {
    parts[real[0]] = place;
    return parts;
  }
  if (real.size() == 2 && place.kind == Place::Kind::Token &&
      sizes[real[0]] == batch && sizes[real[1]] == seq) {
    parts[real[0]].kind = Place::Kind::Batch;
    parts[real[1]].kind = Place::Kind::Sequence;
    return parts;
  }
  return op->emitOpError("splits tokens into something else than sequences");
}

} // namespace waferflow::fabric
