//===- Cores.cpp - One cycle of a core ------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/Engine.h"
#include "simulator/cycle/Numbers.h"

namespace waferflow::cycle {

void Engine::stepCore(uint32_t node) {
  Core &core = cores[node];
  if (core.program < 0)
    return;
  catchUp(node, core);
  sendUp(node, core);
  advanceMain(node, core);
  issueSlot(node, core);
  // What the slot ended may let the main thread go on in this very cycle only
  // if it takes no time; that is decided in the next step.
  settle(node, core);
}

bool Engine::microthreadsIdle(const Core &core) const {
  int32_t count = plans[core.program].threads;
  for (int32_t i = 0; i < count; ++i)
    if (threads[core.threads + i].plan)
      return false;
  return true;
}

/// One wavelet a cycle from the output queues onto the ramp, round robin over
/// the colors that have credit.
void Engine::sendUp(uint32_t node, Core &core) {
  size_t count = plans[core.program].core->outputs.size();
  Channel *best = nullptr;
  bool more = false;
  for (size_t q = 0; q < count; ++q) {
    Channel &queue = channels[core.firstOutput + q];
    if (!readable(queue) || !writable(channels[queue.route]))
      continue;
    more |= best != nullptr;
    if (!best || queue.lastGrant < best->lastGrant)
      best = &queue;
  }
  if (!best)
    return;
  Slot slot = front(*best);
  push(channels[best->route], slot.data, slot.control);
  best->lastGrant = static_cast<uint32_t>(now) + 1;
  pop(*best);
  ColorCounters &color = counters.colors[best->color];
  ++color.sent;
  color.controls += slot.control;
  if (more || best->count)
    wake(NodeKind::Core, node,
         more ? now + 1 : std::max<int64_t>(now + 1, front(*best).when));
  happened(now + 1);
}

/// Keeps the slot for `cycles`; at once where no other thread could want it.
void Engine::occupyMain(Core &core, int64_t cycles) {
  counters.scalars += cycles;
  core.mainAt = static_cast<uint32_t>(now + 1);
  core.slotsLeft = static_cast<uint32_t>(cycles - 1);
  if (microthreadsIdle(core)) {
    core.mainAt = static_cast<uint32_t>(now + cycles);
    core.slotsLeft = 0;
  }
  core.busyUntil = static_cast<uint32_t>(now + 1);
  happened(core.mainAt);
}

/// All that the main thread can do without an issue slot.
void Engine::advanceMain(uint32_t node, Core &core) {
  const ProgramPlan &plan = plans[core.program];
  while (!core.waitsVector && !core.slotsLeft && core.mainAt <= now &&
         !failure) {
    if (core.task < 0) {
      if (!pickTask(node, core))
        return;
      continue;
    }
    const auto &code = plan.code[core.task];
    if (core.pc >= static_cast<int64_t>(code.size()) ||
        code[core.pc].kind == InstructionPlan::Kind::End) {
      core.task = -1;
      happened(now);
      continue;
    }
    const InstructionPlan &instruction = code[core.pc];
    if (instruction.kind != InstructionPlan::Kind::Vector) {
      if (instruction.cycles > 0 || !execute(node, core, instruction))
        return; // needs a slot, or space in a queue
      continue;
    }
    const VectorPlan &vector = plan.vectors[instruction.vector];
    int64_t setup = vector.vector->configured ? 0 : program.machine.setupCycles;
    if (setup > 0 && !core.setUp)
      return; // mainSlot pays it
    int32_t number = vector.vector->thread;
    Thread &thread =
        threads[core.threads + (number < 0 ? plan.threads : number)];
    core.waitsThread = thread.plan || thread.readyAt > now;
    if (core.waitsThread)
      return;
    core.setUp = false;
    ++core.pc;
    core.waitsVector = number < 0;
    if (!launch(node, core, thread, vector))
      return;
  }
}

/// The main thread's use of a free issue slot, for scalar code.
void Engine::mainSlot(uint32_t node, Core &core) {
  if (core.waitsVector || core.task < 0 || core.mainAt > now ||
      core.waitsThread)
    return;
  if (core.slotsLeft) {
    --core.slotsLeft;
    core.mainAt = static_cast<uint32_t>(now + 1);
    happened(now + 1);
    return;
  }
  const ProgramPlan &plan = plans[core.program];
  const auto &code = plan.code[core.task];
  if (core.pc >= static_cast<int64_t>(code.size()))
    return;
  const InstructionPlan &instruction = code[core.pc];
  if (instruction.kind == InstructionPlan::Kind::Vector) {
    if (core.setUp || plan.vectors[instruction.vector].vector->configured)
      return;
    core.setUp = true;
    occupyMain(core, program.machine.setupCycles);
    return;
  }
  if (instruction.cycles > 0 && execute(node, core, instruction))
    occupyMain(core, instruction.cycles);
}

void Engine::issueSlot(uint32_t node, Core &core) {
  if (core.busyUntil > now)
    return;
  const ProgramPlan &plan = plans[core.program];
  bool issued = false;
  for (int32_t i = 0; i <= plan.threads; ++i) {
    Thread &thread = threads[core.threads + i];
    if (!thread.plan)
      continue;
    if (issued) {
      if (thread.startAt <= now && thread.readyAt <= now &&
          thread.blocked == Thread::Blocked::No)
        thread.blocked = Thread::Blocked::Slot;
      continue;
    }
    issued = tryIssue(node, core, i, thread) == Issue::Yes;
  }
  if (!issued)
    mainSlot(node, core);
}

bool Engine::taskReady(uint32_t node, Core &core, int index) {
  const Task &task = plans[core.program].core->tasks[index];
  if (core.blocked >> index & 1)
    return false;
  uint32_t from = taskReadyAt[core.tasks + index];
  if (task.kind == Task::Kind::Local) {
    if (!(core.activated >> index & 1))
      return false;
    if (from > now)
      wake(NodeKind::Core, node, from);
    return from <= now;
  }
  if (from > now) {
    wake(NodeKind::Core, node, from);
    return false;
  }
  Channel &queue = channels[core.firstInput + task.input];
  if (task.kind == Task::Kind::Control)
    return readable(queue) && front(queue).control &&
           decodeControl(front(queue).data).task == task.id;
  for (int32_t i = 0; i < task.wavelets; ++i) {
    if (i >= queue.count)
      return false;
    const Slot &slot = slotBehind(queue, static_cast<uint32_t>(i));
    if (slot.when > now || slot.control)
      return false;
  }
  return true;
}

/// The first ready task of the list begins. A control wavelet for no task ends
/// here.
bool Engine::pickTask(uint32_t node, Core &core) {
  const CoreProgram &text = *plans[core.program].core;
  for (size_t q = 0; q < text.inputs.size(); ++q) {
    Channel &queue = channels[core.firstInput + q];
    while (readable(queue) && front(queue).control &&
           decodeControl(front(queue).data).task < 0)
      pop(queue);
  }
  for (size_t t = 0; t < text.tasks.size(); ++t)
    if (taskReady(node, core, static_cast<int>(t))) {
      startTask(node, core, static_cast<int>(t));
      return true;
    }
  return false;
}

void Engine::startTask(uint32_t node, Core &core, int index) {
  const ProgramPlan &plan = plans[core.program];
  const Task &task = plan.core->tasks[index];
  uint32_t words[16] = {0};
  if (task.kind == Task::Kind::Local) {
    core.activated &= ~(uint64_t(1) << index);
    ++counters.localTasks;
  } else {
    Channel &queue = channels[core.firstInput + task.input];
    for (int32_t i = 0; i < task.wavelets; ++i) {
      words[i] = front(queue).data;
      pop(queue);
    }
    ++(task.kind == Task::Kind::Data ? counters.dataTasks
                                     : counters.controlTasks);
  }
  for (const Field &field : task.fields) {
    uint32_t bits = words[field.wavelet];
    if (field.bits == Field::Bits::High)
      bits >>= 16;
    if (field.bits != Field::Bits::All)
      bits &= 0xffff;
    uint8_t bytes[4];
    writeBits(DataType::I32, bits, bytes);
    bool integer = field.type == DataType::I16 || field.type == DataType::I32;
    int64_t whole = field.type == DataType::I16 ? static_cast<int16_t>(bits)
                                                : static_cast<int32_t>(bits);
    setRegister(core, field.reg, readElement(field.type, bytes), whole,
                integer);
  }
  core.task = static_cast<int16_t>(index);
  core.pc = 0;
  core.setUp = false;
  core.mainAt = static_cast<uint32_t>(now + plan.startCycles[index]);
  if (!core.working) {
    core.working = true;
    core.busySince = static_cast<uint32_t>(now);
  }
  if (options.observer)
    options.observer->taskStart(now, core.x, core.y, task.name);
  happened(core.mainAt);
}

/// `effective` is the cycle from which the task may be seen in its new state.
void Engine::changeTask(uint32_t node, Core &core, const OnDone &change,
                        int64_t effective) {
  uint64_t mark = uint64_t(1) << change.task;
  uint32_t &readyAt = taskReadyAt[core.tasks + change.task];
  switch (change.kind) {
  case OnDone::Kind::Activate:
    effective += program.machine.completeCycles;
    if (!(core.activated & mark))
      readyAt = std::max(readyAt, static_cast<uint32_t>(effective));
    core.activated |= mark;
    break;
  case OnDone::Kind::Unblock:
    core.blocked &= ~mark;
    readyAt = std::max(readyAt, static_cast<uint32_t>(effective));
    break;
  case OnDone::Kind::Block:
    core.blocked |= mark;
    break;
  }
  wake(NodeKind::Core, node, std::max<int64_t>(now + 1, effective));
}

/// When the core must be stepped next without anything arriving.
void Engine::settle(uint32_t node, Core &core) {
  const ProgramPlan &plan = plans[core.program];
  Thread &main = threads[core.threads + plan.threads];
  main.lags = mayLag(core);
  if (main.lags && main.readyAt < core.busyUntil) { // a microthread's last slot
    counters.stalls.slot += core.busyUntil - main.readyAt;
    main.readyAt = core.busyUntil;
    main.blocked = Thread::Blocked::No;
  }
  int64_t next = INT64_MAX;
  bool idle = core.task < 0 && !core.waitsVector;
  for (int32_t i = 0; i <= plan.threads; ++i) {
    const Thread &thread = threads[core.threads + i];
    if (!thread.plan) {
      if (core.waitsThread && thread.readyAt > now)
        next = std::min<int64_t>(next, thread.readyAt);
      continue;
    }
    idle = false;
    if (&thread == &main && main.lags) {
      next = std::min(next, endOfMain(thread));
      continue;
    }
    int64_t at = std::max(thread.startAt, thread.readyAt);
    if (at > now)
      next = std::min(next, at);
    else if (thread.blocked == Thread::Blocked::Slot ||
             thread.blocked == Thread::Blocked::No)
      next =
          std::min<int64_t>(next, std::max<int64_t>(now + 1, core.busyUntil));
  }
  if (!core.waitsVector && !core.waitsThread) {
    if (core.task >= 0)
      next = std::min<int64_t>(next, std::max<int64_t>({now + 1, core.mainAt}));
    else if (core.mainAt > now)
      next = std::min<int64_t>(next, core.mainAt);
  }
  if (next != INT64_MAX)
    wake(NodeKind::Core, node, next);
  if (idle && core.mainAt <= now && core.busyUntil <= now && core.working) {
    counters.activeCoreCycles += now - core.busySince;
    core.working = false;
  } else if (idle && core.working) {
    wake(NodeKind::Core, node,
         std::max<int64_t>({now + 1, core.mainAt, core.busyUntil}));
  }
}

} // namespace waferflow::cycle
