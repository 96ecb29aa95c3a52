//===- FlowOps.cpp - Verifiers of the flow kernels ------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/flow/Flow.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/OpImplementation.h"

#include <map>

using namespace mlir;
using namespace waferflow::flow;

//===----------------------------------------------------------------------===//
// Syntax: enums and integers as bare words
//===----------------------------------------------------------------------===//

template <typename EnumAttrT>
static ParseResult parseBareEnum(OpAsmParser &parser, EnumAttrT &attr) {
  auto value =
      FieldParser<decltype(std::declval<EnumAttrT>().getValue())>::parse(
          parser);
  if (failed(value))
    return failure();
  attr = EnumAttrT::get(parser.getContext(), *value);
  return success();
}

template <typename EnumAttrT>
static void printBareEnum(OpAsmPrinter &printer, Operation *, EnumAttrT attr) {
  printer << stringifyEnum(attr.getValue());
}

static ParseResult parseBareInt(OpAsmParser &parser, IntegerAttr &attr) {
  int64_t value = 0;
  if (parser.parseInteger(value))
    return failure();
  attr = parser.getBuilder().getI64IntegerAttr(value);
  return success();
}

static void printBareInt(OpAsmPrinter &printer, Operation *, IntegerAttr attr) {
  printer << attr.getInt();
}

#include "dialects/flow/FlowInterfaces.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/flow/FlowOps.cpp.inc"

//===----------------------------------------------------------------------===//
// What all kernels share
//===----------------------------------------------------------------------===//

LogicalResult waferflow::flow::detail::verifyKernel(Operation *op) {
  auto kernel = cast<FlowKernel>(op);
  if (auto layer = kernel.getLayer(); layer && static_cast<int64_t>(*layer) < 0)
    return op->emitOpError()
           << "expected layer >= 0, got " << static_cast<int64_t>(*layer);
  auto section = kernel.getSection();
  if (section &&
      (*section == KernelSection::Block) != kernel.getLayer().has_value())
    return op->emitOpError()
           << "expected a layer in section block and none elsewhere, got "
           << (kernel.getLayer() ? "a layer" : "none") << " in section "
           << stringifyEnum(*section);
  return success();
}

/// Layouts name orders that exist.
static LogicalResult verifyOrders(Operation *op, SymbolTableCollection &table) {
  for (NamedAttribute attr : op->getAttrs()) {
    auto layout = dyn_cast<LayoutAttr>(attr.getValue());
    if (layout &&
        !table.lookupNearestSymbolFrom<OrderOp>(op, layout.getOrder()))
      return op->emitOpError()
             << "expected '" << attr.getName().getValue()
             << "' to name a flow.order, got " << layout.getOrder();
  }
  return success();
}

#define WAFERFLOW_KERNEL(OpT)                                                  \
  LogicalResult OpT::verifySymbolUses(SymbolTableCollection &table) {          \
    return verifyOrders(*this, table);                                         \
  }
WAFERFLOW_KERNEL(SpmmOp)
WAFERFLOW_KERNEL(SddmmOp)
WAFERFLOW_KERNEL(MapOp)
WAFERFLOW_KERNEL(ReduceOp)
WAFERFLOW_KERNEL(AttentionOp)
WAFERFLOW_KERNEL(GatherOp)
WAFERFLOW_KERNEL(RelayoutOp)
#undef WAFERFLOW_KERNEL

/// A body takes one argument an input and yields one value a result, of the
/// same types.
static LogicalResult verifyBody(Operation *op) {
  Block &body = op->getRegion(0).front();
  if (body.getArgumentTypes() != op->getOperandTypes())
    return op->emitOpError()
           << "expected the body's arguments to have the types of the inputs ("
           << op->getOperandTypes() << "), got (" << body.getArgumentTypes()
           << ")";
  Operation *yield = body.getTerminator();
  if (yield->getOperandTypes() != op->getResultTypes())
    return (op->emitOpError()
            << "expected the body to yield the types of the results ("
            << op->getResultTypes() << "), got (" << yield->getOperandTypes()
            << ")")
               .attachNote(yield->getLoc())
           << "yielded here";
  return success();
}

LogicalResult MapOp::verifyRegions() { return verifyBody(*this); }
LogicalResult ReduceOp::verifyRegions() { return verifyBody(*this); }
LogicalResult AttentionOp::verifyRegions() { return verifyBody(*this); }
LogicalResult GatherOp::verifyRegions() { return verifyBody(*this); }

//===----------------------------------------------------------------------===//
// Matrices
//===----------------------------------------------------------------------===//

static LogicalResult expectShape(Operation *op, StringRef what, Type type,
                                 ArrayRef<int64_t> shape) {
  ArrayRef<int64_t> got = cast<RankedTensorType>(type).getShape();
  if (got == shape)
    return success();
  InFlightDiagnostic diag = op->emitOpError() << "expected " << what << " ";
  llvm::interleave(shape, diag, "x");
  diag << ", got ";
  llvm::interleave(got, diag, "x");
  return diag;
}

void SpmmOp::build(OpBuilder &builder, OperationState &state, Value x,
                   Value weight, bool transposed) {
  auto type = cast<RankedTensorType>(weight.getType());
  int64_t tokens = cast<RankedTensorType>(x.getType()).getDimSize(0);
  state.addOperands({x, weight});
  if (transposed)
    state.getOrAddProperties<Properties>().setTransposed(builder.getUnitAttr());
  state.addTypes(RankedTensorType::get(
      {tokens, type.getDimSize(transposed ? 1 : 0)}, type.getElementType()));
}

LogicalResult SpmmOp::verify() {
  ArrayRef<int64_t> x = getX().getType().getShape();
  ArrayRef<int64_t> w = getWeight().getType().getShape();
  int64_t in = w[getTransposed() ? 0 : 1], out = w[getTransposed() ? 1 : 0];
  if (failed(expectShape(*this, "x [tokens, features]", getX().getType(),
                         {x[0], in})))
    return failure();
  return expectShape(*this, "result", getType(), {x[0], out});
}

void SddmmOp::build(OpBuilder &builder, OperationState &state, Value dy,
                    Value x, StringRef at, StringAttr weight) {
  auto rows = cast<RankedTensorType>(dy.getType());
  auto columns = cast<RankedTensorType>(x.getType());
  state.addOperands({dy, x});
  auto &properties = state.getOrAddProperties<Properties>();
  properties.setAt(builder.getStringAttr(at));
  if (weight)
    properties.setWeight(weight);
  state.addTypes(RankedTensorType::get(
      {rows.getDimSize(1), columns.getDimSize(1)}, rows.getElementType()));
}

LogicalResult SddmmOp::verify() {
  if (getAt() != "mask" && getAt() != "dense")
    return emitOpError() << "expected at \"mask\" or \"dense\", got \""
                         << getAt() << "\"";
  ArrayRef<int64_t> dy = getDy().getType().getShape();
  ArrayRef<int64_t> x = getX().getType().getShape();
  if (dy[0] != x[0])
    return emitOpError() << "expected dy and x of the same tokens, got "
                         << dy[0] << " and " << x[0];
  return expectShape(*this, "result", getType(), {dy[1], x[1]});
}

//===----------------------------------------------------------------------===//
// Attention and embedding
//===----------------------------------------------------------------------===//

LogicalResult AttentionOp::verify() {
  for (auto [name, value] : {std::pair<StringRef, int64_t>{"heads", getHeads()},
                             {"kv", getKvHeads()},
                             {"dim", getHeadDim()},
                             {"batch", getBatch()},
                             {"seq", getSeq()}})
    if (value < 1)
      return emitOpError() << "expected " << name << " >= 1, got " << value;
  if (getHeads() % getKvHeads())
    return emitOpError() << "expected heads to be a multiple of kv, got "
                         << getHeads() << " and " << getKvHeads();
  bool forward = getDirection() == Direction::Forward;
  size_t inputs = forward ? 3 : 4, outputs = forward ? 1 : 3;
  if (getInputs().size() < inputs || getOutputs().size() < outputs)
    return emitOpError() << "expected at least " << inputs << " inputs and "
                         << outputs << " results, got " << getInputs().size()
                         << " and " << getOutputs().size();
  int64_t tokens = getBatch() * getSeq();
  int64_t queries = getHeads() * getHeadDim();
  int64_t keys = getKvHeads() * getHeadDim();
  for (Type type : getResultTypes()) {
    auto shape = cast<RankedTensorType>(type).getShape();
    if (shape.size() != 2 || shape[0] != tokens ||
        (shape[1] != queries && shape[1] != keys))
      return emitOpError() << "expected results [" << tokens << ", " << queries
                           << " or " << keys << "], got " << type;
  }
  return success();
}

LogicalResult GatherOp::verify() {
  if (getInputs().size() != 2 || getOutputs().size() != 1)
    return emitOpError() << "expected 2 inputs and 1 result, got "
                         << getInputs().size() << " and "
                         << getOutputs().size();
  bool ids = llvm::any_of(getInputs().getTypes(), [](Type type) {
    return cast<RankedTensorType>(type).getElementType().isIntOrIndex();
  });
  if (!ids)
    return emitOpError() << "expected an input of integer ids, got "
                         << getInputs().getTypes();
  return success();
}

//===----------------------------------------------------------------------===//
// Layouts
//===----------------------------------------------------------------------===//

LogicalResult RelayoutOp::verify() {
  if (getFrom() == getTo())
    return emitOpError() << "expected two different layouts, got " << getFrom()
                         << " twice";
  return success();
}

/// Features have slots 0, 1, ... of columns that exist, each once.
static LogicalResult verifySlots(OrderOp op, ArrayRef<int32_t> columns,
                                 ArrayRef<int32_t> slots) {
  std::map<int32_t, std::vector<bool>> taken;
  for (auto [feature, column] : llvm::enumerate(columns)) {
    if (column < 0 || static_cast<uint64_t>(column) >= op.getColumns())
      return op.emitOpError()
             << "expected columns in [0, " << op.getColumns() << "), got "
             << column << " for feature " << feature;
    taken[column].push_back(false);
  }
  for (auto [feature, slot] : llvm::enumerate(slots)) {
    std::vector<bool> &column = taken[columns[feature]];
    if (slot < 0 || static_cast<size_t>(slot) >= column.size() || column[slot])
      return op.emitOpError()
             << "expected the slots of column " << columns[feature]
             << " to be 0 to " << column.size() - 1 << ", each once, got "
             << slot << " for feature " << feature;
    column[slot] = true;
  }
  return success();
}

/// Rotary pairs share a column, in neighbouring slots.
static LogicalResult verifyPairs(OrderOp op, ArrayRef<int32_t> columns,
                                 ArrayRef<int32_t> slots) {
  int64_t dim = *op.getHeadDim(), half = dim / 2;
  for (int64_t head = 0; head < static_cast<int64_t>(columns.size());
       head += dim)
    for (int64_t a = head; a < head + half; ++a)
      if (columns[a] != columns[a + half] || slots[a + half] != slots[a] + 1)
        return op.emitOpError()
               << "expected the rotary pair of features " << a << " and "
               << a + half << " in neighbouring slots of one column, got slot "
               << slots[a] << " of column " << columns[a] << " and slot "
               << slots[a + half] << " of column " << columns[a + half];
  return success();
}

LogicalResult OrderOp::verify() {
  auto features = static_cast<int64_t>(getFeatures());
  auto columns = static_cast<int64_t>(getColumns());
  if (features < 1 || columns < 1)
    return emitOpError() << "expected features >= 1 and columns >= 1, got "
                         << features << " and " << columns;
  bool table = getForm() == OrderForm::Table;
  if (!table && (getForm() == OrderForm::Heads) != getHeadDim().has_value())
    return emitOpError()
           << "expected head_dim with heads, and not with blocked";
  if (getPart()) {
    ArrayRef<int64_t> part = *getPart();
    if (getForm() != OrderForm::Blocked || part.size() != 2 || part[0] < 0 ||
        part[0] >= part[1] || part[1] > static_cast<int64_t>(getFeatures()))
      return emitOpError() << "expected a part [first, last) of blocked "
                              "features, 0 <= first < last <= "
                           << getFeatures() << ", got [" << part << ")";
  }
  if (getHeadDim() && (getHeadDim() == 0 || getFeatures() % *getHeadDim()))
    return emitOpError() << "expected features to be a multiple of head_dim, "
                            "got "
                         << getFeatures() << " and " << *getHeadDim();
  if (table != getColumn().has_value() || table != getSlot().has_value())
    return emitOpError() << "expected column and slot with table and only "
                            "there";
  if (!table)
    return success();
  if (static_cast<uint64_t>(getColumn()->size()) != getFeatures() ||
      static_cast<uint64_t>(getSlot()->size()) != getFeatures())
    return emitOpError() << "expected column and slot of " << getFeatures()
                         << " features, got " << getColumn()->size() << " and "
                         << getSlot()->size();
  if (failed(verifySlots(*this, *getColumn(), *getSlot())))
    return failure();
  return getHeadDim() ? verifyPairs(*this, *getColumn(), *getSlot())
                      : success();
}
