//===- FabricCode.h - Instructions of a core --------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a task does, as a flat list of instructions with jump targets. Indices
// name entries of the CoreProgram's tables. What each costs is said in
// simulator/cycle/README.md.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_PROGRAM_FABRICCODE_H
#define WAFERFLOW_SIMULATOR_PROGRAM_FABRICCODE_H

#include "simulator/program/FabricSelection.h"

#include <variant>

namespace waferflow::cycle {

/// Types of SRAM buffers, registers and wavelet payloads.
enum class DataType { F16, BF16, F32, I16, I32 };

constexpr int64_t dataBytes(DataType type) {
  return type == DataType::F32 || type == DataType::I32 ? 4 : 2;
}

/// An integer known per core, plus scale times an integer register.
struct Amount {
  CoreInteger base = 0;
  int32_t reg = -1; ///< -1: no register
  int64_t scale = 1;

  Amount(int64_t value = 0) : base(value) {}
  Amount(CoreInteger value) : base(std::move(value)) {}
  static Amount ofRegister(int32_t reg, int64_t scale = 1,
                           CoreInteger base = 0) {
    Amount amount(std::move(base));
    amount.reg = reg;
    amount.scale = scale;
    return amount;
  }
};

/// Elements offset, offset + stride, ... of a buffer. With stride 0 all
/// elements are the one at `offset`. In two dimensions: `row` elements by
/// `stride`, then the next row, which begins `rowStride` behind the row before.
struct MemoryOperand {
  int32_t buffer = -1;
  Amount offset;         ///< in elements
  int64_t stride = 1;    ///< in elements
  int64_t row = 0;       ///< elements; 0: one dimension
  int64_t rowStride = 0; ///< in elements
};

/// Wavelets of an input queue (as a source) or of an output queue (as the
/// destination); a wavelet carries 4 / dataBytes(type) elements, the first in
/// the low bits. An odd last element travels with zero bits beside it.
struct FabricOperand {
  int32_t queue = -1; ///< index in CoreProgram::inputs or outputs
  DataType type = DataType::F32;
  /// Of a destination: behind the last element the instruction sends a control
  /// wavelet that advances the switches of so many routers, the first ones of
  /// those that listen (at most `mostCommands`), in a slot of its own. 0: none.
  /// (The vendor's SDK: a control descriptor, or `advance_switch`.)
  int32_t advances = 0;
};

/// A scalar that stays the same for all elements (a source), or the result of
/// Dot, Sum and MaxOf (the destination).
struct RegisterOperand {
  int32_t reg = -1;
};
struct ImmediateOperand {
  double value = 0;
};

using Operand = std::variant<MemoryOperand, FabricOperand, RegisterOperand,
                             ImmediateOperand>;

/// Element-wise: d = s0, s0 + s1, s0 - s1, s0 s1, max, min, d + s0 s1 (Fmac; an
/// AXPY when s0 is a register), exp s0, log s0, 1 / sqrt s0, 1 / s0,
/// s0 != 0 ? s1 : s2.
/// To a scalar (a register, or the one memory element at the offset, which is
/// also its start value): d + sum of s0 s1, d + sum of s0, max(d, s0).
enum class VectorOp {
  Mov,
  Add,
  Sub,
  Mul,
  Max,
  Min,
  Fmac,
  Exp,
  Log,
  Rsqrt,
  Reciprocal,
  Select,
  Dot,
  Sum,
  MaxOf
};

/// The name in errors and traces: "fmac".
const char *vectorOpName(VectorOp op);

/// What a vector instruction does when its last element is written.
struct OnDone {
  enum class Kind { Activate, Unblock, Block };
  Kind kind = Kind::Activate;
  int32_t task = -1;
};

/// One vector (DSD) instruction.
struct Vector {
  VectorOp op = VectorOp::Mov;
  Operand destination;
  std::vector<Operand> sources;
  Amount extent; ///< elements
  /// Ends early, as complete, at a control wavelet at the head of a source
  /// queue; the control wavelet stays for its task. `extent` is the limit.
  bool untilControl = false;
  /// A microthread that is already configured: costs pe.launch_cycles instead
  /// of the pe.setup_cycles of scalar code.
  bool configured = false;
  /// -1: on the main thread, the task goes on when it is complete. Otherwise
  /// on this microthread (a lower number goes first), and the task goes on at
  /// once; it waits before if the microthread is still busy.
  int32_t thread = -1;
  std::vector<OnDone> onDone;
};

/// Integer and floating point in one list; comparisons give 0 or 1.
enum class ScalarOp {
  Copy,
  Add,
  Sub,
  Mul,
  Div,
  Rem,
  Min,
  Max,
  And,
  Or,
  Xor,
  ShiftLeft,
  ShiftRight,
  Equal,
  NotEqual,
  Less,
  LessEqual,
  Select,
  Exp,
  Log,
  Rsqrt,
  Reciprocal
};

/// A register, or a number known per core.
struct ScalarOperand {
  int32_t reg = -1; ///< -1: the number
  CoreInteger integer = 0;
  double real = 0; ///< used where the instruction's type is a float
};

/// register <- op(sources), computed in `type` and rounded to it. Div and Rem
/// of integers truncate towards zero; by zero is an error of the program.
struct Scalar {
  ScalarOp op = ScalarOp::Copy;
  DataType type = DataType::I32;
  int32_t destination = -1;
  std::vector<ScalarOperand> sources;
  int64_t cycles = 1; ///< issue slots
};

/// register <- buffer[index], or back.
struct Load {
  int32_t destination = -1;
  int32_t buffer = -1;
  Amount index;
  int64_t cycles = 1;
};
struct Store {
  ScalarOperand source;
  int32_t buffer = -1;
  Amount index;
  int64_t cycles = 1;
};

/// Goes on at instruction `target`; a Branch only if its register is not 0.
struct Jump {
  int32_t target = -1;
  int64_t cycles = 1;
};
struct Branch {
  int32_t condition = -1;
  int32_t target = -1;
  int64_t cycles = 1;
  bool when = true; ///< taken where the condition holds, or where it does not
};

/// Changes the state of a task of this core.
struct ChangeTask {
  OnDone change;
  int64_t cycles = 1;
};

/// What a control wavelet does at each router that it passes and whose route
/// listens (after it has been forwarded), and at a core that it reaches.
struct Control {
  enum class Switch { Keep, Advance, Reset };
  Switch change = Switch::Keep;
  int32_t task = -1; ///< id of the control task at the core, -1: none
  int32_t data = 0;  ///< 16 bits for that task
  /// The routers that obey `change`: the first ones of those that listen on
  /// the way, at most `mostCommands`; 0: all.
  int32_t routers = 0;
};
/// The commands of a control wavelet that routers take one by one (the vendor's
/// SDK, pop mode "always").
constexpr int32_t mostCommands = 8;

/// The wavelet's 32 bits: data, task + 1 (8 bits), switch change (2 bits),
/// routers (4 bits).
uint32_t encode(const Control &control);
Control decodeControl(uint32_t bits);
/// The bits with which it goes on from a router that listens.
uint32_t behindRouter(uint32_t bits);

/// Puts one control wavelet into an output queue.
struct SendControl {
  int32_t queue = -1;
  Control control;
  int64_t cycles = 1;
};

/// The task ends. Falling off the end of the list does the same.
struct End {};

using Instruction = std::variant<Vector, Scalar, Load, Store, Jump, Branch,
                                 ChangeTask, SendControl, End>;

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_PROGRAM_FABRICCODE_H
