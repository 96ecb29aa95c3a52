//===- FoldConstants.cpp - What depends on no argument --------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Position tables and the causal mask are computed inside an imported graph.
// They are evaluated by the dense lowering, as the oracle would, and put back:
// a mask that only looks back as a comparison of positions, all else as
// constants.
//
//===----------------------------------------------------------------------===//
#include "compiler/Passes.h"
#include "compiler/analysis/CausalMask.h"
#include "compiler/oracle/CpuProgram.h"

#include "mlir/IR/AsmState.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;

namespace waferflow {
#define GEN_PASS_DEF_FOLDCONSTANTS
#include "compiler/Passes.h.inc"

namespace {
/// Constants up to this size are written out, larger ones are resources.
constexpr int64_t maxInlineBytes = 64 * 1024;

/// A mask value that hides a key: exp(score + value - max) is 0 in f32.
constexpr double hiddenBelow = -1e4;

struct FoldConstants : impl::FoldConstantsBase<FoldConstants> {
  void findConstants(Block &block);
  bool isCheap(Operation *op) const;
  LogicalResult evaluate(func::FuncOp entry, ArrayRef<Value> values);
  Value rebuild(OpBuilder &builder, Value value, const Array &array);

  void runOnOperation() override;

  llvm::DenseSet<Operation *> constants;
};
} // namespace

static void forEachInput(Operation *op, llvm::function_ref<void(Value)> visit) {
  llvm::for_each(op->getOperands(), visit);
  if (op->getNumRegions()) {
    llvm::SetVector<Value> captured;
    getUsedValuesDefinedAbove(op->getRegions(), captured);
    llvm::for_each(captured, visit);
  }
}

void FoldConstants::findConstants(Block &block) {
  constants.clear();
  for (Operation &op : block.without_terminator()) {
    bool constant = isMemoryEffectFree(&op);
    forEachInput(&op, [&](Value value) {
      constant &= constants.contains(value.getDefiningOp());
    });
    if (constant)
      constants.insert(&op);
  }
}

/// Numbers its positions: cheaper to write again than to keep.
static bool isIota(Operation *op) {
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic || generic.getNumDpsInputs() || generic.getNumLoops() != 1)
    return false;
  return llvm::all_of(*generic.getBody(), [](Operation &op) {
    return isa<linalg::IndexOp, arith::IndexCastOp, linalg::YieldOp>(op);
  });
}

bool FoldConstants::isCheap(Operation *op) const {
  if (isa<arith::ConstantOp, tensor::EmptyOp, linalg::FillOp>(op) ||
      isIota(op) || isCausalMask(op))
    return true;
  return isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op) &&
         isCheap(op->getOperand(0).getDefiningOp());
}

template <typename T> static bool looksBack(ArrayRef<T> values, int64_t seq) {
  T visible = values[0], hidden = values[1];
  for (size_t i = 0; i < values.size(); ++i) {
    int64_t query = i / seq % seq, key = i % seq;
    if (values[i] != (key <= query ? visible : hidden))
      return false;
  }
  return visible != hidden;
}

/// Visible and hidden values of a causal mask, or nothing.
static std::optional<std::pair<TypedAttr, TypedAttr>>
causalValues(OpBuilder &builder, RankedTensorType type, const Array &array) {
  if (type.getRank() < 2)
    return std::nullopt;
  int64_t seq = type.getDimSize(type.getRank() - 1);
  if (seq < 2 || type.getDimSize(type.getRank() - 2) != seq)
    return std::nullopt;
  size_t count = type.getNumElements();
  const char *data = array.data.data();
  if (type.getElementType().isF32()) {
    ArrayRef<float> values(reinterpret_cast<const float *>(data), count);
    if (values[0] != 0 || !(values[1] <= hiddenBelow) ||
        !looksBack(values, seq))
      return std::nullopt;
    return std::pair<TypedAttr, TypedAttr>(builder.getF32FloatAttr(values[0]),
                                           builder.getF32FloatAttr(values[1]));
  }
  ArrayRef<char> values(data, count);
  if (!type.getElementType().isInteger(1) || !looksBack(values, seq))
    return std::nullopt;
  return std::pair<TypedAttr, TypedAttr>(builder.getBoolAttr(values[0]),
                                         builder.getBoolAttr(values[1]));
}

Value FoldConstants::rebuild(OpBuilder &builder, Value value,
                             const Array &array) {
  auto type = cast<RankedTensorType>(value.getType());
  if (auto values = causalValues(builder, type, array))
    return buildCausalMask(builder, value.getLoc(), type, values->first,
                           values->second);
  ArrayRef<char> data(array.data);
  size_t width = array.type.elementBytes();
  bool splat =
      llvm::all_of(llvm::seq<size_t>(width, data.size()),
                   [&](size_t i) { return data[i] == data[i - width]; });
  ElementsAttr attr;
  if (type.getElementType().isInteger(1)) {
    SmallVector<bool> bits(data.begin(), data.end());
    attr = DenseElementsAttr::get(type, bits);
  } else if (splat || static_cast<int64_t>(data.size()) <= maxInlineBytes) {
    attr = DenseElementsAttr::getFromRawBuffer(
        type, splat ? data.take_front(width) : data);
  } else {
    attr = DenseResourceElementsAttr::get(
        type, "constant",
        HeapAsmResourceBlob::allocateAndCopyWithAlign(data, 64,
                                                      /*dataIsMutable=*/false));
  }
  return arith::ConstantOp::create(builder, value.getLoc(),
                                   cast<TypedAttr>(attr));
}

/// Runs the ops that `values` need as a function of their own.
LogicalResult FoldConstants::evaluate(func::FuncOp entry,
                                      ArrayRef<Value> values) {
  llvm::DenseSet<Operation *> needed;
  SmallVector<Value> work(values);
  while (!work.empty()) {
    Operation *op = work.pop_back_val().getDefiningOp();
    if (needed.insert(op).second)
      forEachInput(op, [&](Value input) { work.push_back(input); });
  }
  OwningOpRef<ModuleOp> module(ModuleOp::create(entry.getLoc()));
  OpBuilder builder = OpBuilder::atBlockEnd(module->getBody());
  auto function = func::FuncOp::create(
      builder, entry.getLoc(), "constants",
      builder.getFunctionType({}, ValueRange(values).getTypes()));
  builder.setInsertionPointToEnd(function.addEntryBlock());
  IRMapping mapping;
  for (Operation &op : entry.getBody().front())
    if (needed.contains(&op))
      builder.clone(op, mapping);
  SmallVector<Value> results;
  for (Value value : values)
    results.push_back(mapping.lookup(value));
  func::ReturnOp::create(builder, entry.getLoc(), results);

  std::string text;
  llvm::raw_string_ostream stream(text);
  module->print(stream);
  auto program = CpuProgram::compile(text, "constants");
  if (!program)
    return entry.emitError() << "cannot evaluate what depends on no argument: "
                             << llvm::toString(program.takeError());
  auto arrays = (*program)->run({});
  if (!arrays)
    return entry.emitError() << "cannot evaluate what depends on no argument: "
                             << llvm::toString(arrays.takeError());
  for (auto [value, array] : llvm::zip_equal(values, *arrays)) {
    OpBuilder at(value.getDefiningOp());
    Value constant = rebuild(at, value, array);
    Value old = value;
    old.replaceAllUsesWith(constant);
  }
  return success();
}

void FoldConstants::runOnOperation() {
  FailureOr<func::FuncOp> entry = entryFunction(getOperation());
  if (failed(entry))
    return signalPassFailure();
  Block &block = entry->getBody().front();
  findConstants(block);
  SmallVector<Value> values;
  for (Operation &op : block.without_terminator()) {
    if (!constants.contains(&op) || isCheap(&op))
      continue;
    for (Value result : op.getResults()) {
      bool leaves = llvm::any_of(result.getUsers(), [&](Operation *user) {
        return !constants.contains(block.findAncestorOpInBlock(*user));
      });
      if (leaves && isa<RankedTensorType>(result.getType()))
        values.push_back(result);
    }
  }
  if (!values.empty() && failed(evaluate(*entry, values)))
    return signalPassFailure();
  SmallVector<Operation *> dead;
  for (Operation &op : block.without_terminator())
    if (constants.contains(&op))
      dead.push_back(&op);
  for (Operation *op : llvm::reverse(dead))
    if (op->use_empty())
      op->erase();
}
} // namespace waferflow
