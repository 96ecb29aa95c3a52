//===- Gather.cpp - Embedding rows, and the gradient of their table -------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/Collect.h"
#include "compiler/lower-to-fabric/LowerToFabric.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace waferflow::fabric {

namespace {

/// The core's token numbers in ascending order, and where those tokens lie.
struct Sorted {
  Held tokens, places;
};

FailureOr<Sorted> sorted(StepLowering &lowering, Operation *gather,
                         Value tokens) {
  auto argument = dyn_cast<BlockArgument>(tokens);
  if (!argument)
    return gather->emitOpError(
        "expected token numbers that are an argument of the step");
  Builder b(gather->getContext());
  auto table = [&](StringRef form, int64_t extent) {
    auto host = HostAttr::get(b.getContext(), lowering.argumentName(argument),
                              form, {}, {}, false, 0, 0, {});
    return lowering.resident(gather, host, b.getI32Type(), extent);
  };
  int64_t tl = lowering.tokensPerCore();
  auto ids = table("sorted_tokens", tl + 1);
  auto places = table("sorted_slots", tl);
  if (failed(ids) || failed(places))
    return failure();
  return Sorted{*ids, *places};
}

/// For each row of the table in turn: `begin`, `each` with the place of every
/// token of that row, `end`.
void eachRowOfTable(Code &code, Emit &e, const Sorted &sorted, int64_t rows,
                    llvm::function_ref<void()> begin,
                    llvm::function_ref<void(Emit::At)> each,
                    llvm::function_ref<void()> end) {
  OpBuilder &b = e.b;
  Location loc = e.loc;
  Value tokens = code.buffer(sorted.tokens);
  Value places = code.buffer(sorted.places);
  auto loop = scf::ForOp::create(b, loc, e.index(0), e.index(rows), e.index(1),
                                 ValueRange{e.index(0)});
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  begin();
  Value row = arith::IndexCastOp::create(b, loc, b.getI32Type(),
                                         loop.getInductionVar());
  // Behind the last token stands a number that is no row.
  auto found = scf::WhileOp::create(
      b, loc, TypeRange{b.getIndexType()}, ValueRange{loop.getRegionIterArg(0)},
      [&](OpBuilder &inner, Location, ValueRange args) {
        Value next = memref::LoadOp::create(inner, loc, tokens, args[0]);
        Value same = arith::CmpIOp::create(inner, loc, arith::CmpIPredicate::eq,
                                           next, row);
        scf::ConditionOp::create(inner, loc, same, args);
      },
      [&](OpBuilder &inner, Location, ValueRange args) {
        OpBuilder::InsertionGuard inside(b);
        b.setInsertionPoint(inner.getInsertionBlock(),
                            inner.getInsertionPoint());
        Value place = e.load(places, args[0]);
        each(arith::IndexCastOp::create(b, loc, b.getIndexType(), place)
                 .getResult());
        Value next = arith::AddIOp::create(b, loc, args[0], e.index(1));
        scf::YieldOp::create(b, loc, next);
      });
  b.setInsertionPointAfter(found);
  end();
  scf::YieldOp::create(b, loc, found.getResults());
}

SmallVector<int64_t> slotCounts(const ColumnLayout &layout) {
  SmallVector<int64_t> counts;
  for (int64_t c = 0; c < layout.columns(); ++c)
    counts.push_back(layout.slotsOf(c));
  return counts;
}

LogicalResult lookUp(StepLowering &lowering, flow::GatherOp gather) {
  auto table = dyn_cast<BlockArgument>(gather->getOperand(0));
  if (!table)
    return gather.emitOpError(
        "expected a table that is an argument of the step");
  auto order = sorted(lowering, gather, gather->getOperand(1));
  auto result = lowering.hold(gather->getResult(0));
  if (failed(order) || failed(result))
    return failure();
  auto row = lowering.scratch(gather, lowering.storage, result->slots);
  if (failed(row))
    return failure();
  std::string name = lowering.argumentName(table);
  auto host = HostAttr::get(gather.getContext(), name, "table", result->layout,
                            {}, false, 0, 0, {});
  Phase phase(lowering, gather);
  Value color = phase.color();
  phase.routeDown(color, 0, lowering.columns(), lowering.rows());
  phase.inject(color, 0, lowering.columns(), name, host, lowering.storage);
  Code code(phase, "all", lowering.everywhere());
  Value to = code.buffer(*result), temporary = code.buffer(*row);
  Value queue = code.input(color);
  Emit e(code.local("main", /*start=*/true));
  int64_t tl = lowering.tokensPerCore();
  // Padding tokens have no row.
  How once;
  once.configured = false;
  e.mov(e.dsd(to, e.at(0), e.at(result->extent)), e.real(result->element, 0),
        once);
  Emit::At count =
      e.perColumn(lowering, slotCounts(lowering.layoutOf(result->layout)));
  Value kept = e.dsd(temporary, e.at(0), count);
  eachRowOfTable(
      code, e, *order, cast<RankedTensorType>(table.getType()).getDimSize(0),
      [&] { e.mov(kept, e.fabin(queue, count, row->element)); },
      [&](Emit::At place) { e.mov(e.dsd(to, place, count, tl), kept); }, [] {});
  return success();
}

LogicalResult gradient(StepLowering &lowering, flow::GatherOp gather) {
  Value grad = gather->getOperand(1);
  auto name = lowering.resultName(gather->getResult(0));
  if (!name || !StringRef(*name).ends_with(".grad"))
    return gather.emitOpError(
        "expected the gradient of a table that the step returns");
  auto order = sorted(lowering, gather, gather->getOperand(0));
  if (failed(order))
    return failure();
  const Held held = lowering.held(grad);
  auto sums =
      lowering.scratch(gather, Builder(gather).getF32Type(), held.slots);
  if (failed(sums))
    return failure();
  int64_t rows =
      cast<RankedTensorType>(gather->getResult(0).getType()).getDimSize(0);
  int64_t tl = lowering.tokensPerCore();
  auto host = HostAttr::get(gather.getContext(), *name, "table_gradient",
                            held.layout, {}, false, 0, 0, {});
  Phase phase(lowering, gather);
  South south = routeSouth(phase);
  phase.drain(south.last(), 0, lowering.columns(), *name, host, sums->element,
              rows * held.slots);
  eachRow(south, [&](Code &code, Emit &e, Value in, Value out) {
    Value from = code.buffer(held), buffer = code.buffer(*sums);
    Emit::At count =
        e.perColumn(lowering, slotCounts(lowering.layoutOf(held.layout)));
    Value sum = e.dsd(buffer, e.at(0), count);
    eachRowOfTable(
        code, e, *order, rows, [&] { e.mov(sum, e.real(sums->element, 0)); },
        [&](Emit::At place) {
          e.binary<AddOp>(sum, sum, e.dsd(from, place, count, tl));
        },
        [&] {
          Value down = e.fabout(out, count, sums->element);
          if (in)
            e.binary<AddOp>(down, e.fabin(in, count, sums->element), sum);
          else
            e.mov(down, sum);
        });
  });
  return success();
}

} // namespace

LogicalResult lowerGather(StepLowering &lowering, flow::GatherOp gather) {
  return gather.getDirection() == flow::Direction::Forward
             ? lookUp(lowering, gather)
             : gradient(lowering, gather);
}

} // namespace waferflow::fabric
