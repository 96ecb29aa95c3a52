//===- Vectors.cpp - Vector instructions, slot by slot --------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/Engine.h"
#include "simulator/cycle/Numbers.h"

namespace waferflow::cycle {

using Kind = OperandPlan::Kind;

/// Products with strides stay within 64 bits.
constexpr int64_t mostElements = int64_t(1) << 30;

/// Starts an instruction: its first slot is at startAt or later.
bool Engine::launch(uint32_t index, Core &core, Thread &thread,
                    const VectorPlan &plan) {
  int64_t extent = std::max<int64_t>(0, amount(core, plan.extent));
  if (extent > mostElements) {
    fail(index, "a vector of " + std::to_string(extent) + " elements; " +
                    std::to_string(mostElements) + " are possible");
    return false;
  }
  thread.plan = &plan;
  thread.extent = extent;
  thread.done = 0;
  thread.fraction = 0;
  thread.blocked = Thread::Blocked::No;
  const OperandPlan &d = plan.destination;
  int64_t wanted = plan.toScalar ? 1 : thread.extent;
  if (d.kind == Kind::Memory && !address(index, core, d, wanted, thread.at[0]))
    return false;
  for (int32_t i = 0; i < plan.sourceCount; ++i) {
    const OperandPlan &s = plan.sources[i];
    if (s.kind == Kind::Memory &&
        !address(index, core, s, thread.extent, thread.at[i + 1]))
      return false;
    if (s.kind == Kind::Register)
      thread.scalar[i] = realOf(core, s.index);
    else if (s.kind == Kind::Immediate)
      thread.scalar[i] = s.immediate;
  }
  if (plan.toScalar)
    thread.sum = d.kind == Kind::Memory
                     ? readElement(d.type, &sram[thread.at[0]])
                     : realOf(core, d.index);
  const Machine &machine = program.machine;
  int64_t latency = 0;
  if (plan.fabricOut) // to the cycle in which the first wavelet is on the ramp
    latency = std::max<int64_t>(0, machine.dispatchCycles - 1);
  else if (plan.configured)
    latency = machine.launchCycles;
  thread.startAt = static_cast<uint32_t>(now + latency);
  thread.readyAt = thread.startAt;
  ++counters.vectors;
  VectorOp op = plan.op;
  counters.dots += op == VectorOp::Dot;
  counters.axpys += op == VectorOp::Fmac &&
                    plan.sources[0].kind != Kind::Memory &&
                    plan.sources[0].kind != Kind::Fabric;
  thread.oneByOne = mayOverlap(thread);
  thread.rate = plan.rate;
  if (bankBytes)
    thread.rate.cost256 = costWithBanks(core, thread);
  if (plan.thread >= 0)
    core.runs |= uint64_t(1) << plan.thread;
  if (thread.extent == 0 && !plan.advances)
    finish(index, core, thread, thread.startAt);
  return true;
}

/// Whether every source queue has its next wavelet. A control wavelet at the
/// head ends the instruction, or waits for its task.
bool Engine::inputsReady(uint32_t index, Core &core, Thread &thread) {
  const VectorPlan &plan = *thread.plan;
  for (int32_t i = 0; i < plan.sourceCount; ++i) {
    if (plan.sources[i].kind != Kind::Fabric)
      continue;
    Channel &queue = channels[core.firstInput +
                              static_cast<uint32_t>(plan.sources[i].index)];
    if (!readable(queue))
      return false;
    if (!front(queue).control)
      continue;
    if (plan.untilControl) {
      finish(index, core, thread, now);
      return false;
    }
    if (decodeControl(front(queue).data).task < 0) {
      pop(queue); // for no task: dropped
      wake(coreNode(index), now + 1);
    }
    return false;
  }
  return true;
}

/// Whether the issue slot of this cycle is taken.
bool Engine::tryIssue(uint32_t index, Core &core, int number, Thread &thread) {
  if (thread.readyAt > now)
    return false;
  const VectorPlan &plan = *thread.plan;
  int64_t count =
      std::min<int64_t>(thread.rate.perSlot, thread.extent - thread.done);
  bool behind =
      thread.done == thread.extent; // only its control wavelet is left
  if (plan.fabricIn && !behind && !inputsReady(index, core, thread)) {
    if (thread.plan)
      thread.blocked = Thread::Blocked::Input;
    return false;
  }
  if (plan.fabricOut) {
    int64_t last = thread.done + count;
    bool whole = dataBytes(plan.destination.type) == 4 || last % 2 == 0 ||
                 last == thread.extent;
    if (whole &&
        !writable(channels[core.firstOutput + plan.destination.index])) {
      thread.blocked = Thread::Blocked::Output;
      return false;
    }
  }
  if (threadSwitchCycles && core.lastThread >= 0 && core.lastThread != number) {
    core.lastThread = static_cast<int8_t>(number);
    core.busyUntil = static_cast<uint32_t>(now + threadSwitchCycles);
    thread.blocked = Thread::Blocked::Slot;
    return true;
  }
  core.lastThread = static_cast<int8_t>(number);

  int64_t waited = now - thread.readyAt;
  if (thread.blocked == Thread::Blocked::Input)
    counters.stalls.input += waited;
  else if (thread.blocked == Thread::Blocked::Output)
    counters.stalls.output += waited;
  else
    counters.stalls.slot += waited;
  thread.blocked = Thread::Blocked::No;

  if (behind) {
    push(channels[core.firstOutput + plan.destination.index], plan.control,
         true);
    ++counters.slots;
    core.busyUntil = static_cast<uint32_t>(now + 1);
    finish(index, core, thread, now + 1);
    return true;
  }
  if (!plan.fabricIn && !plan.fabricOut && !options.observer &&
      number == core.plan->threads && !core.runs &&
      endOfMain(thread) <= options.maxCycles) {
    bulk(index, core, thread);
    return true;
  }
  int64_t retire = slot(core, thread, count, now);
  if (options.observer)
    options.observer->issue(now, core.x, core.y,
                            number == core.plan->threads ? -1 : number, plan.op,
                            thread.done);
  if (thread.done == thread.extent && !plan.advances)
    finish(index, core, thread, retire);
  return true;
}

/// The slot of cycle `at`; gives the cycle in which it retires.
int64_t Engine::slot(Core &core, Thread &thread, int64_t count, int64_t at) {
  const VectorRate &rate = thread.rate;
  compute(core, thread, count);
  ++counters.slots;
  int64_t cost = rate.cost256;
  if (count < rate.perSlot)
    cost = std::max<int64_t>(256,
                             (cost * count + rate.perSlot - 1) / rate.perSlot);
  thread.fraction += static_cast<uint32_t>(cost);
  int64_t retire = at + (thread.fraction >> 8);
  thread.fraction &= 255;
  core.busyUntil = static_cast<uint32_t>(retire);
  thread.readyAt = static_cast<uint32_t>(retire);
  happened(retire);
  return retire;
}

void Engine::finish(uint32_t index, Core &core, Thread &thread,
                    int64_t retire) {
  const VectorPlan &plan = *thread.plan;
  const OperandPlan &d = plan.destination;
  if (plan.toScalar && d.kind == Kind::Memory) {
    writeBits(d.type, elementBits(d.type, thread.sum), &sram[thread.at[0]]);
    counters.sramWriteBytes += dataBytes(d.type);
  } else if (plan.toScalar) {
    setRegister(core, d.index, thread.sum, 0, false);
  }
  if (options.observer)
    options.observer->vectorDone(thread.startAt, retire, core.x, core.y,
                                 plan.thread, plan.op, thread.done);
  if (bankBytes) {
    int64_t perSlot = thread.rate.perSlot;
    counters.stalls.banks256 +=
        (thread.rate.cost256 - plan.rate.cost256) *
        ((int64_t(thread.done) + perSlot - 1) / perSlot);
  }
  thread.plan = nullptr;
  if (plan.thread >= 0)
    core.runs &= ~(uint64_t(1) << plan.thread);
  thread.readyAt = static_cast<uint32_t>(retire);
  if (plan.thread < 0) {
    core.waitsVector = false;
    core.mainAt = static_cast<uint32_t>(retire);
  }
  for (const OnDone &change : plan.vector->onDone)
    changeTask(index, core, change, retire);
  wake(coreNode(index), std::max<int64_t>(now + 1, retire));
  happened(retire);
}

} // namespace waferflow::cycle
