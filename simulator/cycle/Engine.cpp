//===- Engine.cpp - From cycle to cycle -----------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/Engine.h"

#include <algorithm>

namespace waferflow::cycle {

std::string Engine::coreName(uint32_t index) const {
  return "core (" + std::to_string(cores[index].x) + ", " +
         std::to_string(cores[index].y) + ")";
}

/// The first error of a cycle is that of the lowest core, in whatever order
/// they were stepped.
void Engine::fail(uint32_t index, const std::string &what) {
  stopped = true;
  if (failure && failureNode <= index)
    return;
  failure =
      Error{coreName(index), "cycle " + std::to_string(now) + ": " + what};
  failureNode = index;
}

void Engine::observe(const Channel &c, uint32_t data, bool control) {
  bool toCore = c.reader & 1;
  if (c.reader >= edgeNode || (toCore && c.writer == c.reader))
    return; // a sink, or an output queue
  const Core &core = cores[c.reader >> 1];
  options.observer->landing(
      now + c.arriveCycles, core.x, core.y, static_cast<int32_t>(c.color),
      toCore ? Direction::Ramp : static_cast<Direction>(c.input), toCore,
      {data, control});
}

bool Engine::runUntil(int64_t until, EdgeTurns &turns) {
  edge = &turns;
  while (!failure) {
    int64_t next = wheel.next();
    if (next == INT64_MAX)
      return false;
    if (next >= until)
      return true;
    now = next;
    if (now > options.maxCycles) {
      failure = stillRunning();
      break;
    }
    if (!options.shuffleSeed) {
      wheel.take(now, [&](Node node) { step(node); });
      continue;
    }
    order.clear();
    wheel.take(now, [&](Node node) { order.push_back(node); });
    std::shuffle(order.begin(), order.end(), random);
    for (Node node : order)
      step(node);
  }
  return false;
}

std::optional<Error> Engine::judge(const Edge &state) const {
  return failure ? failure : judgeEnd(state);
}

bool Engine::offer(uint32_t lane, Wavelet wavelet) {
  Channel &channel = channels[laneChannels[lane]];
  if (!writable(channel))
    return false;
  push(channel, wavelet.data, wavelet.control);
  ColorCounters &color = counters.colors[channel.color];
  ++color.entered;
  color.controls += wavelet.control;
  happened(now + 1);
  return true;
}

bool Engine::waiting(uint32_t sink) {
  return readable(channels[sinkChannels[sink]]);
}

Wavelet Engine::take(uint32_t sink) {
  Channel &channel = channels[sinkChannels[sink]];
  Slot slot = front(channel);
  ++counters.colors[channel.color].left;
  pop(channel);
  happened(now + 1);
  return {slot.data, slot.control == 1};
}

} // namespace waferflow::cycle
