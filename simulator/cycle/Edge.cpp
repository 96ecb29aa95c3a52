//===- Edge.cpp - Weight store, lanes and sinks at the edge ---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/Edge.h"

#include <algorithm>
#include <cmath>

namespace waferflow::cycle {

uint64_t linkPeriod256Of(const Machine &machine) {
  return static_cast<uint64_t>(
      std::llround(256 / std::min(1.0, machine.linkWaveletsPerCycle)));
}

/// Bandwidth not yet used, in wavelets. What a cycle brings beyond a wavelet
/// stays; more is not saved up while nobody takes.
static double grown(double budget, double rate, int64_t cycles) {
  return std::min(std::max(1.0, rate) + rate,
                  budget + rate * static_cast<double>(cycles));
}

/// Sums of a rate that is no binary fraction come short of 1 by rounding.
static bool isEnough(double budget) { return budget >= 1 - 1e-9; }

/// The cycle in which `budget` has grown to a wavelet.
static int64_t enoughAt(int64_t now, double budget, double rate) {
  return now + std::max<int64_t>(1, static_cast<int64_t>(
                                        std::ceil((1 - budget) / rate - 1e-9)));
}

/// The cycle in which the store's first wavelet may be at the edge.
static int64_t startOf(const EdgeInput &input, const Machine &machine) {
  if (input.sentAhead)
    return input.start;
  return input.start +
         std::llround(machine.edgeLatencySeconds * machine.clockGhz * 1e9);
}

Streams::Streams(const FabricProgram &program)
    : program(program), dealtOf(program.inputs.size(), 0),
      copies(program.inputs.size()),
      rate(program.machine.edgeBytesPerCycle() / 4) {
  for (const EdgeInput &input : program.inputs)
    start.push_back(startOf(input, program.machine));
  for (size_t i = 0; i < program.inputs.size(); ++i)
    if (int32_t of = program.inputs[i].copyOf; of >= 0)
      copies[static_cast<size_t>(of)].push_back(i);
}

/// One each in turn to lanes whose fifos have room, at the bandwidth that all
/// lanes share.
int64_t Streams::deal(int64_t now, const std::vector<int64_t> &held,
                      std::vector<Dealt> &dealt) {
  budget = grown(budget, rate, now - seen);
  seen = now;
  room = held;
  size_t lanes = dealtOf.size(), refused = 0;
  while (refused < lanes) {
    const std::vector<Wavelet> &stream = *program.inputs[next].wavelets;
    size_t &count = dealtOf[next];
    auto hasRoom = [&](size_t lane) {
      return room[lane] < program.machine.edgeColumnFifo;
    };
    bool takes = program.inputs[next].copyOf < 0 && start[next] <= now &&
                 count < stream.size() && hasRoom(next) &&
                 std::all_of(copies[next].begin(), copies[next].end(), hasRoom);
    if (takes && !isEnough(budget))
      return enoughAt(now, budget, rate);
    if (takes) {
      auto give = [&](size_t lane) {
        dealt.push_back({static_cast<uint32_t>(lane), stream[count],
                         count + 1 == stream.size()});
        ++room[lane];
      };
      give(next);
      std::for_each(copies[next].begin(), copies[next].end(), give);
      ++count;
      budget -= 1;
      refused = 0;
    } else {
      ++refused;
    }
    next = next + 1 == lanes ? 0 : next + 1;
  }
  return -1;
}

Edge::Edge(const FabricProgram &program, StreamSource &source, Border &border)
    : outputs(program.outputs.size()), sent(program.inputs.size(), 0),
      source(source), border(border), fifos(program.inputs.size()),
      held(program.inputs.size(), 0), complete(program.inputs.size(), false),
      linkFree256(program.inputs.size(), 0),
      linkPeriod256(linkPeriod256Of(program.machine)),
      rate(program.machine.edgeBytesPerCycle() / 4) {
  for (const EdgeInput &input : program.inputs)
    border.wakeEdge(0, startOf(input, program.machine));
  for (const EdgeOutput &output : program.outputs)
    pays.push_back(output.addedTo < 0);
}

void Edge::turn(EdgeNode node, int64_t now) {
  if (node == 0)
    store(now);
  else if (node > fifos.size())
    sinks(now);
  else
    lane(node - 1, now);
}

void Edge::settle(int64_t now) {
  if (takenAt == now)
    return;
  for (uint32_t lane : taken)
    --held[lane];
  taken.clear();
  takenAt = now;
}

void Edge::store(int64_t now) {
  settle(now);
  dealt.clear();
  int64_t next = source.deal(now, held, dealt);
  for (const Dealt &one : dealt) {
    fifos[one.lane].push_back({now, one.wavelet});
    ++held[one.lane];
    complete[one.lane] = one.last;
    border.wakeEdge(one.lane + 1, now + 1);
  }
  if (next >= 0)
    border.wakeEdge(0, next);
}

/// A wavelet a cycle from the fifo over the link into the edge's router.
void Edge::lane(uint32_t index, int64_t now) {
  std::deque<TimedWavelet> &fifo = fifos[index];
  if (fifo.empty() || fifo.front().cycle == now)
    return;
  if (linkFree256[index] >> 8 > static_cast<uint64_t>(now))
    return border.wakeEdge(index + 1,
                           static_cast<int64_t>(linkFree256[index] >> 8));
  if (!border.offer(index, fifo.front().wavelet))
    return;
  fifo.pop_front();
  settle(now);
  taken.push_back(index);
  ++sent[index];
  linkFree256[index] =
      std::max(linkFree256[index], static_cast<uint64_t>(now) << 8) +
      linkPeriod256;
  if (!fifo.empty())
    border.wakeEdge(index + 1, now + 1);
  if (!complete[index])
    border.wakeEdge(0, now + 1);
}

void Edge::sinks(int64_t now) {
  sinkBudget = grown(sinkBudget, rate, now - sinksSeen);
  sinksSeen = now;
  uint32_t count = static_cast<uint32_t>(outputs.size()), refused = 0;
  while (refused < count) {
    bool takes = border.waiting(nextSink);
    if (takes && pays[nextSink] && !isEnough(sinkBudget))
      return border.wakeEdge(static_cast<EdgeNode>(fifos.size()) + 1,
                             enoughAt(now, sinkBudget, rate));
    if (takes) {
      outputs[nextSink].push_back({now, border.take(nextSink)});
      sinkBudget -= pays[nextSink];
      refused = 0;
    } else {
      ++refused;
    }
    nextSink = nextSink + 1 == count ? 0 : nextSink + 1;
  }
}

} // namespace waferflow::cycle
