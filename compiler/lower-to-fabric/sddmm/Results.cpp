//===- Results.cpp - Dots wait, and are added up down y -------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/sddmm/Results.h"

using namespace mlir;

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
  first.emplace(code);
  if (!plan->dense)
    before.emplace(code);
}

void Results::begin(Emit &e) const {
  e.mov(e.dsd(results, e.at(0), e.at(plan->results.extent)),
        e.real(plan->results.element, 0));
}

Emit::At Results::place(Emit &e, Emit::At number) const {
  return e.add(address(e, first->get(e), 1), number);
}

/// Adds what comes from the north, on to the south. The instruction waits until
/// the microthread has taken the row before: then that one's place is free.
void Results::pass(Emit &e, Value count) const {
  auto extentOf = [&](Value number) {
    return number ? address(e, number, 1)
                  : e.perColumn(plan->lowering, plan->slotsOf);
  };
  Type element = plan->results.element;
  How how;
  how.thread = Plan::chainThread;
  Value begin = first->get(e);
  Emit::At extent = extentOf(count);
  Value own = e.dsd(results, address(e, begin, 1), extent);
  Value south = e.fabout(output, extent, element);
  if (top)
    e.mov(south, own, how);
  else
    e.binary<AddOp>(south, e.fabin(input, extent, element), own, how);

  Value other = minus(e, integer(e, plan->slots), begin);
  e.mov(e.dsd(results, address(e, other, 1),
              extentOf(before ? before->get(e) : Value())),
        e.real(element, 0));
  first->set(e, other);
  if (before)
    before->set(e, arith::ExtSIOp::create(e.b, e.loc, e.b.getI32Type(), count));
}

} // namespace waferflow::fabric::sddmm
