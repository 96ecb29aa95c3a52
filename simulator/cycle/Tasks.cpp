//===- Tasks.cpp - What the main thread runs next -------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/Engine.h"
#include "simulator/cycle/Numbers.h"

namespace waferflow::cycle {

bool Engine::taskReady(uint32_t index, Core &core, int number) {
  const TaskPlan &task = core.plan->tasks[number];
  if (core.blocked >> number & 1)
    return false;
  uint32_t from = taskReadyAt[core.tasks + number];
  if (task.kind == Task::Kind::Local) {
    if (!(core.activated >> number & 1))
      return false;
    if (from > now)
      wake(coreNode(index), from);
    return from <= now;
  }
  if (from > now) {
    wake(coreNode(index), from);
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
bool Engine::pickTask(uint32_t index, Core &core) {
  const ProgramPlan &plan = *core.plan;
  if (occupied[coreNode(index)] >> std::min<uint32_t>(plan.outputs, lastMark))
    for (int32_t q = 0; q < plan.inputs; ++q) {
      Channel &queue = channels[core.firstInput + q];
      while (readable(queue) && front(queue).control &&
             decodeControl(front(queue).data).task < 0)
        pop(queue);
    }
  else if (!core.activated)
    return false;
  for (size_t t = 0; t < plan.tasks.size(); ++t)
    if (taskReady(index, core, static_cast<int>(t))) {
      startTask(core, static_cast<int>(t));
      return true;
    }
  return false;
}

void Engine::startTask(Core &core, int index) {
  const ProgramPlan &plan = *core.plan;
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
  core.mainAt = static_cast<uint32_t>(now + plan.tasks[index].startCycles);
  if (!core.working) {
    core.working = true;
    core.busySince = static_cast<uint32_t>(now);
  }
  if (options.observer)
    options.observer->taskStart(now, core.x, core.y, task.name);
  happened(core.mainAt);
}

/// `effective` is the cycle from which the task may be seen in its new state.
void Engine::changeTask(uint32_t index, Core &core, const OnDone &change,
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
  wake(coreNode(index), std::max<int64_t>(now + 1, effective));
}

} // namespace waferflow::cycle
