//===- Attention.cpp - Attention and its gradients on the fabric ----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/LowerToFabric.h"
#include "compiler/lower-to-fabric/attention/Statistics.h"
#include "compiler/lower-to-fabric/attention/Worker.h"
#include "compiler/problems/mapping/AttentionBuffers.h"

using namespace mlir;

namespace waferflow::fabric {

using namespace attention;

/// `elements` of a buffer from `first` on, as a value of its own.
static Held part(const Held &whole, int64_t first, int64_t elements,
                 int64_t slots) {
  Held held = whole;
  held.address += first * (whole.element.getIntOrFloatBitWidth() / 8);
  held.extent = elements;
  held.slots = slots;
  return held;
}

static AttentionBuffers buffersOf(const Plan &plan) {
  const HeadPlaces &places = plan.places;
  return AttentionBuffers({places.slots, plan.lowering.tokensPerCore(),
                           plan.perSequence, places.teamColumns,
                           places.mostHeads, plan.ring, plan.keyBlock,
                           plan.backward()});
}

/// Everything but the blocks, which are there before.
static LogicalResult allocate(const Plan &plan, Memory &memory) {
  StepLowering &lowering = plan.lowering;
  Type f32 = Float32Type::get(plan.kernel.getContext());
  bool failed = false;
  auto scratch = [&](Type type, int64_t elements) {
    if (failed)
      return Held();
    auto held = lowering.scratch(plan.kernel, type, elements);
    failed = mlir::failed(held);
    return failed ? Held() : *held;
  };
  AttentionBuffers buffers = buffersOf(plan);
  memory.scores = scratch(lowering.sums, buffers.scores);
  memory.shared = scratch(f32, buffers.shared);
  memory.most = scratch(f32, buffers.statistics);
  memory.sum = scratch(f32, buffers.statistics);
  memory.work = scratch(f32, buffers.work);
  memory.pin = scratch(f32, 1);
  if (plan.backward()) {
    memory.gradients = scratch(lowering.sums, buffers.gradients);
    memory.home = buffers.home;
    memory.product = scratch(f32, buffers.product);
  }
  Value result = plan.backward() ? plan.body.dq : plan.body.o;
  memory.output = lowering.sums == lowering.storage
                      ? lowering.held(result)
                      : scratch(lowering.sums,
                                plan.places.slots * lowering.tokensPerCore());
  if (failed)
    return failure();
  if (const Left *left = lowering.leftFor(plan.kernel)) {
    memory.logarithms = left->memory;
    memory.forwardOutput = left->value;
  } else if (plan.backward()) {
    memory.logarithms = scratch(f32, buffers.logarithms);
  } else if (flow::AttentionOp reader = backwardOf(plan.kernel)) {
    auto held = lowering.leave(plan.kernel, reader, plan.body.o, f32,
                               buffers.logarithms);
    if (mlir::failed(held))
      return failure();
    memory.logarithms = *held;
  }
  return success(!failed);
}

/// Cores without heads or tokens leave zeros.
static void writeIdle(Phase &phase, const Plan &plan, const Memory &memory,
                      StringRef name, SelectAttr where) {
  Code code(phase, name, where);
  SmallVector<Value> buffers = {code.buffer(
      plan.lowering.held(plan.backward() ? plan.body.dq : plan.body.o))};
  if (plan.backward()) {
    buffers.push_back(code.buffer(memory.gradients));
    buffers.push_back(code.buffer(memory.blocks));
  }
  Emit e(code.local("main", /*start=*/true));
  for (Value buffer : buffers) {
    auto type = cast<MemRefType>(buffer.getType());
    e.mov(e.dsd(buffer, e.at(0), e.at(type.getNumElements())),
          e.real(type.getElementType(), 0));
  }
}

static void writeProgram(const Plan &plan, const Memory &memory) {
  StepLowering &lowering = plan.lowering;
  Phase phase(lowering, plan.kernel);
  Ring x(phase, Axis::X, plan.places.teamColumns);
  Ring y(phase, Axis::Y, plan.ring);
  int64_t idle = 0;
  auto leave = [&](int64_t x0, int64_t x1, int64_t y0, int64_t y1) {
    if (x0 < x1 && y0 < y1)
      writeIdle(phase, plan, memory, "idle" + std::to_string(idle++),
                phase.cores(x0, x1, y0, y1));
  };
  int64_t busy = 0;
  for (int64_t group = 0; group < plan.groups(); ++group) {
    int64_t x0 = plan.firstColumn(group), x1 = x0 + plan.places.columns;
    int64_t y1 = 0;
    for (const Rows &rows : plan.rowsOf(group)) {
      x.route(phase, x0, x1, rows.y0, rows.y1);
      y.route(phase, x0, x1, rows.y0, rows.y1);
      Code code(phase, "heads" + std::to_string(busy++),
                phase.cores(x0, x1, rows.y0, rows.y1));
      Worker worker(plan, memory, code, x, y, group, rows);
      if (plan.backward())
        writeBackward(worker);
      else
        writeForward(worker);
      y1 = rows.y1;
    }
    leave(x0, x1, y1, lowering.rows());
    leave(x1, plan.firstColumn(group + 1), 0, lowering.rows());
  }
}

/// A program of its own in which all cores copy: keys with their scale.
static void writeCopies(const Plan &plan, StringRef name,
                        ArrayRef<std::pair<Held, Held>> fromTo) {
  Phase phase(plan.lowering, plan.kernel, name);
  Code code(phase, "all", plan.lowering.everywhere());
  Emit e(code.local("main", /*start=*/true));
  bool first = true;
  for (const auto &[from, to] : fromTo) {
    Value source = e.dsd(code.buffer(from), e.at(0), e.at(from.extent));
    Value target = e.dsd(code.buffer(to), e.at(0), e.at(to.extent));
    bool scales = std::exchange(first, false) && plan.body.scale != 1;
    bool converts = from.element != to.element;
    Value scaled = converts ? source : target;
    if (scales)
      e.binary<MulOp>(scaled, source, e.real(from.element, plan.body.scale));
    if (!scales || converts)
      e.mov(target, source);
  }
}

/// Keys and values as the first block: where query heads share them, by an
/// exchange. Backward they make room for what comes then.
static LogicalResult takeKeys(const Plan &plan, Memory &memory) {
  StepLowering &lowering = plan.lowering;
  AttentionBuffers buffers = buffersOf(plan);
  memory.keyElements = memory.gradientElements = buffers.block;
  auto blocks = lowering.scratch(plan.kernel, lowering.storage, buffers.blocks);
  if (failed(blocks))
    return failure();
  memory.blocks = *blocks;
  int64_t slots = plan.places.slots;
  int64_t elements = slots * lowering.tokensPerCore();
  Held keys = part(memory.blocks, 0, elements, slots);
  Held values = part(memory.blocks, memory.keyElements, elements, slots);
  const Body &body = plan.body;
  if (!plan.inPlace()) {
    if (failed(exchange(lowering, plan.kernel, lowering.held(body.k), keys,
                        plan.spread, /*accumulate=*/false, "keys")) ||
        failed(exchange(lowering, plan.kernel, lowering.held(body.v), values,
                        plan.spread, /*accumulate=*/false, "values")))
      return failure();
  } else if (plan.backward()) {
    writeCopies(
        plan, "keys",
        {{lowering.held(body.k), keys}, {lowering.held(body.v), values}});
    memory.isScaled = true;
  } else {
    return success();
  }
  lowering.drop(body.k, plan.kernel);
  lowering.drop(body.v, plan.kernel);
  return success();
}

/// Back to where keys and values lie, summed over the heads that share them.
static LogicalResult giveGradients(const Plan &plan, const Memory &memory) {
  StepLowering &lowering = plan.lowering;
  bool stored = memory.gradients.element == lowering.storage;
  bool direct = stored || plan.inPlace();
  int64_t slots = plan.places.slots;
  int64_t elements = slots * lowering.tokensPerCore();
  auto source = [&](bool second) {
    return direct ? part(memory.gradients,
                         memory.home + (second ? memory.gradientElements : 0),
                         elements, slots)
                  : part(memory.blocks, second ? memory.keyElements : 0,
                         elements, slots);
  };
  lowering.keepScratch({direct ? memory.gradients : memory.blocks});
  for (Value read : {plan.body.q, plan.body.gradient})
    lowering.drop(read, plan.kernel);
  auto dk = lowering.hold(plan.body.dk), dv = lowering.hold(plan.body.dv);
  if (failed(dk) || failed(dv))
    return failure();
  if (plan.inPlace()) {
    writeCopies(plan, "gradients", {{source(false), *dk}, {source(true), *dv}});
    return success();
  }
  std::vector<Move> back;
  for (const Move &move : plan.spread)
    back.push_back(
        {move.toColumn, move.toSlot, move.fromColumn, move.fromSlot});
  if (failed(exchange(lowering, plan.kernel, source(false), *dk, back,
                      /*accumulate=*/true, "dkeys")))
    return failure();
  return exchange(lowering, plan.kernel, source(true), *dv, back,
                  /*accumulate=*/true, "dvalues");
}

LogicalResult lowerAttention(StepLowering &lowering, flow::AttentionOp kernel) {
  auto plan = planAttention(lowering, kernel);
  if (failed(plan))
    return failure();
  Memory memory;
  if (failed(takeKeys(*plan, memory)))
    return failure();
  // The gradient of the queries takes the place of the forward pass's output,
  // which is read first.
  Value result = plan->backward() ? plan->body.dq : plan->body.o;
  const Left *left = lowering.leftFor(kernel);
  if (left && lowering.diesIn(left->value, kernel)) {
    memory.overOutput = true;
    lowering.alias(result, left->value);
  } else if (failed(lowering.hold(result))) {
    return failure();
  }
  if (failed(allocate(*plan, memory)))
    return failure();
  writeProgram(*plan, memory);
  return plan->backward() ? giveGradients(*plan, memory) : success();
}

} // namespace waferflow::fabric
