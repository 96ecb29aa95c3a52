//===- Plans.h - A core program prepared for running ---------- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Flat, and shared by all cores of a program: what differs from core to core is
// in tables that an AmountPlan's entry names.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_PLANS_H
#define WAFERFLOW_SIMULATOR_CYCLE_PLANS_H

#include "simulator/cycle/VectorRate.h"

#include <utility>

namespace waferflow::cycle {

/// An integer of a core: a constant, or an entry of the core's table; plus a
/// register.
struct AmountPlan {
  int64_t constant = 0;
  int64_t scale = 1;
  int32_t entry = -1;
  int32_t reg = -1;
};

struct OperandPlan {
  enum class Kind : uint8_t { Memory, Fabric, Register, Immediate };
  Kind kind = Kind::Immediate;
  DataType type = DataType::F32;
  int32_t index = -1; ///< buffer, queue or register
  float immediate = 0;
  int64_t stride = 1;              ///< elements
  int64_t row = 0, rowStride = 0;  ///< as in MemoryOperand
  int64_t strideBytes = 0;         ///< the same
  int64_t address = 0, extent = 0; ///< of the buffer: bytes, elements
  AmountPlan offset;

  /// Element number `element`, counted in elements from the first.
  int64_t position(int64_t element) const {
    return row ? element / row * rowStride + element % row * stride
               : element * stride;
  }
  /// One element behind the other.
  bool contiguous() const { return stride == 1 && !row; }
  /// The lowest and the highest position of `count` elements, at least 1.
  std::pair<int64_t, int64_t> span(int64_t count) const;
  /// Whether `count` elements are surely all different ones.
  bool distinct(int64_t count) const;
};

struct VectorPlan {
  VectorRate rate;
  VectorOp op = VectorOp::Mov;
  int32_t thread = -1;
  bool fabricIn = false, fabricOut = false, toScalar = false;
  bool axpyF16 = false; ///< contiguous, all f16, from SRAM to SRAM
  bool configured = false, untilControl = false;
  bool advances = false; ///< `control` goes behind the last element
  int8_t sourceCount = 0;
  // Arithmetic of an element.
  bool multiplies = false, wideFactors = false;
  bool adds = false, wideSum = false;
  bool function = false;
  OperandPlan destination;
  OperandPlan sources[3];
  AmountPlan extent;
  uint32_t control = 0;
  const Vector *vector = nullptr;
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
  int64_t cycles = 0;
  ScalarOp op = ScalarOp::Copy;
  DataType type = DataType::I32;
  int32_t destination = -1; ///< register
  std::vector<ScalarPlan> sources;
  OperandPlan memory;
  int32_t target = -1;
  bool when = true; ///< of a branch
  OnDone change;
  uint32_t control = 0;
  int32_t queue = -1;
};

struct TaskPlan {
  Task::Kind kind = Task::Kind::Local;
  int32_t id = -1, input = -1, wavelets = 1;
  int64_t startCycles = 0;
  std::vector<InstructionPlan> code;
};

struct ProgramPlan {
  const CoreProgram *core = nullptr;
  int32_t threads = 0; ///< microthreads in use, highest number + 1
  int32_t inputs = 0, outputs = 0;
  std::vector<TaskPlan> tasks;
  std::vector<VectorPlan> vectors;
  std::vector<DataType> registers;
  std::vector<const CoreInteger *> integers; ///< the core's table
  std::vector<int64_t> addresses;            ///< of buffers
  int64_t sramBytes = 0;                     ///< of buffers
};

/// `core` must have passed `check` and outlive the plan.
ProgramPlan planOf(const CoreProgram &core, const Machine &machine);

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_PLANS_H
