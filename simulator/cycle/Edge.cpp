//===- Edge.cpp - Weight store, lanes and sinks at the edge ---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/Engine.h"

namespace waferflow::cycle {

void Engine::stepEdge(Node node) {
  if (node == storeNode())
    stepStore();
  else if (node == sinkNode())
    stepSinks();
  else
    stepLane(node - laneNode(0));
}

/// Deals wavelets to the lanes' fifos, one each in turn, at the bandwidth that
/// all lanes share.
void Engine::stepStore() {
  double idle = std::max(1.0, edgeRate); // nothing is saved up while it waits
  storeBudget = std::min(idle, storeBudget + edgeRate * (now - storeSeen));
  storeSeen = now;
  bool more = false;
  size_t refused = 0;
  while (!lanes.empty() && refused < lanes.size()) {
    Lane &lane = lanes[nextLane];
    size_t total = program.inputs[nextLane].wavelets->size();
    bool fits = lane.stored - lane.sent <
                static_cast<size_t>(program.machine.edgeColumnFifo);
    bool takes = lane.start <= now && lane.stored < total && fits;
    if (takes && storeBudget < 1) {
      more = true;
      break;
    }
    if (takes) {
      ++lane.stored;
      storeBudget -= 1;
      refused = 0;
      wake(laneNode(nextLane), now + 1);
    } else {
      ++refused;
    }
    nextLane = nextLane + 1 == lanes.size() ? 0 : nextLane + 1;
  }
  if (more)
    wake(storeNode(),
         now + std::max<int64_t>(
                   1, static_cast<int64_t>((1 - storeBudget) / edgeRate)));
}

/// A wavelet a cycle from the fifo over the link into the edge's router.
void Engine::stepLane(size_t index) {
  Lane &lane = lanes[index];
  Channel &channel = channels[lane.channel];
  if (lane.sent == lane.stored)
    return;
  if (lane.linkFree256 >> 8 > static_cast<uint64_t>(now)) {
    wake(laneNode(index), lane.linkFree256 >> 8);
    return;
  }
  if (!writable(channel))
    return;
  const Wavelet &wavelet = (*program.inputs[index].wavelets)[lane.sent];
  push(channel, wavelet.data, wavelet.control);
  ++lane.sent;
  ColorCounters &color = counters.colors[channel.color];
  ++color.entered;
  color.controls += wavelet.control;
  lane.linkFree256 =
      std::max<uint64_t>(lane.linkFree256, static_cast<uint64_t>(now) << 8) +
      linkPeriod256;
  if (lane.sent < lane.stored)
    wake(laneNode(index), now + 1);
  if (lane.stored < program.inputs[index].wavelets->size())
    wake(storeNode(), now + 1);
  happened(now + 1);
}

void Engine::stepSinks() {
  double idle = std::max(1.0, edgeRate);
  sinkBudget = std::min(idle, sinkBudget + edgeRate * (now - sinkSeen));
  sinkSeen = now;
  bool more = false;
  size_t refused = 0;
  while (!sinks.empty() && refused < sinks.size()) {
    Channel &channel = channels[sinks[nextSink].channel];
    bool takes = readable(channel);
    if (takes && sinkBudget < 1) {
      more = true;
      break;
    }
    if (takes) {
      const Slot &slot = front(channel);
      outputs[nextSink].push_back({now, {slot.data, slot.control == 1}});
      ++counters.colors[channel.color].left;
      pop(channel);
      sinkBudget -= 1;
      refused = 0;
      happened(now + 1);
    } else {
      ++refused;
    }
    nextSink = nextSink + 1 == sinks.size() ? 0 : nextSink + 1;
  }
  if (more)
    wake(sinkNode(),
         now + std::max<int64_t>(
                   1, static_cast<int64_t>((1 - sinkBudget) / edgeRate)));
}

} // namespace waferflow::cycle
