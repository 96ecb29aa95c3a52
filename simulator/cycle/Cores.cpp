//===- Cores.cpp - One cycle of a core ------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/Engine.h"
#include "simulator/cycle/Numbers.h"

namespace waferflow::cycle {

void Engine::stepCore(uint32_t index) {
  Core &core = cores[index];
  if (!core.plan)
    return;
  stopped = false;
  if (mainThread(core).lags)
    catchUp(index, core);
  if (occupied[coreNode(index)])
    sendUp(index, core);
  advanceMain(index, core);
  if (stopped)
    return; // what failed is half begun
  issueSlot(index, core);
  if (stopped)
    return;
  // What the slot ended may let the main thread go on in this very cycle only
  // if it takes no time; that is decided in the next step.
  settle(index, core);
}

/// One wavelet a cycle from the output queues onto the ramp, round robin over
/// the colors that have credit.
void Engine::sendUp(uint32_t index, Core &core) {
  uint32_t count = static_cast<uint32_t>(core.plan->outputs);
  uint64_t marks = occupied[coreNode(index)];
  Channel *best = nullptr;
  bool more = false;
  auto ask = [&](uint32_t number) {
    Channel &queue = channels[core.firstOutput + number];
    if (!readable(queue) || !writable(channels[queue.route]))
      return;
    more |= best != nullptr;
    if (!best || queue.lastGrant < best->lastGrant)
      best = &queue;
  };
  for (uint32_t q = 0; q < count; ++q)
    if (marks >> std::min(q, lastMark) & 1)
      ask(q);
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
    wake(coreNode(index),
         more ? now + 1 : std::max<int64_t>(now + 1, front(*best).when));
  happened(now + 1);
}

/// Keeps the slot for `cycles`; at once where no other thread could want it.
void Engine::occupyMain(Core &core, int64_t cycles) {
  counters.scalars += cycles;
  core.mainAt = static_cast<uint32_t>(now + 1);
  core.slotsLeft = static_cast<uint32_t>(cycles - 1);
  if (!core.runs) {
    core.mainAt = static_cast<uint32_t>(now + cycles);
    core.slotsLeft = 0;
  }
  core.busyUntil = static_cast<uint32_t>(now + 1);
  happened(core.mainAt);
}

/// More than all instructions of all tasks (64 of 32,000, FabricCoreCheck.cpp).
constexpr int64_t mostSteps = int64_t(1) << 22;

/// All that the main thread can do without an issue slot.
void Engine::advanceMain(uint32_t index, Core &core) {
  const ProgramPlan &plan = *core.plan;
  int64_t steps = 0;
  while (!core.waitsVector && !core.slotsLeft && core.mainAt <= now &&
         !stopped) {
    if (++steps > mostSteps)
      return fail(index,
                  "tasks go on for ever in no time; the last one is '" +
                      plan.core->tasks[std::max<int>(core.task, 0)].name + "'");
    if (core.task < 0) {
      if (!pickTask(index, core))
        return;
      continue;
    }
    const std::vector<InstructionPlan> &code = plan.tasks[core.task].code;
    if (core.pc >= static_cast<int64_t>(code.size()) ||
        code[core.pc].kind == InstructionPlan::Kind::End) {
      if (options.observer)
        options.observer->taskEnd(now, core.x, core.y,
                                  plan.core->tasks[core.task].name);
      core.task = -1;
      happened(now);
      continue;
    }
    const InstructionPlan &instruction = code[core.pc];
    if (instruction.kind != InstructionPlan::Kind::Vector) {
      if (instruction.cycles > 0 || !execute(index, core, instruction))
        return; // needs a slot, or space in a queue
      continue;
    }
    const VectorPlan &vector = plan.vectors[instruction.vector];
    int64_t setup = vector.configured ? 0 : program.machine.setupCycles;
    if (setup > 0 && !core.setUp)
      return; // mainSlot pays it
    int32_t number = vector.thread;
    Thread &thread =
        threads[core.threads + (number < 0 ? plan.threads : number)];
    core.waitsThread = thread.plan || thread.readyAt > now;
    if (core.waitsThread)
      return;
    core.setUp = false;
    ++core.pc;
    core.waitsVector = number < 0;
    if (!launch(index, core, thread, vector))
      return;
  }
}

/// The main thread's use of a free issue slot, for scalar code.
void Engine::mainSlot(uint32_t index, Core &core) {
  if (core.waitsVector || core.task < 0 || core.mainAt > now ||
      core.waitsThread)
    return;
  if (core.slotsLeft) {
    --core.slotsLeft;
    core.mainAt = static_cast<uint32_t>(now + 1);
    happened(now + 1);
    return;
  }
  const ProgramPlan &plan = *core.plan;
  const std::vector<InstructionPlan> &code = plan.tasks[core.task].code;
  if (core.pc >= static_cast<int64_t>(code.size()))
    return;
  const InstructionPlan &instruction = code[core.pc];
  if (instruction.kind == InstructionPlan::Kind::Vector) {
    if (core.setUp || plan.vectors[instruction.vector].configured)
      return;
    core.setUp = true;
    occupyMain(core, program.machine.setupCycles);
    return;
  }
  if (instruction.cycles > 0 && execute(index, core, instruction))
    occupyMain(core, instruction.cycles);
}

void Engine::issueSlot(uint32_t index, Core &core) {
  if (core.busyUntil > now)
    return;
  bool issued = false;
  auto ask = [&](int number) {
    Thread &thread = threads[core.threads + number];
    if (!issued)
      issued = tryIssue(index, core, number, thread);
    else if (thread.startAt <= now && thread.readyAt <= now &&
             thread.blocked == Thread::Blocked::No)
      thread.blocked = Thread::Blocked::Slot;
  };
  for (uint64_t left = core.runs; left; left &= left - 1)
    ask(__builtin_ctzll(left));
  if (mainThread(core).plan)
    ask(core.plan->threads);
  if (!issued)
    mainSlot(index, core);
}

/// When the core must be stepped next without anything arriving.
void Engine::settle(uint32_t index, Core &core) {
  Thread &main = mainThread(core);
  main.lags = main.plan && mayLag(core);
  if (main.lags && main.readyAt < core.busyUntil) { // a microthread's last slot
    counters.stalls.slot += core.busyUntil - main.readyAt;
    main.readyAt = core.busyUntil;
    main.blocked = Thread::Blocked::No;
  }
  int64_t next = INT64_MAX;
  auto wait = [&](const Thread &thread) {
    int64_t at = std::max(thread.startAt, thread.readyAt);
    if (at > now)
      next = std::min(next, at);
    else if (thread.blocked == Thread::Blocked::Slot ||
             thread.blocked == Thread::Blocked::No)
      next =
          std::min<int64_t>(next, std::max<int64_t>(now + 1, core.busyUntil));
  };
  for (uint64_t left = core.runs; left; left &= left - 1)
    wait(threads[core.threads + static_cast<uint32_t>(__builtin_ctzll(left))]);
  if (main.lags)
    next = std::min(next, endOfMain(main));
  else if (main.plan)
    wait(main);
  if (core.waitsThread)
    for (int32_t i = 0; i <= core.plan->threads; ++i) {
      const Thread &thread = threads[core.threads + i];
      if (!thread.plan && thread.readyAt > now)
        next = std::min<int64_t>(next, thread.readyAt);
    }
  if (!core.waitsVector && !core.waitsThread) {
    if (core.task >= 0)
      next = std::min<int64_t>(next, std::max<int64_t>({now + 1, core.mainAt}));
    else if (core.mainAt > now)
      next = std::min<int64_t>(next, core.mainAt);
  }
  if (next != INT64_MAX)
    wake(coreNode(index), next);
  if (!core.working || core.runs || main.plan || core.task >= 0 ||
      core.waitsVector)
    return;
  if (core.mainAt <= now && core.busyUntil <= now) {
    counters.activeCoreCycles += now - core.busySince;
    core.working = false;
  } else {
    wake(coreNode(index),
         std::max<int64_t>({now + 1, core.mainAt, core.busyUntil}));
  }
}

} // namespace waferflow::cycle
