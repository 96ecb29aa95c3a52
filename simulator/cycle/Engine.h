//===- Engine.h - The state of a run and its steps ------------ -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_ENGINE_H
#define WAFERFLOW_SIMULATOR_CYCLE_ENGINE_H

#include "simulator/cycle/Edge.h"
#include "simulator/cycle/State.h"
#include "simulator/cycle/Wheel.h"

#include <deque>
#include <random>

namespace waferflow::cycle {

class Engine : public Border {
public:
  /// Takes the image over; one of no core: memory of its own, as much as each
  /// core needs.
  Engine(const FabricProgram &program, SramImage &&image,
         const CycleOptions &options);

  /// Runs the cycles before `until` in which something happens, with this edge.
  /// False: an error has been found, or nobody is awake in or after `until`.
  bool runUntil(int64_t until, EdgeTurns &edge);
  /// How it ended.
  std::optional<Error> judge(const Edge &edge) const;
  SramImage takeImage();

  bool offer(uint32_t lane, Wavelet wavelet) override;
  bool waiting(uint32_t sink) override;
  Wavelet take(uint32_t sink) override;
  void wakeEdge(EdgeNode node, int64_t cycle) override {
    wake(edgeNode + node, cycle);
  }

  const FabricProgram &program;
  CycleOptions options;
  Counters counters;
  int64_t now = 0;
  int64_t end = 0; ///< of the last thing that happened

  std::vector<Slot> slots;
  std::vector<Channel> channels;
  std::vector<RouteState> routes;
  std::vector<Router> routers;
  std::vector<uint64_t> occupied; ///< by node: marks of its channels
  std::deque<ProgramPlan> plans;
  std::vector<Core> cores; ///< by y * width + x
  std::vector<Thread> threads;
  std::vector<RegisterValue> registers;
  std::vector<uint32_t> taskReadyAt;
  std::vector<int32_t> integers;
  std::vector<uint8_t> sram;
  int64_t imageStride = 0; ///< bytes a core; 0: no image

  uint32_t coreAt(int64_t x, int64_t y) const {
    return static_cast<uint32_t>(y * program.width + x);
  }
  std::string coreName(uint32_t index) const;

private:
  // Build.cpp
  void buildNodes();
  void buildCore(uint32_t index, const ProgramPlan &plan);
  void buildRouter(uint32_t index, const std::vector<uint32_t> &numbers);
  void buildSinks();
  void connect();
  uint32_t addChannel(Node reader, uint32_t mark, Node writer, int32_t color,
                      int64_t capacity, int64_t arrive, int64_t release);

  // Channels
  bool readable(const Channel &c) const {
    return c.count && front(c).when <= now;
  }
  Slot &slotBehind(const Channel &c, uint32_t n) {
    uint32_t at = c.head + n;
    return slots[c.firstSlot + (at < c.capacity ? at : at - c.capacity)];
  }
  const Slot &front(const Channel &c) const {
    return slots[c.firstSlot + c.head];
  }
  /// Whether there is space; if it is only a matter of time, wakes the writer.
  bool writable(const Channel &c) {
    if (c.count == c.capacity)
      return false;
    const Slot &slot = slotBehind(c, c.count);
    if (slot.when <= now)
      return true;
    wake(c.writer, slot.when);
    return false;
  }
  void push(Channel &c, uint32_t data, bool control) {
    Slot &slot = slotBehind(c, c.count);
    slot.data = data;
    slot.control = control;
    slot.when = static_cast<uint32_t>(now + c.arriveCycles) & 0x7fffffff;
    ++c.count;
    occupied[c.reader] |= uint64_t(1) << c.mark;
    wake(c.reader, now + c.arriveCycles);
    if (options.observer)
      observe(c, data, control);
  }
  void pop(Channel &c) {
    bool full = c.count == c.capacity;
    slots[c.firstSlot + c.head].when =
        static_cast<uint32_t>(now + c.freeCycles) & 0x7fffffff;
    c.head = c.head + 1 == c.capacity ? 0 : static_cast<uint16_t>(c.head + 1);
    --c.count;
    if (!c.count && c.mark != lastMark)
      occupied[c.reader] &= ~(uint64_t(1) << c.mark);
    if (full)
      wake(c.writer, now + c.freeCycles);
  }
  void wake(Node node, int64_t cycle) { wheel.wake(node, cycle); }
  void observe(const Channel &c, uint32_t data, bool control);
  void happened(int64_t cycle) { end = std::max(end, cycle); }
  /// `index` of the core.
  void fail(uint32_t index, const std::string &what);

  void step(Node node) {
    if (node >= edgeNode)
      edge->turn(node - edgeNode, now);
    else if (node & 1)
      stepCore(node >> 1);
    else
      stepRouter(node >> 1);
  }

  // Routers.cpp
  void stepRouter(uint32_t index);
  bool forward(uint32_t index, Channel &channel, uint32_t &portsUsed);
  void obey(uint32_t index, RouteState &state, uint32_t control);
  void turn(RouteState &state, int64_t position) const;

  // Cores.cpp
  void stepCore(uint32_t index);
  void sendUp(uint32_t index, Core &core);
  void advanceMain(uint32_t index, Core &core);
  void issueSlot(uint32_t index, Core &core);
  void mainSlot(uint32_t index, Core &core);
  void occupyMain(Core &core, int64_t cycles);
  void settle(uint32_t index, Core &core);

  // Tasks.cpp
  bool pickTask(uint32_t index, Core &core);
  void startTask(Core &core, int task);
  bool taskReady(uint32_t index, Core &core, int task);
  void changeTask(uint32_t index, Core &core, const OnDone &change,
                  int64_t effective);

  // Scalars.cpp
  bool execute(uint32_t index, Core &core, const InstructionPlan &instruction);
  void evaluate(uint32_t index, Core &core, const InstructionPlan &instruction);
  int64_t amount(const Core &core, const AmountPlan &plan) const;
  int64_t integerOf(const Core &core, int32_t reg) const;
  float realOf(const Core &core, int32_t reg) const;
  void setRegister(const Core &core, int32_t reg, double real, int64_t integer,
                   bool isInteger);
  bool address(uint32_t index, const Core &core, const OperandPlan &operand,
               int64_t extent, int64_t &byte);

  // Vectors.cpp
  bool launch(uint32_t index, Core &core, Thread &thread,
              const VectorPlan &plan);
  bool tryIssue(uint32_t index, Core &core, int number, Thread &thread);
  bool inputsReady(uint32_t index, Core &core, Thread &thread);
  int64_t slot(Core &core, Thread &thread, int64_t count, int64_t at);
  void finish(uint32_t index, Core &core, Thread &thread, int64_t retire);
  Thread &mainThread(const Core &core) {
    return threads[core.threads + core.plan->threads];
  }

  // Banks.cpp
  int32_t costWithBanks(const Core &core, const Thread &thread) const;

  // Ahead.cpp
  void bulk(uint32_t index, Core &core, Thread &thread);
  bool mayLag(const Core &core) const;
  int64_t endOfMain(const Thread &thread) const;
  void catchUp(uint32_t index, Core &core);

  // Elements.cpp
  void compute(Core &core, Thread &thread, int64_t count);
  void computeBlock(Core &core, Thread &thread, int64_t count);
  void gather(Core &core, Thread &thread, int source, int64_t count,
              float *values);
  void scatter(Core &core, Thread &thread, int64_t count, const float *values);
  void move(Core &core, Thread &thread, int64_t count);
  uint32_t takeBits(Core &core, Thread &thread, int source, int64_t element);
  void putBits(Core &core, Thread &thread, int64_t element, uint32_t bits);
  bool mayOverlap(const Thread &thread) const;

  // Diagnose.cpp
  std::optional<Error> judgeEnd(const Edge &edge) const;
  Error stillRunning() const;
  std::string nameThread(uint32_t index, const Thread &thread,
                         int number) const;
  std::string describeThread(uint32_t index, const Thread &thread,
                             int number) const;

  Node edgeNode; ///< the first one at the edge
  Node sinkNode() const {
    return edgeNode + 1 + static_cast<Node>(program.inputs.size());
  }

  EdgeTurns *edge = nullptr; ///< while running
  std::vector<uint32_t> laneChannels, sinkChannels;
  std::mt19937_64 random; ///< for shuffling
  std::vector<Node> order;

  Wheel wheel;
  std::vector<uint64_t> linkFree256; ///< by router and port, where rate < 1
  uint64_t linkPeriod256 = 256;
  int64_t rampCycles, hopCycles, switchCycles, threadSwitchCycles;
  int64_t banks = 1, bankBytes = 0; ///< of a word; 0: conflicts cost nothing
  std::optional<Error> failure;
  uint32_t failureNode = 0;
  bool stopped = false; ///< the core that is stepped has failed
};

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_ENGINE_H
