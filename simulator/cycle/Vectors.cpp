//===- Vectors.cpp - Vector instructions, slot by slot --------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/Engine.h"
#include "simulator/cycle/Numbers.h"

#include <cmath>

namespace waferflow::cycle {

using Kind = OperandPlan::Kind;

/// Starts an instruction: its first slot is at startAt or later.
bool Engine::launch(uint32_t node, Core &core, Thread &thread,
                    const VectorPlan &plan) {
  thread.plan = &plan;
  thread.extent = std::max<int64_t>(0, amount(core, plan.extent));
  thread.done = 0;
  thread.fraction = 0;
  thread.blocked = Thread::Blocked::No;
  const OperandPlan &d = plan.destination;
  int64_t wanted = plan.toScalar ? 1 : thread.extent;
  if (d.kind == Kind::Memory && !address(node, core, d, wanted, thread.at[0]))
    return false;
  for (int32_t i = 0; i < plan.sourceCount; ++i) {
    const OperandPlan &s = plan.sources[i];
    if (s.kind == Kind::Memory &&
        !address(node, core, s, thread.extent, thread.at[i + 1]))
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
  else if (plan.vector->configured)
    latency = machine.launchCycles;
  thread.startAt = static_cast<uint32_t>(now + latency);
  thread.readyAt = thread.startAt;
  ++counters.vectors;
  VectorOp op = plan.vector->op;
  counters.dots += op == VectorOp::Dot;
  counters.axpys += op == VectorOp::Fmac &&
                    plan.sources[0].kind != Kind::Memory &&
                    plan.sources[0].kind != Kind::Fabric;
  if (thread.extent == 0)
    finish(node, core, thread, thread.startAt);
  return true;
}

/// Whether every source queue has its next wavelet. A control wavelet at the
/// head ends the instruction, or waits for its task.
bool Engine::inputsReady(uint32_t node, Core &core, Thread &thread) {
  const VectorPlan &plan = *thread.plan;
  for (int32_t i = 0; i < plan.sourceCount; ++i) {
    if (plan.sources[i].kind != Kind::Fabric)
      continue;
    Channel &queue = channels[core.firstInput + plan.sources[i].index];
    if (!readable(queue))
      return false;
    if (!front(queue).control)
      continue;
    if (plan.vector->untilControl) {
      finish(node, core, thread, now);
      return false;
    }
    if (decodeControl(front(queue).data).task < 0) {
      pop(queue); // for no task: dropped
      wake(NodeKind::Core, node, now + 1);
    }
    return false;
  }
  return true;
}

Engine::Issue Engine::tryIssue(uint32_t node, Core &core, int number,
                               Thread &thread) {
  if (thread.readyAt > now)
    return Issue::No;
  const VectorPlan &plan = *thread.plan;
  int64_t count =
      std::min<int64_t>(plan.rate.perSlot, thread.extent - thread.done);
  if (plan.fabricIn && !inputsReady(node, core, thread)) {
    if (thread.plan)
      thread.blocked = Thread::Blocked::Input;
    return Issue::Wait;
  }
  if (plan.fabricOut) {
    int64_t last = thread.done + count;
    bool whole = dataBytes(plan.destination.type) == 4 || last % 2 == 0 ||
                 last == thread.extent;
    if (whole &&
        !writable(channels[core.firstOutput + plan.destination.index])) {
      thread.blocked = Thread::Blocked::Output;
      return Issue::Wait;
    }
  }
  if (threadSwitchCycles && core.lastThread >= 0 && core.lastThread != number) {
    core.lastThread = static_cast<int8_t>(number);
    core.busyUntil = static_cast<uint32_t>(now + threadSwitchCycles);
    thread.blocked = Thread::Blocked::Slot;
    return Issue::Yes;
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

  if (!plan.fabricIn && !plan.fabricOut && !options.observer &&
      number == plans[core.program].threads && microthreadsIdle(core)) {
    bulk(node, core, thread);
    return Issue::Yes;
  }
  int64_t retire = slot(core, thread, count, now);
  if (options.observer)
    options.observer->issue(now, core.x, core.y,
                            number == plans[core.program].threads ? -1 : number,
                            plan.vector->op, thread.done);
  if (thread.done == thread.extent)
    finish(node, core, thread, retire);
  return Issue::Yes;
}

/// The slot of cycle `at`; gives the cycle in which it retires.
int64_t Engine::slot(Core &core, Thread &thread, int64_t count, int64_t at) {
  const VectorRate &rate = thread.plan->rate;
  compute(core, thread, count);
  ++counters.slots;
  thread.done += count;
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

/// While all microthreads are stalled the main thread has every slot, until
/// something arrives: its slots are made up for when the core is stepped next.
bool Engine::mayLag(const Core &core) const {
  const ProgramPlan &plan = plans[core.program];
  const Thread &main = threads[core.threads + plan.threads];
  if (!main.plan || main.plan->fabricIn || main.plan->fabricOut ||
      options.observer || threadSwitchCycles || main.startAt > now)
    return false;
  for (int32_t i = 0; i < plan.threads; ++i) {
    const Thread &thread = threads[core.threads + i];
    if (thread.plan && (thread.startAt > now || thread.readyAt > now ||
                        (thread.blocked != Thread::Blocked::Input &&
                         thread.blocked != Thread::Blocked::Output)))
      return false;
  }
  return true;
}

/// When the main thread's vector instruction is complete if it has every slot.
int64_t Engine::endOfMain(const Thread &thread) const {
  const VectorRate &rate = thread.plan->rate;
  int64_t left = thread.extent - thread.done;
  int64_t total = thread.fraction + left / rate.perSlot * rate.cost256;
  if (int64_t rest = left % rate.perSlot)
    total += std::max<int64_t>(256, (rate.cost256 * rest + rate.perSlot - 1) /
                                        rate.perSlot);
  return thread.readyAt + (total >> 8);
}

void Engine::catchUp(uint32_t node, Core &core) {
  Thread &thread = threads[core.threads + plans[core.program].threads];
  if (!thread.lags)
    return;
  thread.lags = false;
  while (thread.plan && thread.readyAt < now) {
    int64_t perSlot = thread.plan->rate.perSlot;
    int64_t left = thread.extent - thread.done;
    int64_t whole = std::min<int64_t>(left / perSlot, now - thread.readyAt);
    if (thread.plan->axpyF16 && thread.plan->rate.cost256 == 256 && whole > 1) {
      compute(core, thread, (whole - 1) * perSlot); // the last by `slot`
      counters.slots += whole - 1;
      thread.done += (whole - 1) * perSlot;
      thread.readyAt += static_cast<uint32_t>(whole - 1);
    }
    int64_t count = std::min<int64_t>(perSlot, thread.extent - thread.done);
    int64_t retire = slot(core, thread, count, thread.readyAt);
    if (thread.done == thread.extent)
      finish(node, core, thread, retire);
  }
}

/// All slots at once: nobody else is there to take one or to look.
void Engine::bulk(uint32_t node, Core &core, Thread &thread) {
  const VectorRate &rate = thread.plan->rate;
  int64_t total = thread.fraction;
  while (thread.done < thread.extent) {
    int64_t left = thread.extent - thread.done;
    int64_t count = std::min<int64_t>(rate.perSlot, left);
    int64_t cost = rate.cost256;
    if (count < rate.perSlot)
      cost = std::max<int64_t>(256, (cost * count + rate.perSlot - 1) /
                                        rate.perSlot);
    if (thread.plan->axpyF16 && left >= rate.perSlot) {
      int64_t slotCount = left / rate.perSlot;
      compute(core, thread, slotCount * rate.perSlot);
      thread.done += slotCount * rate.perSlot;
      total += slotCount * cost;
      counters.slots += slotCount;
      continue;
    }
    compute(core, thread, count);
    thread.done += count;
    total += cost;
    ++counters.slots;
  }
  int64_t retire = now + (total >> 8);
  core.busyUntil = static_cast<uint32_t>(retire);
  thread.readyAt = static_cast<uint32_t>(retire);
  happened(retire);
  finish(node, core, thread, retire);
}

void Engine::finish(uint32_t node, Core &core, Thread &thread, int64_t retire) {
  const VectorPlan &plan = *thread.plan;
  const OperandPlan &d = plan.destination;
  if (plan.toScalar && d.kind == Kind::Memory) {
    writeBits(d.type, elementBits(d.type, thread.sum), &sram[thread.at[0]]);
    counters.sramWriteBytes += dataBytes(d.type);
  } else if (plan.toScalar) {
    setRegister(core, d.index, thread.sum, 0, false);
  }
  thread.plan = nullptr;
  thread.readyAt = static_cast<uint32_t>(retire);
  if (plan.vector->thread < 0) {
    core.waitsVector = false;
    core.mainAt = static_cast<uint32_t>(retire);
  }
  for (const OnDone &change : plan.vector->onDone)
    changeTask(node, core, change, retire);
  wake(NodeKind::Core, node, std::max<int64_t>(now + 1, retire));
  happened(retire);
}

/// The next element's bits from a source queue; the wavelet goes with its last.
uint32_t Engine::takeBits(Core &core, Thread &thread, int source,
                          int64_t element) {
  const OperandPlan &s = thread.plan->sources[source];
  Channel &queue = channels[core.firstInput + s.index];
  uint32_t data = front(queue).data;
  if (dataBytes(s.type) == 4) {
    pop(queue);
    return data;
  }
  uint32_t bits = element % 2 ? data >> 16 : data & 0xffff;
  if (element % 2 || element + 1 == thread.extent)
    pop(queue);
  return bits;
}

void Engine::putBits(Core &core, Thread &thread, int64_t element,
                     uint32_t bits) {
  const OperandPlan &d = thread.plan->destination;
  if (d.kind == Kind::Memory) {
    int64_t width = dataBytes(d.type);
    writeBits(d.type, bits, &sram[thread.at[0] + d.position(element) * width]);
    counters.sramWriteBytes += width;
    return;
  }
  Channel &queue = channels[core.firstOutput + d.index];
  if (dataBytes(d.type) == 4) {
    push(queue, bits, false);
    return;
  }
  if (element % 2 == 0)
    thread.packed = bits;
  else
    thread.packed |= bits << 16;
  if (element % 2 || element + 1 == thread.extent)
    push(queue, thread.packed, false);
}

/// The next `count` elements.
void Engine::compute(Core &core, Thread &thread, int64_t count) {
  const VectorPlan &plan = *thread.plan;
  const OperandPlan &d = plan.destination;
  VectorOp op = plan.vector->op;
  counters.elements += count;
  if (op == VectorOp::Fmac || op == VectorOp::Dot)
    counters.multiplyAdds += count;
  if (plan.axpyF16) {
    axpyF16(thread.scalar[0], &sram[thread.at[2] + 2 * thread.done],
            &sram[thread.at[0] + 2 * thread.done], count);
    counters.sramReadBytes += 4 * count;
    counters.sramWriteBytes += 2 * count;
    return;
  }
  bool f32Sum = d.type == DataType::F32;
  for (int64_t element = thread.done; element < thread.done + count;
       ++element) {
    uint32_t raw[3] = {0, 0, 0};
    float v[3];
    for (int32_t i = 0; i < plan.sourceCount; ++i) {
      const OperandPlan &s = plan.sources[i];
      if (s.kind == Kind::Memory) {
        int64_t width = dataBytes(s.type);
        const uint8_t *at =
            &sram[thread.at[i + 1] + s.position(element) * width];
        std::memcpy(&raw[i], at, width);
        v[i] = readElement(s.type, at);
        counters.sramReadBytes += width;
      } else if (s.kind == Kind::Fabric) {
        raw[i] = takeBits(core, thread, i, element);
        v[i] = readElement(s.type, reinterpret_cast<const uint8_t *>(&raw[i]));
      } else {
        v[i] = thread.scalar[i];
        raw[i] = elementBits(s.type, v[i]);
      }
    }
    float result = 0;
    switch (op) {
    case VectorOp::Mov:
      if (plan.sources[0].type == d.type) { // bits, whatever they mean
        putBits(core, thread, element, raw[0]);
        continue;
      }
      result = v[0];
      break;
    case VectorOp::Add:
      result = v[0] + v[1];
      break;
    case VectorOp::Sub:
      result = v[0] - v[1];
      break;
    case VectorOp::Mul:
      result = v[0] * v[1];
      break;
    case VectorOp::Max:
      result = v[0] < v[1] ? v[1] : v[0];
      break;
    case VectorOp::Min:
      result = v[1] < v[0] ? v[1] : v[0];
      break;
    case VectorOp::Fmac: {
      const uint8_t *at =
          &sram[thread.at[0] + d.position(element) * dataBytes(d.type)];
      float sum = readElement(d.type, at);
      counters.sramReadBytes += dataBytes(d.type);
      if (f32Sum) {
        result = multiplyAdd(v[0], v[1], sum);
      } else {
        float product = v[0] * v[1];
        result = product + sum;
      }
      break;
    }
    case VectorOp::Exp:
      result = static_cast<float>(std::exp(static_cast<double>(v[0])));
      break;
    case VectorOp::Log:
      result = static_cast<float>(std::log(static_cast<double>(v[0])));
      break;
    case VectorOp::Rsqrt:
      result = static_cast<float>(1 / std::sqrt(static_cast<double>(v[0])));
      break;
    case VectorOp::Reciprocal:
      result = static_cast<float>(1 / static_cast<double>(v[0]));
      break;
    case VectorOp::Select:
      result = v[0] != 0 ? v[1] : v[2];
      break;
    case VectorOp::Dot:
      thread.sum = multiplyAdd(v[0], v[1], thread.sum);
      continue;
    case VectorOp::Sum:
      thread.sum += v[0];
      continue;
    case VectorOp::MaxOf:
      thread.sum = thread.sum < v[0] ? v[0] : thread.sum;
      continue;
    }
    putBits(core, thread, element, elementBits(d.type, result));
  }
}

} // namespace waferflow::cycle
