//===- State.h - Routers, queues and cores as arrays ---------- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Wavelets wait in channels: a router's buffer of a color and input, a core's
// input or output queue, a sink at the edge. A channel is written by one node
// and read by one node. What is written in cycle t is seen in t + 1 or later,
// and so is a slot that becomes free: in a cycle all nodes see the state of its
// start, in whatever order they are stepped.
//
// A busy fabric touches most of this every cycle: it is kept small, and what
// belongs to a core and its router lies side by side, in the order of nodes.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_STATE_H
#define WAFERFLOW_SIMULATOR_CYCLE_STATE_H

#include "simulator/cycle/Plans.h"

namespace waferflow::cycle {

/// Who is stepped. The router of core i is node 2 i, the core node 2 i + 1;
/// behind them those at the edge.
using Node = uint32_t;
constexpr Node routerNode(uint32_t core) { return 2 * core; }
constexpr Node coreNode(uint32_t core) { return 2 * core + 1; }

/// More than any machine has, and as many as a Channel can tell apart.
constexpr int64_t maxColors = 256;

/// `when` is the arrival of a wavelet, or the cycle from which the slot is
/// free.
struct Slot {
  uint32_t data = 0;
  uint32_t control : 1;
  uint32_t when : 31;
  Slot() : control(0), when(0) {}
};

struct Channel {
  uint32_t firstSlot = 0;
  Node reader = 0, writer = 0;
  int32_t route = -1;     ///< of a router's buffer; of an output queue: the
                          ///< channel behind the ramp
  uint32_t lastGrant = 0; ///< cycle + 1, for round robin
  uint16_t capacity = 0, head = 0, count = 0;
  uint16_t freeCycles = 1;    ///< read to writable
  uint32_t color : 8;         ///< at most 256: FabricCheck
  uint32_t input : 3;         ///< Direction, of a router's buffer
  uint32_t mark : 6;          ///< its bit in its reader's `occupied`
  uint32_t arriveCycles : 15; ///< written to readable
  Channel() : color(0), input(4), mark(0), arriveCycles(1) {}
};
static_assert(sizeof(Channel) == 32, "two a cache line");

/// Channels from this one on share the last bit of their reader's `occupied`.
constexpr uint32_t lastMark = 63;

/// One color in one router.
struct RouteState {
  int32_t targets[5] = {-1, -1, -1, -1, -1}; ///< channels behind the ports
  uint32_t readyAt = 0;                      ///< the switch moves until then
  uint32_t route = 0;                        ///< of the program
  uint8_t position = 0;
  uint8_t rx = 0;      ///< Direction, in this position
  Directions tx = 0;   ///< in this position
  bool listens = true; ///< to control wavelets
};
static_assert(sizeof(RouteState) == 32, "two a cache line");

struct Router {
  uint32_t firstChannel = 0;
  uint32_t channels = 0;
};

/// A register: an integer, or a float in `real`.
union RegisterValue {
  int64_t integer;
  float real;
};

/// A vector instruction under way.
struct Thread {
  enum class Blocked : uint8_t { No, Input, Output, Slot };
  const VectorPlan *plan = nullptr; ///< null: idle
  int64_t extent = 0, done = 0;
  VectorRate rate; ///< the plan's, and conflicts of banks
  uint32_t startAt = 0;
  uint32_t readyAt = 0;  ///< the next element could issue, but for `blocked`
  uint32_t fraction = 0; ///< of a cycle, in 1/256
  uint32_t packed = 0;   ///< the low half of a wavelet to be sent
  Blocked blocked = Blocked::No;
  bool lags = false; ///< slots before the current cycle are to be made up for
  bool oneByOne = false; ///< an element may read what the one before wrote
  float scalar[3] = {0, 0, 0};  ///< of register and immediate sources
  float sum = 0;                ///< of Dot, Sum, MaxOf
  int64_t at[4] = {0, 0, 0, 0}; ///< byte in the cores' SRAM: d, s0, s1, s2
};

struct Core {
  const ProgramPlan *plan = nullptr;        ///< null: runs no program
  uint32_t firstInput = 0, firstOutput = 0; ///< channels
  uint32_t threads = 0, registers = 0;
  uint32_t busyUntil = 0; ///< the issue slot is taken
  uint32_t mainAt = 0;    ///< the main thread goes on
  uint32_t busySince = 0;
  uint32_t slotsLeft = 0; ///< issue slots that the main thread still needs
  int16_t task = -1;      ///< running on the main thread
  int16_t pc = 0;
  int8_t lastThread = -1;
  bool setUp = false;       ///< slots of set-up are paid
  bool waitsVector = false; ///< for the main thread's vector instruction
  bool waitsThread = false; ///< for a busy microthread
  bool working = false;     ///< has had work since busySince
  uint64_t runs = 0;        ///< bits of microthreads under way
  uint64_t activated = 0, blocked = 0; ///< bits of tasks
  uint32_t sram = 0;                   ///< in 8 bytes
  uint32_t integers = 0, tasks = 0;
  uint16_t x = 0, y = 0;
};

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_STATE_H
