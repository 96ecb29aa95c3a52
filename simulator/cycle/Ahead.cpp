//===- Ahead.cpp - Slots that nobody can contest, at once -----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/Engine.h"

namespace waferflow::cycle {

/// While all microthreads are stalled the main thread has every slot, until
/// something arrives: its slots are made up for when the core is stepped next.
bool Engine::mayLag(const Core &core) const {
  const ProgramPlan &plan = *core.plan;
  const Thread &main =
      threads[core.threads + static_cast<uint32_t>(plan.threads)];
  if (!main.plan || main.plan->fabricIn || main.plan->fabricOut ||
      options.observer || threadSwitchCycles || main.startAt > now)
    return false;
  for (uint64_t left = core.runs; left; left &= left - 1) {
    const Thread &thread =
        threads[core.threads + static_cast<uint32_t>(__builtin_ctzll(left))];
    if (thread.startAt > now || thread.readyAt > now ||
        (thread.blocked != Thread::Blocked::Input &&
         thread.blocked != Thread::Blocked::Output))
      return false;
  }
  return true;
}

/// When the main thread's vector instruction is complete if it has every slot.
int64_t Engine::endOfMain(const Thread &thread) const {
  const VectorRate &rate = thread.rate;
  int64_t left = thread.extent - thread.done;
  int64_t total = thread.fraction + left / rate.perSlot * rate.cost256;
  if (int64_t rest = left % rate.perSlot)
    total += std::max<int64_t>(256, (rate.cost256 * rest + rate.perSlot - 1) /
                                        rate.perSlot);
  return thread.readyAt + (total >> 8);
}

void Engine::catchUp(uint32_t index, Core &core) {
  Thread &thread = mainThread(core);
  thread.lags = false;
  while (thread.plan && thread.readyAt < now) {
    int64_t perSlot = thread.rate.perSlot;
    int64_t left = thread.extent - thread.done;
    int64_t whole = std::min<int64_t>(left / perSlot, now - thread.readyAt);
    if (thread.rate.cost256 == 256 && whole > 1) {
      compute(core, thread, (whole - 1) * perSlot); // the last by `slot`
      counters.slots += whole - 1;
      thread.readyAt += static_cast<uint32_t>(whole - 1);
    }
    int64_t count = std::min<int64_t>(perSlot, thread.extent - thread.done);
    int64_t retire = slot(core, thread, count, thread.readyAt);
    if (thread.done == thread.extent)
      finish(index, core, thread, retire);
  }
}

/// All slots at once: nobody else is there to take one or to look.
void Engine::bulk(uint32_t index, Core &core, Thread &thread) {
  const VectorRate &rate = thread.rate;
  int64_t left = thread.extent - thread.done;
  int64_t whole = left / rate.perSlot, rest = left % rate.perSlot;
  int64_t total = thread.fraction + whole * rate.cost256;
  if (rest)
    total += std::max<int64_t>(256, (rate.cost256 * rest + rate.perSlot - 1) /
                                        rate.perSlot);
  compute(core, thread, left);
  counters.slots += whole + (rest > 0);
  int64_t retire = now + (total >> 8);
  core.busyUntil = static_cast<uint32_t>(retire);
  thread.readyAt = static_cast<uint32_t>(retire);
  happened(retire);
  finish(index, core, thread, retire);
}

} // namespace waferflow::cycle
