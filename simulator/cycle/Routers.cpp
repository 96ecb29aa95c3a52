//===- Routers.cpp - One cycle of a router --------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/Engine.h"

namespace waferflow::cycle {

/// Heads of buffers ask for their ports, the one that was served longest ago
/// first: among colors that want the same link this is round robin, and a
/// multicast that needs several links cannot starve.
void Engine::stepRouter(uint32_t node) {
  const Router &router = routers[node];
  uint32_t order[128];
  uint32_t waiting = 0;
  for (uint32_t i = 0; i < router.channels; ++i) {
    uint32_t index = router.firstChannel + i;
    const Channel &channel = channels[index];
    if (!readable(channel))
      continue;
    uint32_t place = waiting++;
    for (;
         place > 0 && channels[order[place - 1]].lastGrant > channel.lastGrant;
         --place)
      order[place] = order[place - 1];
    order[place] = index;
  }
  uint32_t portsUsed = 0;
  for (uint32_t i = 0; i < waiting; ++i) {
    Channel &channel = channels[order[i]];
    // What comes next in this buffer, or a port that another color had.
    if (forward(node, channel, portsUsed) && channel.count)
      wake(NodeKind::Router, node,
           std::max<int64_t>(now + 1, front(channel).when));
  }
}

/// Whether the head of the buffer left.
bool Engine::forward(uint32_t node, Channel &channel, uint32_t &portsUsed) {
  RouteState &state = routes[channel.route];
  const RoutePosition &position = state.route->positions[state.position];
  if (state.readyAt > now) {
    wake(NodeKind::Router, node, state.readyAt);
    return false;
  }
  if (position.rx != channel.input)
    return false; // until a control wavelet moves the switch
  if (position.tx & portsUsed) {
    wake(NodeKind::Router, node, now + 1);
    return false;
  }
  uint32_t tx = position.tx;
  if (linkPeriod256 > 256)
    for (uint32_t d = 0; d < 5; ++d) {
      uint64_t free = tx >> d & 1 ? linkFree256[node * 5 + d] >> 8 : 0;
      if (free > static_cast<uint64_t>(now)) {
        wake(NodeKind::Router, node, static_cast<int64_t>(free));
        return false;
      }
    }
  bool space = true;
  for (uint32_t d = 0; d < 5; ++d)
    if (tx >> d & 1)
      space &= writable(channels[state.targets[d]]);
  if (!space)
    return false;

  Slot slot = front(channel);
  uint32_t data = slot.control && state.route->listens ? behindRouter(slot.data)
                                                       : slot.data;
  ColorCounters &color = counters.colors[channel.color];
  for (uint32_t d = 0; d < 5; ++d) {
    if (!(tx >> d & 1))
      continue;
    Channel &target = channels[state.targets[d]];
    push(target, data, slot.control);
    if (target.readerKind == NodeKind::Router)
      ++color.hops;
    else if (target.readerKind == NodeKind::Core)
      ++color.delivered;
    if (linkPeriod256 > 256) {
      uint64_t &free = linkFree256[node * 5 + d];
      free = std::max<uint64_t>(free, static_cast<uint64_t>(now) << 8) +
             linkPeriod256;
    }
  }
  counters.stalls.router += now - slot.when;
  portsUsed |= tx;
  channel.lastGrant = static_cast<uint32_t>(now) + 1;
  pop(channel);
  happened(now + 1);

  if (slot.control && state.route->listens) {
    Control control = decodeControl(slot.data);
    size_t count = state.route->positions.size();
    uint8_t before = state.position;
    if (control.change == Control::Switch::Reset)
      state.position = static_cast<uint8_t>(state.route->initial);
    else if (control.change == Control::Switch::Advance) {
      if (state.position + 1u < count)
        ++state.position;
      else if (state.route->cyclic)
        state.position = 0;
    }
    if (control.change != Control::Switch::Keep && count > 1) {
      counters.switchAdvances += state.position != before;
      state.readyAt = static_cast<uint32_t>(now + 1 + switchCycles);
      wake(NodeKind::Router, node, state.readyAt);
    }
  }
  return true;
}

} // namespace waferflow::cycle
