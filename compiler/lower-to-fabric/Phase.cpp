//===- Phase.cpp - Writes one fabric program ------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/Phase.h"

using namespace mlir;

namespace waferflow::fabric {

/// Local tasks begin behind the ids that data tasks have from their queues.
static constexpr int64_t firstLocalTask = 8;

Phase::Phase(StepLowering &lowering, Operation *kernel, StringRef part)
    : lowering(lowering), kernel(kernel), b(kernel->getContext()),
      loc(kernel->getLoc()) {
  program = ProgramOp::create(*lowering.builder, loc,
                              lowering.nextName(kernel, part));
  b.createBlock(&program.getBody());
}

SelectAttr Phase::cores(int64_t x0, int64_t x1, int64_t y0, int64_t y1,
                        IntegerSet where) {
  return SelectAttr::get(b.getContext(), x0, x1, y0, y1,
                         where ? IntegerSetAttr::get(where) : IntegerSetAttr());
}

SelectAttr Phase::coresWhere(int64_t x0, int64_t x1, int64_t y0, int64_t y1,
                             AffineExpr expression, int64_t n, int64_t rest) {
  if (n == 1)
    return cores(x0, x1, y0, y1);
  return cores(x0, x1, y0, y1,
               IntegerSet::get(2, 0, {expression % n - rest}, {true}));
}

AffineExpr Phase::x() const { return getAffineDimExpr(0, b.getContext()); }
AffineExpr Phase::y() const { return getAffineDimExpr(1, b.getContext()); }

Value Phase::color() {
  return ColorOp::create(b, loc, ColorType::get(b.getContext()), colors++);
}

void Phase::route(Value color, SelectAttr where, Link from, ArrayRef<Link> to) {
  route(color, where, Position{from, SmallVector<Link>(to)});
}

void Phase::route(Value color, SelectAttr where, ArrayRef<Position> positions) {
  SmallVector<Attribute> list;
  for (const Position &position : positions)
    list.push_back(
        PositionAttr::get(b.getContext(), position.from, position.to));
  RouteOp::create(b, loc, color, where, b.getArrayAttr(list), IntegerAttr(),
                  UnitAttr(), UnitAttr());
}

void Phase::routeDown(Value color, int64_t x0, int64_t x1, int64_t rows) {
  if (rows > 1)
    route(color, cores(x0, x1, 0, rows - 1), Link::North,
          {Link::Ramp, Link::South});
  route(color, cores(x0, x1, rows - 1, rows), Link::North, {Link::Ramp});
}

InjectOp Phase::inject(Value color, int64_t x0, int64_t x1, StringRef stream,
                       HostAttr host, Type element, bool indexed,
                       std::optional<int64_t> ends, bool roles,
                       std::optional<int64_t> places) {
  auto unit = [&](bool set) { return set ? b.getUnitAttr() : UnitAttr(); };
  return InjectOp::create(
      b, loc, color, LinkAttr::get(b.getContext(), Link::North),
      cores(x0, x1, 0, 1), b.getStringAttr(stream), unit(indexed),
      ends ? b.getI64IntegerAttr(*ends) : IntegerAttr(), unit(roles),
      places ? b.getI64IntegerAttr(*places) : IntegerAttr(), host,
      TypeAttr::get(element));
}

DrainOp Phase::drain(Value color, int64_t x0, int64_t x1, StringRef stream,
                     HostAttr host, Type element, int64_t extent) {
  int64_t height = lowering.machine.height;
  return DrainOp::create(
      b, loc, color, LinkAttr::get(b.getContext(), Link::South),
      cores(x0, x1, height - 1, height), b.getStringAttr(stream),
      b.getI64IntegerAttr(extent), host, TypeAttr::get(element));
}

Code::Code(Phase &phase, StringRef name, SelectAttr where)
    : phase(phase), where(where), b(phase.b.getContext()) {
  code = CodeOp::create(phase.b, phase.loc, phase.b.getStringAttr(name), where,
                        IntegerAttr());
  b.createBlock(&code.getBody());
}

Value Code::buffer(const Held &held) {
  for (const auto &[known, value] : buffers)
    if (known.address == held.address && known.element == held.element &&
        known.extent == held.extent)
      return value;
  auto type =
      MemRefType::get({held.extent}, held.element, MemRefLayoutAttrInterface(),
                      SramAttr::get(b.getContext()));
  OpBuilder::InsertionGuard guard(b);
  beforeTasks();
  Value buffer = BufferOp::create(
      b, phase.loc, type, b.getStringAttr("b" + std::to_string(held.address)),
      b.getI64IntegerAttr(held.address));
  buffers.push_back({held, buffer});
  return buffer;
}

/// What tasks use stands before them, however late it is asked for.
void Code::beforeTasks() {
  auto tasks = code.getBody().getOps<TaskOp>();
  if (!tasks.empty())
    b.setInsertionPoint(*tasks.begin());
}

Value Code::queue(QueueKind kind, ArrayRef<ColorAt> colors) {
  OpBuilder::InsertionGuard guard(b);
  beforeTasks();
  SmallVector<Value> values;
  SmallVector<Attribute> selections;
  for (auto [color, selection] : colors) {
    values.push_back(color);
    if (selection)
      selections.push_back(selection);
  }
  int64_t &next = kind == QueueKind::Input ? inputs : outputs;
  return QueueOp::create(
      b, phase.loc, QueueType::get(b.getContext(), kind),
      QueueKindAttr::get(b.getContext(), kind), b.getI64IntegerAttr(next++),
      values, selections.empty() ? ArrayAttr() : b.getArrayAttr(selections));
}

Value Code::input(Value color) {
  return queue(QueueKind::Input, {{color, SelectAttr()}});
}
Value Code::output(Value color) {
  return queue(QueueKind::Output, {{color, SelectAttr()}});
}
Value Code::input(ArrayRef<ColorAt> colors) {
  return queue(QueueKind::Input, colors);
}
Value Code::output(ArrayRef<ColorAt> colors) {
  return queue(QueueKind::Output, colors);
}

TaskOp Code::task(StringRef name, TaskKind kind, std::optional<int64_t> id,
                  Value queue, bool start, bool blocked, bool configured,
                  ArrayRef<Type> arguments) {
  auto unit = [&](bool set) { return set ? b.getUnitAttr() : UnitAttr(); };
  auto task =
      TaskOp::create(b, phase.loc, b.getStringAttr(name),
                     TaskKindAttr::get(b.getContext(), kind),
                     id ? b.getI64IntegerAttr(*id) : IntegerAttr(), queue,
                     unit(start), unit(blocked), unit(configured));
  OpBuilder inside(b.getContext());
  Block *block = inside.createBlock(&task.getBody());
  for (Type type : arguments)
    block->addArgument(type, phase.loc);
  return task;
}

TaskOp Code::local(StringRef name, bool start, bool blocked) {
  return task(name, TaskKind::Local, firstLocalTask + tasks++, Value(), start,
              blocked, false, {});
}
TaskOp Code::data(StringRef name, Value queue, ArrayRef<Type> arguments,
                  bool blocked) {
  return task(name, TaskKind::Data, {}, queue, false, blocked, true, arguments);
}
TaskOp Code::control(StringRef name, int64_t id, Value queue, bool blocked) {
  return task(name, TaskKind::Control, id, queue, false, blocked, true,
              {b.getIntegerType(16)});
}

} // namespace waferflow::fabric
