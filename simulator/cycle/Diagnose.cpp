//===- Diagnose.cpp - Why nothing moves any more --------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/Engine.h"

namespace waferflow::cycle {

std::string Engine::nameThread(uint32_t index, const Thread &thread,
                               int number) const {
  const Core &core = cores[index];
  const ProgramPlan &plan = *core.plan;
  std::string text = number == plan.threads
                         ? "task '" + plan.core->tasks[core.task].name + "'"
                         : "microthread " + std::to_string(number);
  return text + ", " + vectorOpName(thread.plan->op) + " at element " +
         std::to_string(thread.done) + " of " + std::to_string(thread.extent);
}

std::string Engine::describeThread(uint32_t index, const Thread &thread,
                                   int number) const {
  const Core &core = cores[index];
  const ProgramPlan &plan = *core.plan;
  const VectorPlan &vector = *thread.plan;
  std::string text = nameThread(index, thread, number) +
                     ", waits since cycle " + std::to_string(thread.readyAt) +
                     " for ";
  if (thread.blocked == Thread::Blocked::Output) {
    const Queue &queue = plan.core->outputs[vector.destination.index];
    return text + "space in output queue " + std::to_string(queue.id) +
           ", color " + std::to_string(queue.color);
  }
  for (int32_t i = 0; i < vector.sourceCount; ++i) {
    if (vector.sources[i].kind != OperandPlan::Kind::Fabric)
      continue;
    const Queue &queue = plan.core->inputs[vector.sources[i].index];
    const Channel &channel =
        channels[core.firstInput + vector.sources[i].index];
    if (channel.count && !front(channel).control)
      continue;
    return text +
           (channel.count ? "a task to take a control wavelet from"
                          : "a wavelet in") +
           " input queue " + std::to_string(queue.id) + ", color " +
           std::to_string(queue.color);
  }
  return text + "its turn";
}

/// The first few, joined.
static std::string listed(const std::vector<std::string> &lines) {
  constexpr size_t most = 6;
  std::string text;
  for (size_t i = 0; i < lines.size() && i < most; ++i)
    text += "; " + lines[i];
  if (lines.size() > most)
    text += "; and " + std::to_string(lines.size() - most) + " more";
  return text;
}

/// The limit of cycles: which cores are at what.
Error Engine::stillRunning() const {
  std::vector<std::string> busy;
  for (uint32_t index = 0; index < cores.size(); ++index) {
    const Core &core = cores[index];
    if (!core.plan)
      continue;
    const ProgramPlan &plan = *core.plan;
    for (int32_t i = 0; i <= plan.threads; ++i) {
      const Thread &thread = threads[core.threads + i];
      if (thread.plan)
        busy.push_back(coreName(index) + ": " + nameThread(index, thread, i));
    }
    if (core.task >= 0 && !threads[core.threads + plan.threads].plan)
      busy.push_back(coreName(index) + ": task '" +
                     plan.core->tasks[core.task].name + "' at instruction " +
                     std::to_string(core.pc) + " of " +
                     std::to_string(plan.tasks[core.task].code.size()));
  }
  return Error{program.name, "still running after " +
                                 std::to_string(options.maxCycles) +
                                 " cycles, the limit" + listed(busy)};
}

/// Nobody is awake: complete, a deadlock, or wavelets that nobody took. The
/// first few of what waits are named, from the north-west.
std::optional<Error> Engine::judgeEnd(const Edge &edge) const {
  std::vector<std::string> waiting, held;
  for (uint32_t index = 0; index < cores.size(); ++index) {
    const Core &core = cores[index];
    if (!core.plan)
      continue;
    const ProgramPlan &plan = *core.plan;
    bool told = false;
    for (int32_t i = 0; i <= plan.threads; ++i)
      if (threads[core.threads + i].plan) {
        waiting.push_back(coreName(index) + ": " +
                          describeThread(index, threads[core.threads + i], i));
        told |= i == plan.threads;
      }
    if (core.task >= 0 && !told)
      waiting.push_back(
          coreName(index) + ": task '" + plan.core->tasks[core.task].name +
          "' waits for " +
          (core.waitsThread ? "a microthread" : "space in an output queue"));
    for (size_t t = 0; t < plan.core->tasks.size(); ++t)
      if ((core.activated & core.blocked) >> t & 1)
        waiting.push_back(coreName(index) + ": task '" +
                          plan.core->tasks[t].name +
                          "' is activated but blocked");
    for (size_t q = 0; q < plan.core->inputs.size(); ++q) {
      const Channel &channel = channels[core.firstInput + q];
      if (!channel.count)
        continue;
      std::string text = coreName(index) + ": " +
                         std::to_string(channel.count) + " of color " +
                         std::to_string(channel.color) + " in input queue " +
                         std::to_string(plan.core->inputs[q].id) +
                         ", since cycle " + std::to_string(front(channel).when);
      if (front(channel).control)
        text += ", the first a control wavelet for task id " +
                std::to_string(decodeControl(front(channel).data).task);
      held.push_back(text);
    }
  }
  for (uint32_t index = 0; index < routers.size(); ++index)
    for (uint32_t i = 0; i < routers[index].channels; ++i) {
      const Channel &channel = channels[routers[index].firstChannel + i];
      if (!channel.count)
        continue;
      const RouteState &state = routes[channel.route];
      std::string text = "router of " + coreName(index) + ": " +
                         std::to_string(channel.count) + " of color " +
                         std::to_string(channel.color) + " from " +
                         directionName(static_cast<Direction>(channel.input)) +
                         ", since cycle " + std::to_string(front(channel).when);
      if (state.rx != channel.input)
        text += std::string(", while its switch takes from ") +
                directionName(static_cast<Direction>(state.rx));
      else
        for (int d = 0; d < 5; ++d)
          if (state.tx >> d & 1 && channels[state.targets[d]].count ==
                                       channels[state.targets[d]].capacity)
            text += std::string(", no space behind ") +
                    directionName(static_cast<Direction>(d));
      held.push_back(text);
    }
  for (size_t i = 0; i < program.inputs.size(); ++i) {
    int64_t total = static_cast<int64_t>(program.inputs[i].wavelets->size());
    if (edge.sent[i] < total)
      held.push_back("edge input '" + program.inputs[i].name + "', color " +
                     std::to_string(program.inputs[i].color) + ": " +
                     std::to_string(total - edge.sent[i]) + " of " +
                     std::to_string(total) + " not sent");
  }
  std::vector<std::string> missing;
  for (size_t i = 0; i < program.outputs.size(); ++i) {
    int64_t got = static_cast<int64_t>(edge.outputs[i].size());
    const EdgeOutput &output = program.outputs[i];
    if (got != output.expected)
      missing.push_back("edge output '" + output.name + "', color " +
                        std::to_string(output.color) + ": expected " +
                        std::to_string(output.expected) + " wavelets, got " +
                        std::to_string(got));
  }
  if (waiting.empty() && held.empty() && missing.empty())
    return std::nullopt;
  std::string text = !waiting.empty() ? "deadlock"
                     : !held.empty()  ? "lost wavelets"
                                      : "wavelets missing";
  text += " at cycle " + std::to_string(end);
  waiting.insert(waiting.end(), missing.begin(), missing.end());
  waiting.insert(waiting.end(), held.begin(), held.end());
  return Error{program.name, text + listed(waiting)};
}

} // namespace waferflow::cycle
