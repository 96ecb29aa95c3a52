//===- Emit.cpp - Writes the code of one task -----------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/Emit.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;

namespace waferflow::fabric {

Emit::Emit(TaskOp task)
    : b(OpBuilder::atBlockEnd(&task.getBody().front())), loc(task.getLoc()) {}

Value Emit::index(int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}
Value Emit::value(At at) { return getValueOrCreateConstantIndexOp(b, loc, at); }

Value Emit::real(Type type, double value) {
  if (isa<IntegerType>(type))
    return arith::ConstantOp::create(
        b, loc, b.getIntegerAttr(type, static_cast<int64_t>(value)));
  return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, value));
}

static std::optional<int64_t> known(Emit::At at) {
  return getConstantIntValue(at);
}

Emit::At Emit::add(At a, At c) {
  if (known(a) && known(c))
    return at(*known(a) + *known(c));
  if (known(a) == 0)
    return c;
  if (known(c) == 0)
    return a;
  return arith::AddIOp::create(b, loc, value(a), value(c)).getResult();
}
Emit::At Emit::sub(At a, At c) {
  if (known(a) && known(c))
    return at(*known(a) - *known(c));
  if (known(c) == 0)
    return a;
  return arith::SubIOp::create(b, loc, value(a), value(c)).getResult();
}
Emit::At Emit::mul(At a, At c) {
  if (known(a) && known(c))
    return at(*known(a) * *known(c));
  if (known(a) == 1)
    return c;
  if (known(c) == 1)
    return a;
  return arith::MulIOp::create(b, loc, value(a), value(c)).getResult();
}

Value Emit::param(AffineExpr expression) {
  auto map = AffineMapAttr::get(AffineMap::get(2, 0, expression));
  return ParamOp::create(
      b, loc, b.getIndexType(),
      PerCoreAttr::get(b.getContext(), map, DenseI64ArrayAttr(), SelectAttr()));
}

Value Emit::perCore(SelectAttr rectangle, ArrayRef<int64_t> table) {
  if (llvm::all_equal(table))
    return index(table.front());
  return ParamOp::create(b, loc, b.getIndexType(),
                         PerCoreAttr::get(b.getContext(), AffineMapAttr(),
                                          b.getDenseI64ArrayAttr(table),
                                          rectangle));
}

Value Emit::perColumn(const StepLowering &lowering,
                      ArrayRef<int64_t> byColumn) {
  SmallVector<int64_t> row;
  for (int64_t group = 0; group < lowering.tokens.groups; ++group)
    llvm::append_range(row, byColumn);
  return perCore(lowering.everywhere(), row);
}

Value Emit::realTokens(const StepLowering &lowering) {
  SmallVector<int64_t> table;
  for (int64_t y = 0; y < lowering.rows(); ++y)
    for (int64_t group = 0; group < lowering.tokens.groups; ++group) {
      std::vector<int64_t> tokens = tokensAt(lowering.tokens, group, y);
      int64_t real = llvm::find(tokens, -1) - tokens.begin();
      table.append(lowering.tokens.groupColumns, real);
    }
  return perCore(lowering.everywhere(), table);
}

Value Emit::dsd(Value buffer, At offset, At extent, int64_t stride) {
  SmallVector<Value> offsets, extents;
  SmallVector<int64_t> staticOffset, staticExtent;
  dispatchIndexOpFoldResult(offset, offsets, staticOffset);
  dispatchIndexOpFoldResult(extent, extents, staticExtent);
  Type element = cast<MemRefType>(buffer.getType()).getElementType();
  return DsdOp::create(
      b, loc, DsdType::get(b.getContext(), DsdKind::Memory, element), buffer,
      offsets, extents, b.getDenseI64ArrayAttr(staticOffset),
      b.getDenseI64ArrayAttr(staticExtent), b.getI64IntegerAttr(stride),
      IntegerAttr(), IntegerAttr());
}

Value Emit::rows(Value buffer, At offset, At extent, int64_t row,
                 int64_t pitch) {
  auto made = dsd(buffer, offset, extent).getDefiningOp<DsdOp>();
  made.setRow(row);
  made.setRowStride(pitch);
  return made;
}

template <typename Op, typename... More>
static Value fabricDsd(Emit &e, DsdKind kind, Value queue, Emit::At extent,
                       Type element, More... more) {
  SmallVector<Value> extents;
  SmallVector<int64_t> staticExtent;
  dispatchIndexOpFoldResult(extent, extents, staticExtent);
  return Op::create(e.b, e.loc, DsdType::get(e.b.getContext(), kind, element),
                    queue, extents, e.b.getDenseI64ArrayAttr(staticExtent),
                    more...);
}
Value Emit::fabin(Value queue, At extent, Type element) {
  return fabricDsd<FabinOp>(*this, DsdKind::Fabin, queue, extent, element);
}
Value Emit::fabout(Value queue, At extent, Type element,
                   std::optional<int64_t> advance) {
  return fabricDsd<FaboutOp>(*this, DsdKind::Fabout, queue, extent, element,
                             advance ? b.getI64IntegerAttr(*advance)
                                     : IntegerAttr());
}

void Emit::select(Value to, Value condition, Value a, Value c, How how) {
  finish(SelectOp::create(b, loc, to, condition, a, c, IntegerAttr(),
                          FlatSymbolRefAttr(), FlatSymbolRefAttr(),
                          FlatSymbolRefAttr(), UnitAttr(), UnitAttr()),
         how);
}

void Emit::finish(Operation *instruction, const How &how) {
  auto symbol = [&](StringRef name, StringRef task) {
    if (!task.empty())
      instruction->setAttr(name, FlatSymbolRefAttr::get(b.getContext(), task));
  };
  if (how.thread)
    instruction->setAttr("thread", b.getI64IntegerAttr(*how.thread));
  symbol("activate", how.activate);
  symbol("unblock", how.unblock);
  symbol("block", how.block);
  if (how.configured)
    instruction->setAttr("configured", b.getUnitAttr());
  if (how.untilControl)
    instruction->setAttr("until_control", b.getUnitAttr());
}

Value Emit::load(Value buffer, At at) {
  return memref::LoadOp::create(b, loc, buffer, ValueRange{value(at)});
}
void Emit::store(Value stored, Value buffer, At at) {
  memref::StoreOp::create(b, loc, stored, buffer, ValueRange{value(at)});
}

void Emit::loop(At begin, At end, llvm::function_ref<void(At)> body,
                int64_t step) {
  if (known(begin) && known(end)) {
    if (*known(begin) >= *known(end))
      return;
    if (*known(begin) + step >= *known(end))
      return body(begin);
  }
  auto loop = scf::ForOp::create(b, loc, value(begin), value(end), index(step));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

void Emit::when(Value condition, llvm::function_ref<void()> then,
                llvm::function_ref<void()> otherwise) {
  auto branch =
      scf::IfOp::create(b, loc, condition, static_cast<bool>(otherwise));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&branch.getThenRegion().front());
  then();
  if (!otherwise)
    return;
  b.setInsertionPointToStart(&branch.getElseRegion().front());
  otherwise();
}

Value Emit::compare(arith::CmpIPredicate predicate, At a, At c) {
  return arith::CmpIOp::create(b, loc, predicate, value(a), value(c));
}

} // namespace waferflow::fabric
