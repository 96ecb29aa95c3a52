//===- Edge.h - Weight store, lanes and sinks at the edge ----- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Three parties: the weight store has the streams and deals them to the edge;
// the edge has a fifo a lane and what has left; the border of the fabric has
// the routers' buffers. They know each other by the interfaces here alone, so
// that they may be objects in one program or modules that sockets join.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_EDGE_H
#define WAFERFLOW_SIMULATOR_CYCLE_EDGE_H

#include "simulator/cycle/FabricSimulation.h"

#include <deque>

namespace waferflow::cycle {

/// Who has a turn at the edge: 0 the store, 1 + i lane i, behind the lanes all
/// sinks.
using EdgeNode = uint32_t;

/// A wavelet that the store deals.
struct Dealt {
  uint32_t lane = 0;
  Wavelet wavelet;
  bool last = false; ///< of its stream
};

/// The weight store, as the edge sees it.
class StreamSource {
public:
  virtual ~StreamSource() = default;
  /// What the lanes get in cycle `now`, when lane i's fifo holds held[i]
  /// wavelets. Gives the cycle in which there will be more, or -1: when a fifo
  /// has room again.
  virtual int64_t deal(int64_t now, const std::vector<int64_t> &held,
                       std::vector<Dealt> &dealt) = 0;
};

/// The fabric's border, as the edge sees it.
class Border {
public:
  virtual ~Border() = default;
  /// A wavelet into lane `lane`'s router, in this cycle. False: no space; the
  /// lane gets a turn when there is.
  virtual bool offer(uint32_t lane, Wavelet wavelet) = 0;
  /// Whether a wavelet waits to leave, and the wavelet. When one comes, the
  /// sinks get a turn.
  virtual bool waiting(uint32_t sink) = 0;
  virtual Wavelet take(uint32_t sink) = 0;
  /// Asks for a turn in a later cycle.
  virtual void wakeEdge(EdgeNode node, int64_t cycle) = 0;
};

/// The edge, as the fabric sees it.
class EdgeTurns {
public:
  virtual ~EdgeTurns() = default;
  virtual void turn(EdgeNode node, int64_t now) = 0;
};

/// The weight store's streams of a program.
class Streams : public StreamSource {
public:
  explicit Streams(const FabricProgram &program);
  int64_t deal(int64_t now, const std::vector<int64_t> &held,
               std::vector<Dealt> &dealt) override;

private:
  const FabricProgram &program;
  std::vector<int64_t> start; ///< cycle from which a lane gets something
  std::vector<int64_t> room;
  std::vector<size_t> dealtOf;             ///< wavelets dealt, by lane
  std::vector<std::vector<size_t>> copies; ///< lanes that get the same
  size_t next = 0;                         ///< round robin
  double rate = 0;                         ///< wavelets a cycle
  double budget = 0;                       ///< wavelets
  int64_t seen = -1;                       ///< cycle of the budget
};

/// Lanes with their fifos and links, and sinks.
class Edge : public EdgeTurns {
public:
  /// Asks for the store's turns at the starts of the streams.
  Edge(const FabricProgram &program, StreamSource &source, Border &border);
  void turn(EdgeNode node, int64_t now) override;

  /// What has left at program.outputs[i].
  std::vector<std::vector<TimedWavelet>> outputs;
  /// Wavelets that lane i has put into the fabric.
  std::vector<int64_t> sent;

private:
  void store(int64_t now);
  void lane(uint32_t index, int64_t now);
  void sinks(int64_t now);

  StreamSource &source;
  Border &border;
  /// Room for what was taken before `now`.
  void settle(int64_t now);

  /// What lanes take in a cycle, the store sees in the next, and the other way
  /// round: turns of one cycle may come in any order.
  std::vector<std::deque<TimedWavelet>> fifos; ///< with the cycle of the deal
  std::vector<int64_t> held;   ///< wavelets in each fifo before this cycle
  std::vector<uint32_t> taken; ///< lanes that took one in cycle takenAt
  int64_t takenAt = -1;
  std::vector<bool> complete; ///< the store has dealt its last
  std::vector<bool> pays;     ///< what leaves at output i takes bandwidth
  std::vector<uint64_t> linkFree256;
  std::vector<Dealt> dealt;
  uint64_t linkPeriod256 = 256;
  uint32_t nextSink = 0;  ///< round robin
  double rate = 0;        ///< wavelets a cycle
  double sinkBudget = 0;  ///< wavelets
  int64_t sinksSeen = -1; ///< cycle of the budget
};

/// Cycles of a wavelet on a link, in 1/256.
uint64_t linkPeriod256Of(const Machine &machine);

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_EDGE_H
