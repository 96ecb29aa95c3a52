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
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_STATE_H
#define WAFERFLOW_SIMULATOR_CYCLE_STATE_H

#include "simulator/cycle/VectorRate.h"

namespace waferflow::cycle {

/// Who is stepped: nodes of four kinds.
enum class NodeKind : uint8_t { Edge, Router, Core };

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
  uint32_t reader = 0, writer = 0; ///< node numbers
  int32_t route = -1;              ///< of a router's buffer
  uint32_t lastGrant = 0;          ///< cycle + 1, for round robin
  uint16_t capacity = 0, head = 0, count = 0;
  uint16_t arriveCycles = 1; ///< written to readable
  uint16_t freeCycles = 1;   ///< read to writable
  uint8_t color = 0;
  Direction input = Direction::Ramp; ///< of a router's buffer
  NodeKind readerKind = NodeKind::Router, writerKind = NodeKind::Router;
};

/// One color in one router.
struct RouteState {
  const Route *route = nullptr;
  int32_t targets[5] = {-1, -1, -1, -1, -1}; ///< channels behind the ports
  uint32_t readyAt = 0;                      ///< the switch moves until then
  uint8_t position = 0;
};

struct Router {
  uint32_t firstChannel = 0;
  uint16_t channels = 0;
};

/// An integer of a core: a constant, or an entry of the core's table; plus a
/// register.
struct AmountPlan {
  int64_t constant = 0;
  int32_t entry = -1;
  int32_t reg = -1;
  int64_t scale = 1;
};

struct OperandPlan {
  enum class Kind : uint8_t { Memory, Fabric, Register, Immediate };
  Kind kind = Kind::Immediate;
  DataType type = DataType::F32;
  int32_t index = -1; ///< buffer, queue or register
  AmountPlan offset;
  int64_t stride = 1;
  int64_t row = 0, rowStride = 0;  ///< as in MemoryOperand
  int64_t address = 0, extent = 0; ///< of the buffer: bytes, elements
  float immediate = 0;

  /// Element number `element`, counted in elements from the first.
  int64_t position(int64_t element) const {
    return row ? element / row * rowStride + element % row * stride
               : element * stride;
  }
  /// One element behind the other.
  bool contiguous() const { return stride == 1 && !row; }
};

struct VectorPlan {
  const Vector *vector = nullptr;
  VectorRate rate;
  OperandPlan destination;
  OperandPlan sources[3];
  int32_t sourceCount = 0;
  AmountPlan extent;
  bool fabricIn = false, fabricOut = false, toScalar = false;
  bool axpyF16 = false; ///< contiguous, all f16, from SRAM to SRAM
};

struct ScalarPlan {
  int32_t reg = -1;
  AmountPlan integer;
  double real = 0;
};

/// One instruction, flat; the fields that its kind needs.
struct InstructionPlan {
  enum class Kind : uint8_t {
    Vector,
    Scalar,
    Load,
    Store,
    Jump,
    Branch,
    ChangeTask,
    SendControl,
    End
  };
  Kind kind = Kind::End;
  int32_t vector = -1; ///< in ProgramPlan::vectors
  ScalarOp op = ScalarOp::Copy;
  DataType type = DataType::I32;
  int32_t destination = -1; ///< register
  std::vector<ScalarPlan> sources;
  OperandPlan memory;
  int32_t target = -1;
  OnDone change;
  uint32_t control = 0;
  int32_t queue = -1;
  int64_t cycles = 0;
};

/// A core program prepared for running.
struct ProgramPlan {
  const CoreProgram *core = nullptr;
  int64_t sramBytes = 0; ///< of buffers
  std::vector<int64_t> addresses;
  std::vector<VectorPlan> vectors;
  std::vector<std::vector<InstructionPlan>> code; ///< by task
  std::vector<const CoreInteger *> integers;      ///< the core's table
  std::vector<int64_t> startCycles;               ///< by task
  int32_t threads = 0; ///< microthreads in use, highest number + 1
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
  int64_t at[4] = {0, 0, 0, 0}; ///< byte in the core's SRAM: d, s0, s1, s2
  float scalar[3] = {0, 0, 0};  ///< of register and immediate sources
  float sum = 0;                ///< of Dot, Sum, MaxOf
  uint32_t packed = 0;          ///< the low half of a wavelet to be sent
  uint32_t startAt = 0;
  uint32_t readyAt = 0;  ///< the next element could issue, but for `blocked`
  uint32_t fraction = 0; ///< of a cycle, in 1/256
  Blocked blocked = Blocked::No;
  bool lags = false; ///< slots before the current cycle are to be made up for
};

struct Core {
  int32_t program = -1;
  uint16_t x = 0, y = 0;
  uint32_t sram = 0, registers = 0, threads = 0, integers = 0, tasks = 0;
  uint32_t firstInput = 0, firstOutput = 0; ///< channels
  uint64_t activated = 0, blocked = 0;      ///< bits of tasks
  uint32_t busyUntil = 0;                   ///< the issue slot is taken
  uint32_t mainAt = 0;                      ///< the main thread goes on
  uint32_t busySince = 0;
  uint32_t slotsLeft = 0; ///< issue slots that the main thread still needs
  int16_t task = -1;      ///< running on the main thread
  int16_t pc = 0;
  int8_t lastThread = -1;
  bool setUp = false;       ///< slots of set-up are paid
  bool waitsVector = false; ///< for the main thread's vector instruction
  bool waitsThread = false; ///< for a busy microthread
  bool working = false;     ///< has had work since busySince
};

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_STATE_H
