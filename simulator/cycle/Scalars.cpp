//===- Scalars.cpp - Scalar code and registers ----------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/Engine.h"
#include "simulator/cycle/Numbers.h"

#include <algorithm>
#include <cmath>

namespace waferflow::cycle {

static bool isInteger(DataType type) {
  return type == DataType::I16 || type == DataType::I32;
}

int64_t Engine::integerOf(const Core &core, int32_t reg) const {
  DataType type = core.plan->registers[reg];
  const RegisterValue &value = registers[core.registers + reg];
  if (isInteger(type))
    return value.integer;
  // What 32 bits don't hold becomes the nearest that they do.
  return std::clamp<int64_t>(wholeOf(value.real), INT32_MIN, INT32_MAX);
}

float Engine::realOf(const Core &core, int32_t reg) const {
  DataType type = core.plan->registers[reg];
  const RegisterValue &value = registers[core.registers + reg];
  return isInteger(type) ? static_cast<float>(value.integer) : value.real;
}

/// Rounded, or wrapped, to the register's type.
void Engine::setRegister(const Core &core, int32_t reg, double real,
                         int64_t integer, bool fromInteger) {
  DataType type = core.plan->registers[reg];
  RegisterValue &value = registers[core.registers + reg];
  if (isInteger(type)) {
    int64_t whole = fromInteger ? integer : wholeOf(real);
    value.integer = type == DataType::I16 ? static_cast<int16_t>(whole)
                                          : static_cast<int32_t>(whole);
    return;
  }
  uint8_t bytes[4];
  float number =
      fromInteger ? static_cast<float>(integer) : static_cast<float>(real);
  writeBits(DataType::I32, elementBits(type, number), bytes);
  value.real = readElement(type, bytes);
}

int64_t Engine::amount(const Core &core, const AmountPlan &plan) const {
  int64_t value =
      plan.entry < 0 ? plan.constant : integers[core.integers + plan.entry];
  if (plan.reg >= 0)
    value += plan.scale * integerOf(core, plan.reg);
  return value;
}

/// The first byte of `extent` elements of a memory operand.
bool Engine::address(uint32_t index, const Core &core,
                     const OperandPlan &operand, int64_t extent,
                     int64_t &byte) {
  int64_t first = amount(core, operand.offset);
  auto [low, high] =
      extent > 0 ? operand.span(extent) : std::pair<int64_t, int64_t>(0, 0);
  low += first;
  high += first;
  if (extent > 0 && (low < 0 || high >= operand.extent)) {
    const Buffer &buffer = core.plan->core->buffers[operand.index];
    fail(index, "elements " + std::to_string(low) + " to " +
                    std::to_string(high) + " of buffer '" + buffer.name +
                    "', which has " + std::to_string(buffer.extent));
    return false;
  }
  byte = static_cast<int64_t>(core.sram) * 8 + operand.address +
         first * dataBytes(operand.type);
  return true;
}

/// Carries an instruction out, except vector instructions. False: it must wait
/// for space in a queue, or has failed.
bool Engine::execute(uint32_t index, Core &core,
                     const InstructionPlan &instruction) {
  using Kind = InstructionPlan::Kind;
  int64_t byte = 0;
  int16_t next = static_cast<int16_t>(core.pc + 1);
  switch (instruction.kind) {
  case Kind::Scalar:
    evaluate(index, core, instruction);
    break;
  case Kind::Load: {
    if (!address(index, core, instruction.memory, 1, byte))
      return false;
    DataType type = instruction.memory.type;
    int32_t whole = 0;
    std::memcpy(&whole, &sram[byte], dataBytes(type));
    if (type == DataType::I16)
      whole = static_cast<int16_t>(whole);
    setRegister(core, instruction.destination, readElement(type, &sram[byte]),
                whole, isInteger(type));
    counters.sramReadBytes += dataBytes(type);
    break;
  }
  case Kind::Store: {
    if (!address(index, core, instruction.memory, 1, byte))
      return false;
    DataType type = instruction.memory.type;
    const ScalarPlan &source = instruction.sources[0];
    uint32_t bits;
    if (isInteger(type))
      bits =
          static_cast<uint32_t>(source.reg >= 0 ? integerOf(core, source.reg)
                                                : amount(core, source.integer));
    else
      bits =
          elementBits(type, source.reg >= 0 ? realOf(core, source.reg)
                                            : static_cast<float>(source.real));
    writeBits(type, bits, &sram[byte]);
    counters.sramWriteBytes += dataBytes(type);
    break;
  }
  case Kind::Jump:
    next = static_cast<int16_t>(instruction.target);
    break;
  case Kind::Branch:
    if ((integerOf(core, instruction.destination) != 0) == instruction.when)
      next = static_cast<int16_t>(instruction.target);
    break;
  case Kind::ChangeTask:
    changeTask(index, core, instruction.change, now + instruction.cycles);
    break;
  case Kind::SendControl: {
    Channel &queue = channels[core.firstOutput + instruction.queue];
    if (!writable(queue))
      return false;
    push(queue, instruction.control, true);
    break;
  }
  case Kind::Vector:
  case Kind::End:
    break;
  }
  core.pc = next;
  return !stopped;
}

void Engine::evaluate(uint32_t index, Core &core,
                      const InstructionPlan &instruction) {
  bool whole = isInteger(instruction.type);
  int64_t n[3] = {0, 0, 0};
  float r[3] = {0, 0, 0};
  for (size_t i = 0; i < instruction.sources.size(); ++i) {
    const ScalarPlan &source = instruction.sources[i];
    if (source.reg >= 0) {
      n[i] = integerOf(core, source.reg);
      r[i] = realOf(core, source.reg);
    } else {
      n[i] = amount(core, source.integer);
      r[i] = static_cast<float>(source.real);
    }
  }
  int64_t k = 0;     // the result as an integer,
  double f = 0;      // or as a float
  bool flag = false; // comparisons give integers
  switch (instruction.op) {
  case ScalarOp::Copy:
    k = n[0], f = r[0];
    break;
  case ScalarOp::Add:
    k = n[0] + n[1], f = r[0] + r[1];
    break;
  case ScalarOp::Sub:
    k = n[0] - n[1], f = r[0] - r[1];
    break;
  case ScalarOp::Mul:
    k = n[0] * n[1], f = r[0] * r[1];
    break;
  case ScalarOp::Div:
  case ScalarOp::Rem:
    if (whole && n[1] == 0)
      return fail(index, "integer division by zero");
    if (whole)
      k = instruction.op == ScalarOp::Div ? n[0] / n[1] : n[0] % n[1];
    else
      f = instruction.op == ScalarOp::Div ? r[0] / r[1] : std::fmod(r[0], r[1]);
    break;
  case ScalarOp::Min:
    k = std::min(n[0], n[1]), f = std::min(r[0], r[1]);
    break;
  case ScalarOp::Max:
    k = std::max(n[0], n[1]), f = std::max(r[0], r[1]);
    break;
  case ScalarOp::And:
    k = n[0] & n[1];
    break;
  case ScalarOp::Or:
    k = n[0] | n[1];
    break;
  case ScalarOp::Xor:
    k = n[0] ^ n[1];
    break;
  case ScalarOp::ShiftLeft:
    k = static_cast<int64_t>(static_cast<uint64_t>(n[0]) << (n[1] & 31));
    break;
  case ScalarOp::ShiftRight:
    k = n[0] >> (n[1] & 31);
    break;
  case ScalarOp::Equal:
    flag = true, k = whole ? n[0] == n[1] : r[0] == r[1];
    break;
  case ScalarOp::NotEqual:
    flag = true, k = whole ? n[0] != n[1] : r[0] != r[1];
    break;
  case ScalarOp::Less:
    flag = true, k = whole ? n[0] < n[1] : r[0] < r[1];
    break;
  case ScalarOp::LessEqual:
    flag = true, k = whole ? n[0] <= n[1] : r[0] <= r[1];
    break;
  case ScalarOp::Select:
    k = n[0] ? n[1] : n[2], f = n[0] ? r[1] : r[2];
    break;
  case ScalarOp::Exp:
    f = std::exp(static_cast<double>(r[0]));
    break;
  case ScalarOp::Log:
    f = std::log(static_cast<double>(r[0]));
    break;
  case ScalarOp::Rsqrt:
    f = 1 / std::sqrt(static_cast<double>(r[0]));
    break;
  case ScalarOp::Reciprocal:
    f = 1 / static_cast<double>(r[0]);
    break;
  }
  if (!whole && !flag) { // rounded to the instruction's type, then stored
    uint8_t bytes[4];
    writeBits(DataType::I32,
              elementBits(instruction.type, static_cast<float>(f)), bytes);
    f = readElement(instruction.type, bytes);
  }
  if (instruction.type == DataType::I16)
    k = static_cast<int16_t>(k);
  setRegister(core, instruction.destination, f, k, whole || flag);
}

} // namespace waferflow::cycle
