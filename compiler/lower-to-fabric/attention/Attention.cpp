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

static FailureOr<Memory> allocate(const Plan &plan) {
  StepLowering &lowering = plan.lowering;
  Memory memory;
  Type f32 = Float32Type::get(plan.kernel.getContext());
  bool failed = false;
  auto scratch = [&](Type type, int64_t elements) {
    if (failed)
      return Held();
    auto held = lowering.scratch(plan.kernel, type, elements);
    failed = mlir::failed(held);
    return failed ? Held() : *held;
  };
  const HeadPlaces &places = plan.places;
  AttentionBuffers buffers(
      {places.slots, lowering.tokensPerCore(), plan.perSequence,
       places.teamColumns, places.mostHeads, plan.ring, plan.keyBlock,
       plan.backward()});
  memory.keyElements = memory.gradientElements = buffers.block;
  memory.blocks = scratch(lowering.storage, buffers.blocks);
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
                                places.slots * lowering.tokensPerCore());
  if (failed)
    return failure();
  if (const Left *left = lowering.leftFor(plan.kernel)) {
    memory.logarithms = left->memory;
    memory.forwardOutput = left->value;
  } else if (plan.backward()) {
    memory.logarithms = scratch(f32, buffers.logarithms);
  } else if (flow::AttentionOp reader = backwardOf(plan.kernel)) {
    auto held =
        lowering.leave(plan.kernel, reader, plan.body.o, f32,
                       buffers.logarithms);
    if (mlir::failed(held))
      return failure();
    memory.logarithms = *held;
  }
  if (failed)
    return failure();
  return memory;
}

/// Cores without heads or tokens leave zeros.
static void writeIdle(Phase &phase, const Plan &plan, const Memory &memory,
                      StringRef name, SelectAttr where) {
  Code code(phase, name, where);
  SmallVector<Value> buffers = {code.buffer(
      plan.lowering.held(plan.backward() ? plan.body.dq : plan.body.o))};
  if (plan.backward() && plan.inPlace()) {
    buffers.push_back(code.buffer(plan.lowering.held(plan.body.dk)));
    buffers.push_back(code.buffer(plan.lowering.held(plan.body.dv)));
  } else if (plan.backward()) {
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

LogicalResult lowerAttention(StepLowering &lowering, flow::AttentionOp kernel) {
  for (Value result : kernel.getResults())
    if (failed(lowering.hold(result)))
      return failure();
  auto plan = planAttention(lowering, kernel);
  if (failed(plan))
    return failure();
  auto memory = allocate(*plan);
  if (failed(memory))
    return failure();

  int64_t slots = plan->places.slots;
  int64_t elements = slots * lowering.tokensPerCore();
  if (!plan->inPlace())
    for (auto [value, first, name] :
         {std::tuple(plan->body.k, int64_t(0), "keys"),
          std::tuple(plan->body.v, memory->keyElements, "values")})
      if (failed(exchange(lowering, kernel, lowering.held(value),
                          part(memory->blocks, first, elements, slots),
                          plan->spread, /*accumulate=*/false, name)))
        return failure();
  writeProgram(*plan, *memory);
  if (!plan->backward() || plan->inPlace())
    return success();

  // Back to where keys and values lie, summed over the heads that share them.
  std::vector<Move> back;
  for (const Move &move : plan->spread)
    back.push_back(
        {move.toColumn, move.toSlot, move.fromColumn, move.fromSlot});
  bool stored = memory->gradients.element == lowering.storage;
  for (auto [value, second, name] :
       {std::tuple(plan->body.dk, false, "dkeys"),
        std::tuple(plan->body.dv, true, "dvalues")}) {
    Held from =
        stored ? part(memory->gradients,
                      memory->home + (second ? memory->gradientElements : 0),
                      elements, slots)
               : part(memory->blocks, second ? memory->keyElements : 0,
                      elements, slots);
    if (failed(exchange(lowering, kernel, from, lowering.held(value), back,
                        /*accumulate=*/true, name)))
      return failure();
  }
  return success();
}

} // namespace waferflow::fabric
