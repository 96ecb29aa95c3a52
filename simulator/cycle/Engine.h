//===- Engine.h - The state of a run and its steps ------------ -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_ENGINE_H
#define WAFERFLOW_SIMULATOR_CYCLE_ENGINE_H

#include "simulator/cycle/FabricSimulation.h"
#include "simulator/cycle/State.h"
#include "simulator/cycle/Wheel.h"

#include <deque>

namespace waferflow::cycle {

class Engine {
public:
  /// Takes the image over; one of no core: memory of its own, as much as each
  /// core needs.
  Engine(const FabricProgram &program, SramImage &&image,
         const CycleOptions &options);

  std::optional<Error> run();
  SramImage takeImage();

  const FabricProgram &program;
  CycleOptions options;
  Counters counters;
  int64_t now = 0;
  int64_t end = 0; ///< of the last thing that happened

  std::vector<Slot> slots;
  std::vector<Channel> channels;
  std::vector<RouteState> routes;
  std::vector<Router> routers;
  std::deque<ProgramPlan> plans;
  std::vector<Core> cores; ///< by y * width + x
  std::vector<Thread> threads;
  std::vector<RegisterValue> registers;
  std::vector<uint32_t> taskReadyAt;
  std::vector<int32_t> integers;
  std::vector<uint8_t> sram;
  int64_t imageStride = 0; ///< bytes a core; 0: no image
  std::vector<std::vector<TimedWavelet>> outputs;

  uint32_t coreAt(int64_t x, int64_t y) const {
    return static_cast<uint32_t>(y * program.width + x);
  }
  std::string coreName(uint32_t node) const;

private:
  // Build.cpp
  void buildPrograms();
  ProgramPlan planOf(const CoreProgram &core);
  void placeCores(size_t index);
  void buildRoutes();
  void connect();
  void buildEdge();
  uint32_t addChannel(NodeKind readerKind, uint32_t reader, NodeKind writerKind,
                      uint32_t writer, int32_t color, int64_t capacity,
                      int64_t arrive, int64_t release);

  // Channels
  bool readable(const Channel &c) const {
    return c.count && slots[c.firstSlot + c.head].when <= now;
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
    wake(c.writerKind, c.writer, slot.when);
    return false;
  }
  void push(Channel &c, uint32_t data, bool control) {
    Slot &slot = slotBehind(c, c.count);
    slot.data = data;
    slot.control = control;
    slot.when = static_cast<uint32_t>(now + c.arriveCycles);
    ++c.count;
    wake(c.readerKind, c.reader, now + c.arriveCycles);
    if (options.observer)
      observe(c, data, control);
  }
  void pop(Channel &c) {
    bool full = c.count == c.capacity;
    slots[c.firstSlot + c.head].when =
        static_cast<uint32_t>(now + c.freeCycles);
    c.head = c.head + 1 == c.capacity ? 0 : c.head + 1;
    --c.count;
    if (full)
      wake(c.writerKind, c.writer, now + c.freeCycles);
  }
  void wake(NodeKind kind, uint32_t node, int64_t cycle) {
    wheels[static_cast<int>(kind)].wake(node, cycle);
  }
  void observe(const Channel &c, uint32_t data, bool control);
  void happened(int64_t cycle) { end = std::max(end, cycle); }
  void fail(uint32_t node, const std::string &what);

  // Routers.cpp
  void stepRouter(uint32_t node);
  bool forward(uint32_t node, Channel &channel, uint32_t &portsUsed);

  // Cores.cpp
  void stepCore(uint32_t node);
  void sendUp(uint32_t node, Core &core);
  void advanceMain(uint32_t node, Core &core);
  bool pickTask(uint32_t node, Core &core);
  void startTask(uint32_t node, Core &core, int task);
  bool taskReady(uint32_t node, Core &core, int task);
  void issueSlot(uint32_t node, Core &core);
  void mainSlot(uint32_t node, Core &core);
  void occupyMain(Core &core, int64_t cycles);
  bool microthreadsIdle(const Core &core) const;
  void changeTask(uint32_t node, Core &core, const OnDone &change,
                  int64_t effective);
  void settle(uint32_t node, Core &core);

  // Scalars.cpp
  bool execute(uint32_t node, Core &core, const InstructionPlan &instruction);
  void evaluate(uint32_t node, Core &core, const InstructionPlan &instruction);
  int64_t amount(const Core &core, const AmountPlan &plan) const;
  int64_t integerOf(const Core &core, int32_t reg) const;
  float realOf(const Core &core, int32_t reg) const;
  void setRegister(const Core &core, int32_t reg, double real, int64_t integer,
                   bool isInteger);
  bool address(uint32_t node, const Core &core, const OperandPlan &operand,
               int64_t extent, int64_t &byte);

  // Vectors.cpp
  bool launch(uint32_t node, Core &core, Thread &thread,
              const VectorPlan &plan);
  enum class Issue { No, Wait, Yes };
  Issue tryIssue(uint32_t node, Core &core, int number, Thread &thread);
  bool inputsReady(uint32_t node, Core &core, Thread &thread);
  void compute(Core &core, Thread &thread, int64_t count);
  void bulk(uint32_t node, Core &core, Thread &thread);
  int64_t slot(Core &core, Thread &thread, int64_t count, int64_t at);
  bool mayLag(const Core &core) const;
  int64_t endOfMain(const Thread &thread) const;
  void catchUp(uint32_t node, Core &core);
  void finish(uint32_t node, Core &core, Thread &thread, int64_t retire);
  uint32_t takeBits(Core &core, Thread &thread, int source, int64_t element);
  void putBits(Core &core, Thread &thread, int64_t element, uint32_t bits);

  // Edge.cpp
  void stepEdge(uint32_t node);
  void stepStore();
  void stepLane(uint32_t lane);
  void stepSinks();

  // Diagnose.cpp
  std::optional<Error> judgeEnd() const;
  std::string describeThread(uint32_t node, const Thread &thread,
                             int number) const;

  struct Lane {
    uint32_t channel = 0;
    size_t stored = 0, sent = 0; ///< of the stream's wavelets
    int64_t start = 0;
    uint64_t linkFree256 = 0;
  };
  struct Sink {
    uint32_t channel = 0;
  };
  static constexpr uint32_t storeNode = 0;
  uint32_t sinkNode() const { return static_cast<uint32_t>(lanes.size()) + 1; }

  std::vector<Lane> lanes;
  std::vector<Sink> sinks;
  size_t nextLane = 0, nextSink = 0;      ///< round robin
  double storeBudget = 0, sinkBudget = 0; ///< wavelets
  int64_t storeSeen = -1, sinkSeen = -1;  ///< cycle of the budget
  double edgeRate = 0;                    ///< wavelets a cycle

  Wheel wheels[3];
  std::vector<uint32_t> awake;
  std::vector<uint64_t> linkFree256; ///< by router and port, where rate < 1
  uint64_t linkPeriod256 = 256;
  int64_t rampCycles, hopCycles, switchCycles, threadSwitchCycles;
  std::optional<Error> failure;
  uint32_t failureNode = 0;
};

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_ENGINE_H
