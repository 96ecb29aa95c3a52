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
void Engine::stepRouter(uint32_t index) {
  const Router &router = routers[index];
  uint32_t order[5 * maxColors];
  uint32_t waiting = 0;
  auto ask = [&](uint32_t number) {
    const Channel &channel = channels[number];
    if (!readable(channel))
      return;
    uint32_t place = waiting++;
    for (;
         place > 0 && channels[order[place - 1]].lastGrant > channel.lastGrant;
         --place)
      order[place] = order[place - 1];
    order[place] = number;
  };
  uint64_t marks = occupied[routerNode(index)];
  for (; marks & ~(uint64_t(1) << lastMark); marks &= marks - 1)
    ask(router.firstChannel + static_cast<uint32_t>(__builtin_ctzll(marks)));
  if (marks)
    for (uint32_t i = lastMark; i < router.channels; ++i)
      ask(router.firstChannel + i);
  uint32_t portsUsed = 0;
  for (uint32_t i = 0; i < waiting; ++i) {
    Channel &channel = channels[order[i]];
    // What comes next in this buffer, or a port that another color had.
    if (forward(index, channel, portsUsed) && channel.count)
      wake(routerNode(index), std::max<int64_t>(now + 1, front(channel).when));
  }
}

/// Whether the head of the buffer left.
bool Engine::forward(uint32_t index, Channel &channel, uint32_t &portsUsed) {
  RouteState &state = routes[channel.route];
  if (state.readyAt > now) {
    wake(routerNode(index), state.readyAt);
    return false;
  }
  if (state.rx != channel.input)
    return false; // until a control wavelet moves the switch
  uint32_t tx = state.tx;
  if (tx & portsUsed) {
    wake(routerNode(index), now + 1);
    return false;
  }
  if (linkPeriod256 > 256)
    for (uint32_t d = 0; d < 5; ++d) {
      uint64_t free = tx >> d & 1 ? linkFree256[index * 5 + d] >> 8 : 0;
      if (free > static_cast<uint64_t>(now)) {
        wake(routerNode(index), static_cast<int64_t>(free));
        return false;
      }
    }
  bool space = true;
  for (uint32_t left = tx; left; left &= left - 1)
    space &= writable(channels[state.targets[__builtin_ctz(left)]]);
  if (!space)
    return false;

  Slot slot = front(channel);
  bool obeyed = slot.control && state.listens;
  uint32_t data = obeyed ? behindRouter(slot.data) : slot.data;
  ColorCounters &color = counters.colors[channel.color];
  for (uint32_t left = tx; left; left &= left - 1) {
    uint32_t port = static_cast<uint32_t>(__builtin_ctz(left));
    Channel &target = channels[state.targets[port]];
    push(target, data, slot.control);
    if (target.reader < edgeNode)
      ++(target.reader & 1 ? color.delivered : color.hops);
    if (linkPeriod256 > 256) {
      uint64_t &free = linkFree256[index * 5 + port];
      free = std::max<uint64_t>(free, static_cast<uint64_t>(now) << 8) +
             linkPeriod256;
    }
  }
  counters.stalls.router += now - slot.when;
  portsUsed |= tx;
  channel.lastGrant = static_cast<uint32_t>(now) + 1;
  pop(channel);
  happened(now + 1);
  if (obeyed)
    obey(index, state, slot.data);
  return true;
}

/// A control wavelet has passed.
void Engine::obey(uint32_t index, RouteState &state, uint32_t data) {
  Control control = decodeControl(data);
  if (control.change == Control::Switch::Keep)
    return;
  const Route &route = program.routes[state.route];
  int64_t count = static_cast<int64_t>(route.positions.size());
  if (count == 1)
    return;
  int64_t before = state.position, next = route.initial;
  if (control.change == Control::Switch::Advance)
    next = before + 1 < count ? before + 1 : route.cyclic ? 0 : before;
  turn(state, next);
  counters.switchAdvances += next != before;
  state.readyAt = static_cast<uint32_t>(now + 1 + switchCycles);
  wake(routerNode(index), state.readyAt);
}

void Engine::turn(RouteState &state, int64_t position) const {
  const RoutePosition &to = program.routes[state.route].positions[position];
  state.position = static_cast<uint8_t>(position);
  state.rx = static_cast<uint8_t>(to.rx);
  state.tx = to.tx;
}

} // namespace waferflow::cycle
