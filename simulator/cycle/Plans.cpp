//===- Plans.cpp - A core program prepared for running --------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/Plans.h"

#include <algorithm>
#include <cstdlib>

namespace waferflow::cycle {

namespace {

/// Resolves what a core program's instructions name.
class Planner {
public:
  Planner(ProgramPlan &plan, const Machine &machine)
      : plan(plan), core(*plan.core), machine(machine) {}

  AmountPlan integer(const CoreInteger &value) {
    AmountPlan result;
    if (value.constant()) {
      result.constant = value.at(0, 0);
      return result;
    }
    result.entry = static_cast<int32_t>(plan.integers.size());
    plan.integers.push_back(&value);
    return result;
  }

  AmountPlan amount(const Amount &value) {
    AmountPlan result = integer(value.base);
    result.reg = value.reg;
    result.scale = value.scale;
    return result;
  }

  OperandPlan memory(int32_t buffer, const Amount &offset, int64_t stride) {
    OperandPlan result;
    result.kind = OperandPlan::Kind::Memory;
    result.index = buffer;
    result.type = core.buffers[buffer].type;
    result.extent = core.buffers[buffer].extent;
    result.address = plan.addresses[buffer];
    result.offset = amount(offset);
    result.stride = stride;
    result.strideBytes = stride * dataBytes(result.type);
    return result;
  }

  OperandPlan operand(const Operand &value) {
    OperandPlan result;
    if (auto *m = std::get_if<MemoryOperand>(&value)) {
      result = memory(m->buffer, m->offset, m->stride);
      result.row = m->row;
      result.rowStride = m->rowStride;
      return result;
    }
    if (auto *f = std::get_if<FabricOperand>(&value)) {
      result.kind = OperandPlan::Kind::Fabric;
      result.index = f->queue;
      result.type = f->type;
    } else if (auto *r = std::get_if<RegisterOperand>(&value)) {
      result.kind = OperandPlan::Kind::Register;
      result.index = r->reg;
      result.type = core.registers[r->reg].type;
    } else {
      result.immediate =
          static_cast<float>(std::get<ImmediateOperand>(value).value);
    }
    return result;
  }

  int32_t vector(const Vector &value) {
    VectorPlan result;
    result.vector = &value;
    result.rate = vectorRate(value, core, machine);
    result.op = value.op;
    result.thread = value.thread;
    result.configured = value.configured;
    result.untilControl = value.untilControl;
    result.destination = operand(value.destination);
    if (auto *out = std::get_if<FabricOperand>(&value.destination)) {
      result.fabricOut = true;
      result.advances = out->advances > 0;
      Control control;
      control.change = Control::Switch::Advance;
      control.routers = out->advances;
      result.control = encode(control);
    }
    result.toScalar = value.op == VectorOp::Dot || value.op == VectorOp::Sum ||
                      value.op == VectorOp::MaxOf;
    bool f16 = result.destination.type == DataType::F16 &&
               result.destination.kind == OperandPlan::Kind::Memory &&
               result.destination.contiguous();
    for (const Operand &source : value.sources) {
      OperandPlan &s = result.sources[result.sourceCount++];
      s = operand(source);
      result.fabricIn |= s.kind == OperandPlan::Kind::Fabric;
    }
    result.extent = amount(value.extent);
    const OperandPlan &a = result.sources[0], &x = result.sources[1];
    result.axpyF16 = f16 && value.op == VectorOp::Fmac &&
                     (a.kind == OperandPlan::Kind::Register ||
                      a.kind == OperandPlan::Kind::Immediate) &&
                     x.kind == OperandPlan::Kind::Memory &&
                     x.type == DataType::F16 && x.contiguous();
    countArithmetic(result);
    plan.threads = std::max(plan.threads, value.thread + 1);
    plan.vectors.push_back(result);
    return static_cast<int32_t>(plan.vectors.size()) - 1;
  }

  static void countArithmetic(VectorPlan &plan) {
    VectorOp op = plan.op;
    bool anyWide = false;
    for (int32_t i = 0; i < plan.sourceCount; ++i) {
      const OperandPlan &s = plan.sources[i];
      if (s.kind == OperandPlan::Kind::Memory ||
          s.kind == OperandPlan::Kind::Fabric)
        anyWide |= dataBytes(s.type) == 4;
    }
    plan.multiplies =
        op == VectorOp::Mul || op == VectorOp::Fmac || op == VectorOp::Dot;
    plan.wideFactors = anyWide;
    plan.function = op == VectorOp::Exp || op == VectorOp::Log ||
                    op == VectorOp::Rsqrt || op == VectorOp::Reciprocal;
    plan.adds = op != VectorOp::Mov && op != VectorOp::Mul && !plan.function;
    // Dot and Sum accumulate in f32.
    plan.wideSum =
        op == VectorOp::Dot || op == VectorOp::Sum ||
        (op == VectorOp::MaxOf ? anyWide
                               : dataBytes(plan.destination.type) == 4);
  }

  ScalarPlan scalar(const ScalarOperand &value) {
    ScalarPlan result;
    result.reg = value.reg;
    result.integer = integer(value.integer);
    result.real = value.real;
    return result;
  }

  InstructionPlan instruction(const Instruction &value) {
    using Kind = InstructionPlan::Kind;
    InstructionPlan result;
    if (auto *v = std::get_if<Vector>(&value)) {
      result.kind = Kind::Vector;
      result.vector = vector(*v);
    } else if (auto *s = std::get_if<Scalar>(&value)) {
      result.kind = Kind::Scalar;
      result.op = s->op;
      result.type = s->type;
      result.destination = s->destination;
      for (const ScalarOperand &source : s->sources)
        result.sources.push_back(scalar(source));
      result.cycles = s->cycles;
    } else if (auto *l = std::get_if<Load>(&value)) {
      result.kind = Kind::Load;
      result.destination = l->destination;
      result.memory = memory(l->buffer, l->index, 1);
      result.cycles = l->cycles;
    } else if (auto *st = std::get_if<Store>(&value)) {
      result.kind = Kind::Store;
      result.sources.push_back(scalar(st->source));
      result.memory = memory(st->buffer, st->index, 1);
      result.cycles = st->cycles;
    } else if (auto *j = std::get_if<Jump>(&value)) {
      result.kind = Kind::Jump;
      result.target = j->target;
      result.cycles = j->cycles;
    } else if (auto *b = std::get_if<Branch>(&value)) {
      result.kind = Kind::Branch;
      result.destination = b->condition;
      result.target = b->target;
      result.cycles = b->cycles;
      result.when = b->when;
    } else if (auto *c = std::get_if<ChangeTask>(&value)) {
      result.kind = Kind::ChangeTask;
      result.change = c->change;
      result.cycles = c->cycles;
    } else if (auto *sc = std::get_if<SendControl>(&value)) {
      result.kind = Kind::SendControl;
      result.queue = sc->queue;
      result.control = encode(sc->control);
      result.cycles = sc->cycles;
    }
    return result;
  }

private:
  ProgramPlan &plan;
  const CoreProgram &core;
  const Machine &machine;
};

} // namespace

std::pair<int64_t, int64_t> OperandPlan::span(int64_t count) const {
  int64_t last = position(count - 1);
  int64_t low = std::min<int64_t>(0, last), high = std::max<int64_t>(0, last);
  if (row && count > row)
    for (int64_t end :
         {row - 1, count / row * row - 1, (count - 1) / row * row}) {
      low = std::min(low, position(end));
      high = std::max(high, position(end));
    }
  return {low, high};
}

bool OperandPlan::distinct(int64_t count) const {
  if (count < 2)
    return true;
  if (!row || count <= row)
    return stride != 0;
  return (stride != 0 || row == 1) &&
         std::abs(rowStride) > (row - 1) * std::abs(stride);
}

/// Latency of a task's start. A local task has waited since its activation.
static int64_t startCycles(const Task &task, const Machine &machine) {
  if (task.kind == Task::Kind::Local)
    return 0;
  if (!task.configured)
    return machine.taskCycles;
  return task.kind == Task::Kind::Control ? machine.rowEndCycles : 0;
}

ProgramPlan planOf(const CoreProgram &core, const Machine &machine) {
  ProgramPlan plan;
  plan.core = &core;
  plan.inputs = static_cast<int32_t>(core.inputs.size());
  plan.outputs = static_cast<int32_t>(core.outputs.size());
  SramLayout layout = layOut(core, machine);
  plan.addresses = layout.addresses;
  plan.sramBytes = (layout.dataEnd + 7) / 8 * 8;
  for (const Register &reg : core.registers)
    plan.registers.push_back(reg.type);
  Planner planner(plan, machine);
  for (const Task &task : core.tasks) {
    TaskPlan result;
    result.kind = task.kind;
    result.id = task.id;
    result.input = task.input;
    result.wavelets = task.wavelets;
    result.startCycles = startCycles(task, machine);
    for (const Instruction &instruction : task.code)
      result.code.push_back(planner.instruction(instruction));
    plan.tasks.push_back(std::move(result));
  }
  return plan;
}

} // namespace waferflow::cycle
