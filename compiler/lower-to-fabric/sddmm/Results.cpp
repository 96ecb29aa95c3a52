//===- Results.cpp - Dots wait, and are added up down y -------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/sddmm/Results.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using arith::CmpIPredicate;

namespace waferflow::fabric::sddmm {

Results::Results(Phase &phase, const Plan &plan) : plan(&plan) {
  const StepLowering &lowering = plan.lowering;
  int64_t columns = lowering.columns(), last = lowering.rows() - 1;
  int64_t height = lowering.machine.height;
  even = phase.color();
  odd = phase.color();
  out = phase.color();
  // A core receives in one color and sends in the other.
  for (int64_t rest : {0, 1}) {
    Value color = rest ? odd : even;
    if (last <= rest)
      continue;
    phase.route(color,
                phase.coresWhere(0, columns, 0, last, phase.y(), 2, rest),
                Link::Ramp, {Link::South});
    phase.route(
        color,
        phase.coresWhere(0, columns, 1, last + 1, phase.y(), 2, 1 - rest),
        Link::North, {Link::Ramp});
  }
  phase.route(out, phase.cores(0, columns, last, last + 1), Link::Ramp,
              {Link::South});
  if (last + 1 < height)
    phase.route(out, phase.cores(0, columns, last + 1, height), Link::North,
                {Link::South});
  // The host counts what a lane gives.
  phase.drain(out, 0, columns, plan.result, plan.host(plan.result, "gradient"),
              plan.results.element,
              std::max<int64_t>(1, plan.rows * plan.slots));
}

void Results::bind(Code &code, bool isTop) {
  top = isTop;
  results = code.buffer(plan->results);
  counts = code.buffer(plan->counts);
  Phase &phase = code.phase;
  int64_t columns = plan->lowering.columns();
  int64_t last = plan->lowering.rows() - 1;
  auto parity = [&](int64_t begin, int64_t end, int64_t rest) {
    return phase.coresWhere(0, columns, begin, end, phase.y(), 2, rest);
  };
  if (!top)
    input = code.input(
        {{even, parity(1, last + 1, 1)}, {odd, parity(1, last + 1, 0)}});
  SmallVector<Code::ColorAt> to;
  for (int64_t rest : {0, 1})
    if (last > rest)
      to.push_back({rest ? odd : even, parity(0, last, rest)});
  to.push_back({out, phase.cores(0, columns, last, last + 1)});
  output = code.output(to);
  queue.emplace(code);
}

void Results::begin(Emit &e) const {
  e.mov(e.dsd(results, e.at(0), e.at(plan->results.extent)),
        e.real(plan->results.element, 0));
}

Emit::At Results::place(Emit &e, Emit::At number) const {
  return e.add(address(e, queue->head.get(e), plan->slots), number);
}

Value Results::vector(Emit &e, Value number, Value count) const {
  return e.dsd(results, address(e, number, plan->slots), address(e, count, 1));
}

Value Results::all(Emit &e) const { return plan->perColumn(e, plan->slotsOf); }

/// How many results of a place there are: the same for all rows where dense.
Value Results::count(Emit &e, Value number) const {
  if (plan->dense)
    return all(e);
  return memref::LoadOp::create(e.b, e.loc, counts,
                                ValueRange{e.value(address(e, number, 1))});
}

/// Adds what comes from the north to a row's results, on to the south.
void Results::launch(Emit &e, Value number, Value count) const {
  How how;
  how.thread = Plan::chainThread;
  how.activate = "taken";
  Value own = vector(e, number, count);
  Emit::At extent = cast<DsdOp>(own.getDefiningOp()).getExtent()[0];
  Type element = plan->results.element;
  Value south = e.fabout(output, extent, element);
  if (top)
    return e.mov(south, own, how);
  e.binary<AddOp>(south, e.fabin(input, extent, element), own, how);
}

void Results::pass(Emit &e, Value count, StringRef task) const {
  Value number = queue->head.get(e);
  if (!plan->dense)
    memref::StoreOp::create(e.b, e.loc, count, counts,
                            ValueRange{e.value(address(e, number, 1))});
  Value all = queue->waiting.add(e, 1);
  e.when(
      is(e, CmpIPredicate::eq, all, 1), [&] { launch(e, number, count); },
      [&] {
        e.when(is(e, CmpIPredicate::eq, all, plan->buffers),
               [&] { BlockOp::create(e.b, e.loc, task); });
      });
  queue->head.set(e, next(e, number, plan->buffers));
}

void Results::writeTasks(Code &code, StringRef task) const {
  Emit e(code.local("taken"));
  Value done = queue->tail.get(e);
  Value following = next(e, done, plan->buffers);
  queue->tail.set(e, following);
  Value left = queue->waiting.add(e, -1);
  e.when(is(e, CmpIPredicate::sgt, left, 0),
         [&] { launch(e, following, count(e, following)); });
  e.mov(vector(e, done, count(e, done)), e.real(plan->results.element, 0));
  UnblockOp::create(e.b, e.loc, task);
}

} // namespace waferflow::fabric::sddmm
