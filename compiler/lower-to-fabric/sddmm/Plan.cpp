//===- Plan.cpp - Who stays and who travels in an sddmm -------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/sddmm/Plan.h"

#include "compiler/lower-to-fabric/ScalarCode.h"

using namespace mlir;

namespace waferflow::fabric::sddmm {

/// A pruned weight of a dense run has no mask: all its positions are wanted.
static bool hasMask(StepLowering &lowering, flow::SddmmOp sddmm) {
  for (unsigned i = 0; i < lowering.step.getNumArguments(); ++i)
    if (auto weight =
            lowering.step.getArgAttrOfType<flow::WeightAttr>(i, "flow.weight");
        weight && weight.getName() == sddmm.getWeight())
      return static_cast<bool>(weight.getMask());
  return false;
}

/// What a position's wavelet can say (HostStreams).
constexpr int64_t mostPlaces = 32768;

FailureOr<Plan> Plan::of(StepLowering &lowering, flow::SddmmOp kernel) {
  Plan plan(lowering, kernel);
  auto mapping = kernel.getMapping();
  if (!mapping)
    return kernel.emitOpError() << "expected a mapping, got none";
  plan.tl = lowering.tokensPerCore();
  plan.dense = kernel.getAt() == "dense" || !hasMask(lowering, kernel);
  if (!plan.dense && !kernel.getWeightAttr())
    return kernel.emitOpError() << "expected the name of its weight, got none";
  plan.inputTravels = mapping->getBroadcast() == "input";
  auto result = lowering.resultName(kernel.getResult());
  if (!result)
    return kernel.emitOpError()
           << "expected a gradient that the step returns, got another value";
  plan.result = *result;
  plan.staying =
      lowering.held(plan.inputTravels ? kernel.getDy() : kernel.getX());
  plan.travelling =
      lowering.held(plan.inputTravels ? kernel.getX() : kernel.getDy());
  for (const Held *held : {&plan.staying, &plan.travelling})
    if (!held->layout || held->layout.getGo() != 1)
      return kernel.emitOpError()
             << "expected both sides in one output group, got "
             << (held->layout ? held->layout.getGo() : 0);

  ColumnLayout stays = lowering.layoutOf(plan.staying.layout);
  ColumnLayout travels = lowering.layoutOf(plan.travelling.layout);
  plan.slots = std::max<int64_t>(1, stays.slots());
  for (int64_t c = 0; c < plan.groupColumns(); ++c) {
    plan.slotsOf.push_back(stays.slotsOf(c));
    plan.before.push_back(plan.rows);
    plan.rows += travels.slotsOf(c);
    plan.behind.push_back(plan.rows);
  }
  bool wide = plan.travelling.element.isF32();
  plan.pitch = plan.tl + (wide ? 0 : plan.tl % 2);
  plan.block = plan.blockThatPays(std::max<int64_t>(2, mapping->getBuffers()));
  if (places * plan.slots > mostPlaces)
    return kernel.emitOpError()
           << "expected at most " << mostPlaces << " results in a core, got "
           << places << " rows of " << plan.slots;
  Builder b(kernel.getContext());
  struct Need {
    Held *held;
    Type type;
    int64_t extent;
  };
  for (auto [held, type, extent] :
       {Need{&plan.vectors, plan.travelling.element,
             2 * plan.block * plan.pitch},
        Need{&plan.results, b.getF32Type(), places * plan.slots}}) {
    auto memory = lowering.scratch(kernel, type, extent);
    if (failed(memory))
      return failure();
    *held = *memory;
  }
  return plan;
}

/// Half of `buffers`, or 1. Columns that may be further apart wait less for
/// each other: a quarter of a dot a row or more (measured), against the scalar
/// code of a block.
int64_t Plan::blockThatPays(int64_t buffers) const {
  constexpr int64_t slotsOfBlock = 40;
  if (!travels())
    return 1;
  Type type = staying.element;
  double rate = lowering.machine.rate(type.isF16()    ? "dot.f16.memory"
                                      : type.isBF16() ? "dot.bf16.memory"
                                                      : "dot.f32.memory");
  double dot = static_cast<double>(lowering.machine.launchCycles) +
               static_cast<double>(tl) / rate;
  int64_t most = std::min(buffers / 2, rows);
  return static_cast<double>(most) * dot / 4 > slotsOfBlock ? most : 1;
}

Emit::At Plan::elementsOf(Emit &e, Value count) const {
  return e.add(address(e, count, pitch), e.at(tl - pitch));
}

Value Plan::perColumn(Emit &e, ArrayRef<int64_t> byColumn) const {
  return arith::IndexCastOp::create(e.b, e.loc, e.b.getI32Type(),
                                    e.perColumn(lowering, byColumn));
}

HostAttr Plan::host(StringRef tensor, StringRef form) const {
  return HostAttr::get(kernel.getContext(), tensor, form, staying.layout,
                       travelling.layout, inputTravels, 0, 0, {});
}

} // namespace waferflow::fabric::sddmm
