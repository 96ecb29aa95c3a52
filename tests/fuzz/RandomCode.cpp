//===- RandomCode.cpp - A core's tables and code from bytes ---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "RandomCode.h"

namespace waferflow::cycle::fuzz {

int64_t number(FuzzedDataProvider &bytes, int64_t least, int64_t most) {
  if (bytes.ConsumeIntegral<uint8_t>() == 255)
    return bytes.ConsumeIntegral<int64_t>() >>
           bytes.ConsumeIntegralInRange(0, 63);
  return bytes.ConsumeIntegralInRange(least, std::max(least, most));
}

namespace {

class Coder {
public:
  Coder(CoreProgram &core, FuzzedDataProvider &bytes)
      : core(core), bytes(bytes) {}

  void fill() {
    for (int64_t i = bytes.ConsumeIntegralInRange(1, 3); i > 0; --i) {
      Buffer buffer;
      buffer.name = std::string(1, static_cast<char>('a' + i % 26));
      buffer.type = type();
      buffer.extent = number(1, 40);
      if (bytes.ConsumeIntegral<uint8_t>() > 250)
        buffer.address = number(0, 4096);
      core.buffers.push_back(std::move(buffer));
    }
    for (int64_t i = bytes.ConsumeIntegralInRange(1, 6); i > 0; --i)
      core.registers.push_back({type(), integer(-3, 20)});
    int64_t tasks = bytes.ConsumeIntegralInRange(1, 4);
    for (int64_t i = 0; i < tasks; ++i)
      core.tasks.push_back(task(i));
  }

private:
  int64_t number(int64_t least, int64_t most) {
    return fuzz::number(bytes, least, most);
  }
  int32_t index(size_t count) {
    return static_cast<int32_t>(number(0, static_cast<int64_t>(count) - 1));
  }
  DataType type() {
    return static_cast<DataType>(bytes.ConsumeIntegralInRange(0, 4));
  }

  CoreInteger integer(int64_t least, int64_t most) {
    CoreInteger value = number(least, most);
    if (bytes.ConsumeIntegral<uint8_t>() < 200)
      return value;
    switch (bytes.ConsumeIntegralInRange(0, 6)) {
    case 0:
      return CoreInteger::x() + value;
    case 1:
      return (CoreInteger::y() * value).mod(number(1, 5));
    case 2:
      return CoreInteger::x().floorDiv(number(1, 5)) - value;
    case 3:
      return (CoreInteger::x() * value).ceilDiv(number(1, 5));
    case 4:
      return CoreInteger::postfix(
          {{CoreInteger::Code::X, 0},
           {static_cast<CoreInteger::Code>(bytes.ConsumeIntegralInRange(0, 7)),
            number(0, 3)}});
    case 5:
      return CoreInteger::table(
          core.where.cores,
          std::vector<int64_t>(number(1, 1) & 0xff, number(least, most)));
    default:
      return CoreInteger::y();
    }
  }
  Amount amount(int64_t least, int64_t most) {
    Amount value(integer(least, most));
    if (bytes.ConsumeIntegral<uint8_t>() > 200) {
      value.reg = index(core.registers.size());
      value.scale = number(-2, 3);
    }
    return value;
  }

  Operand operand(bool source) {
    switch (bytes.ConsumeIntegralInRange(0, source ? 4 : 2)) {
    case 0:
    case 1: {
      MemoryOperand memory{index(core.buffers.size()), amount(0, 4),
                           number(-1, 2)};
      if (bytes.ConsumeIntegral<uint8_t>() > 200) {
        memory.row = number(1, 4);
        memory.rowStride = number(-3, 6);
      }
      return memory;
    }
    case 2:
    case 3: {
      const auto &queues = source ? core.inputs : core.outputs;
      if (queues.empty())
        return MemoryOperand{index(core.buffers.size()), amount(0, 4), 1};
      FabricOperand fabric{index(queues.size()), type()};
      // A destination that ends with a control wavelet; no source may.
      if (bytes.ConsumeIntegral<uint8_t>() > (source ? 250 : 180))
        fabric.advances = static_cast<int32_t>(number(1, 8));
      return fabric;
    }
    default:
      if (bytes.ConsumeBool())
        return RegisterOperand{index(core.registers.size())};
      return ImmediateOperand{bytes.ConsumeFloatingPoint<double>()};
    }
  }

  Vector vector() {
    static const int counts[] = {1, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 3, 2, 1, 1};
    Vector v;
    int op = bytes.ConsumeIntegralInRange(0, 14);
    v.op = static_cast<VectorOp>(op);
    v.destination = op >= 12 && bytes.ConsumeBool()
                        ? Operand(RegisterOperand{index(core.registers.size())})
                        : operand(false);
    for (int64_t i = number(counts[op], counts[op]) & 3; i > 0; --i)
      v.sources.push_back(operand(true));
    v.extent = amount(0, 12);
    v.untilControl = bytes.ConsumeIntegral<uint8_t>() > 220;
    v.configured = bytes.ConsumeIntegral<uint8_t>() > 200;
    v.thread = bytes.ConsumeBool() ? -1 : static_cast<int32_t>(number(0, 7));
    while (bytes.ConsumeIntegral<uint8_t>() > 200)
      v.onDone.push_back(change());
    return v;
  }

  OnDone change() {
    return {static_cast<OnDone::Kind>(bytes.ConsumeIntegralInRange(0, 2)),
            static_cast<int32_t>(number(0, 3))};
  }

  ScalarOperand scalar() {
    ScalarOperand operand;
    if (bytes.ConsumeBool())
      operand.reg = index(core.registers.size());
    operand.integer = integer(-4, 40);
    operand.real = bytes.ConsumeFloatingPoint<double>();
    return operand;
  }

  Instruction instruction(int64_t length) {
    switch (bytes.ConsumeIntegralInRange(0, 11)) {
    case 0: {
      Scalar s;
      int op = bytes.ConsumeIntegralInRange(0, 21);
      s.op = static_cast<ScalarOp>(op);
      s.type = type();
      s.destination = index(core.registers.size());
      int count = op == 0 || op >= 18 ? 1 : op == 17 ? 3 : 2;
      for (int64_t i = number(count, count) & 3; i > 0; --i)
        s.sources.push_back(scalar());
      s.cycles = number(0, 3);
      return s;
    }
    case 1:
      return Load{index(core.registers.size()), index(core.buffers.size()),
                  amount(0, 5), number(0, 2)};
    case 2:
      return Store{scalar(), index(core.buffers.size()), amount(0, 5),
                   number(0, 2)};
    case 3:
      return Jump{static_cast<int32_t>(number(0, length)), number(1, 3)};
    case 4:
      return Branch{index(core.registers.size()),
                    static_cast<int32_t>(number(0, length)), number(1, 3),
                    number(0, 1) == 1};
    case 5:
      return ChangeTask{change(), number(0, 2)};
    case 6: {
      Control control;
      control.change =
          static_cast<Control::Switch>(bytes.ConsumeIntegralInRange(0, 2));
      control.task = static_cast<int32_t>(number(-1, 26));
      control.data = static_cast<int32_t>(number(0, 0xffff));
      control.routers = static_cast<int32_t>(number(0, 8));
      if (core.outputs.empty())
        return End{};
      return SendControl{index(core.outputs.size()), control, number(0, 2)};
    }
    case 7:
      return End{};
    default:
      return vector();
    }
  }

  Task task(int64_t number) {
    Task t;
    t.name = "t" + std::to_string(number);
    int kind = core.inputs.empty() ? 2 : bytes.ConsumeIntegralInRange(0, 3);
    t.kind = kind == 0   ? Task::Kind::Data
             : kind == 1 ? Task::Kind::Control
                         : Task::Kind::Local;
    t.id = static_cast<int32_t>(
        fuzz::number(bytes, 8 + 5 * number, 8 + 5 * number));
    if (t.kind != Task::Kind::Local) {
      t.input = index(core.inputs.size());
      t.wavelets = t.kind == Task::Kind::Data
                       ? static_cast<int32_t>(fuzz::number(bytes, 1, 2))
                       : 1;
      while (bytes.ConsumeIntegral<uint8_t>() > 150)
        t.fields.push_back(
            {index(core.registers.size()), type(),
             static_cast<int32_t>(fuzz::number(bytes, 0, 0)),
             static_cast<Field::Bits>(bytes.ConsumeIntegralInRange(0, 2))});
    }
    t.configured = bytes.ConsumeIntegral<uint8_t>() > 200;
    t.activated = t.kind == Task::Kind::Local && bytes.ConsumeBool();
    t.blocked = bytes.ConsumeIntegral<uint8_t>() > 220;
    int64_t length = bytes.ConsumeIntegralInRange(0, 6);
    for (int64_t i = 0; i < length && bytes.remaining_bytes(); ++i)
      t.code.push_back(instruction(length));
    return t;
  }

  CoreProgram &core;
  FuzzedDataProvider &bytes;
};

} // namespace

void fillCore(CoreProgram &core, FuzzedDataProvider &bytes) {
  Coder(core, bytes).fill();
}

} // namespace waferflow::cycle::fuzz
