//===- FabricCoreCheck.cpp - What is wrong with a core program ------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/program/FabricCheck.h"

#include <algorithm>
#include <set>

namespace waferflow::cycle {

namespace {

constexpr int64_t mostFactor = int64_t(1) << 30;

/// Judges one core program by its tables.
class CoreCheck {
public:
  CoreCheck(const FabricProgram &program, const CoreProgram &core,
            std::vector<Error> &errors)
      : program(program), core(core), errors(errors) {}

  void all() {
    const Rectangle &r = core.where.cores;
    if (r.width < 1 || r.height < 1)
      return say("an empty rectangle");
    if (!onFabric(r, program))
      return say("its rectangle is outside the " +
                 std::to_string(program.width) + " x " +
                 std::to_string(program.height) + " cores");
    queues(core.inputs, "core.input_queues_wavelets", "input");
    queues(core.outputs, "core.output_queues_wavelets", "output");
    buffers();
    for (const Register &reg : core.registers)
      integer(reg.initial, "a register's start");
    tasks();
  }

private:
  void say(const std::string &what) {
    errors.push_back({"core program '" + core.name + "'", what});
  }
  template <typename T>
  bool within(int64_t index, const std::vector<T> &table, const char *what) {
    if (index >= 0 && index < static_cast<int64_t>(table.size()))
      return true;
    say(std::string(what) + " " + std::to_string(index) + " of " +
        std::to_string(table.size()));
    return false;
  }
  void integer(const CoreInteger &value, const char *what) {
    if (!value.valid())
      say(std::string(what) + ": a malformed integer expression or table");
    else if (!value.covers(core.where.cores))
      say(std::string(what) + ": the table does not cover " +
          coreText(core.where.cores.x, core.where.cores.y) + " and all others");
    else if (value.constant() && !fits32(value.at(0, 0)))
      say(std::string(what) + " of " + std::to_string(value.at(0, 0)) +
          "; integers have 32 bits");
  }
  /// Strides and scales: what they multiply has 32 bits.
  void factor(int64_t value, const char *what) {
    if (value < -mostFactor || value > mostFactor)
      say(std::string(what) + " of " + std::to_string(value) + "; -" +
          std::to_string(mostFactor) + " to " + std::to_string(mostFactor) +
          " are possible");
  }
  void amount(const Amount &value, const char *what) {
    integer(value.base, what);
    if (value.reg >= 0)
      within(value.reg, core.registers, "register");
    factor(value.scale, "a register's scale");
  }

  void queues(const std::vector<Queue> &list, const char *key,
              const char *what) {
    size_t count = program.machine.facts.at(key).size();
    std::set<int32_t> ids, colors;
    for (const Queue &queue : list) {
      if (queue.id < 0 || queue.id >= static_cast<int64_t>(count))
        say(std::string(what) + " queue " + std::to_string(queue.id) +
            "; the machine has " + std::to_string(count));
      else if (!ids.insert(queue.id).second)
        say(std::string(what) + " queue " + std::to_string(queue.id) +
            " is used twice");
      if (!colors.insert(queue.color).second)
        say("two " + std::string(what) + " queues of color " +
            std::to_string(queue.color));
    }
  }

  void buffers() {
    size_t before = errors.size();
    std::set<std::string> names;
    for (const Buffer &buffer : core.buffers) {
      if (!names.insert(buffer.name).second)
        say("two buffers '" + buffer.name + "'");
      if (buffer.extent < 1 || buffer.extent > program.machine.sramBytes)
        say("buffer '" + buffer.name + "' of " + std::to_string(buffer.extent) +
            " elements; " + where() + " has " +
            std::to_string(program.machine.sramBytes) + " bytes");
      if (buffer.address > program.machine.sramBytes)
        say("buffer '" + buffer.name + "' at byte " +
            std::to_string(buffer.address) + "; " + where() + " has " +
            std::to_string(program.machine.sramBytes));
      if (buffer.address >= 0 && buffer.address % dataBytes(buffer.type))
        say("buffer '" + buffer.name + "' at byte " +
            std::to_string(buffer.address) + ", not aligned");
    }
    if (core.codeBytes < 0 || core.codeBytes > program.machine.sramBytes)
      say("code of " + std::to_string(core.codeBytes) + " bytes; " + where() +
          " has " + std::to_string(program.machine.sramBytes));
    if (errors.size() != before)
      return; // sums may not fit
    SramLayout layout = layOut(core, program.machine);
    int64_t spilled =
        std::max<int64_t>(
            0, static_cast<int64_t>(core.registers.size()) -
                   static_cast<int64_t>(
                       program.machine.facts.at("core.registers").front())) *
        4;
    int64_t bytes = layout.codeBytes + layout.dataEnd + spilled;
    if (bytes > program.machine.sramBytes)
      say("needs " + std::to_string(bytes) + " bytes of SRAM (code " +
          std::to_string(layout.codeBytes) + ", buffers " +
          std::to_string(layout.dataEnd) + ", registers " +
          std::to_string(spilled) + "), " + where() + " has " +
          std::to_string(program.machine.sramBytes));
  }

  std::string where() const {
    return coreText(core.where.cores.x, core.where.cores.y);
  }

  void tasks() {
    std::set<int32_t> ids;
    if (core.tasks.size() > 64)
      say(std::to_string(core.tasks.size()) + " tasks; 64 are possible");
    for (const Task &task : core.tasks) {
      if (task.id >= 0 && !ids.insert(task.id).second)
        say("two tasks with id " + std::to_string(task.id));
      if (task.id > 254)
        say("task id " + std::to_string(task.id) + "; 254 is the last");
      bool local = task.kind == Task::Kind::Local;
      if (!local)
        within(task.input, core.inputs, "input queue");
      if (task.kind == Task::Kind::Control && task.id < 0)
        say("control task '" + task.name + "' without an id");
      int64_t most = task.kind == Task::Kind::Data ? 16 : 1;
      if (task.wavelets < 1 || task.wavelets > most)
        say("task '" + task.name + "' takes " + std::to_string(task.wavelets) +
            " wavelets; 1 to " + std::to_string(most) + " are possible");
      for (const Field &field : task.fields) {
        within(field.reg, core.registers, "register");
        if (local || field.wavelet < 0 || field.wavelet >= task.wavelets)
          say("task '" + task.name + "' reads wavelet " +
              std::to_string(field.wavelet) + " that it does not take");
      }
      code(task);
    }
  }

  void operand(const Operand &value, bool source) {
    if (auto *m = std::get_if<MemoryOperand>(&value)) {
      within(m->buffer, core.buffers, "buffer");
      amount(m->offset, "an offset");
      factor(m->stride, "a stride");
      factor(m->rowStride, "a row's stride");
      if (m->row < 0 || (m->row == 0 && m->rowStride != 0))
        say("a memory operand with rows of " + std::to_string(m->row) +
            " elements, " + std::to_string(m->rowStride) +
            " apart; expected rows of 1 or more, or neither");
    } else if (auto *f = std::get_if<FabricOperand>(&value)) {
      if (source)
        within(f->queue, core.inputs, "input queue");
      else
        within(f->queue, core.outputs, "output queue");
      if (f->advances < 0 || f->advances > (source ? 0 : mostCommands))
        say(source ? std::string("a source that advances switches")
                   : "an instruction that advances the switches of " +
                         std::to_string(f->advances) + " routers; 1 to " +
                         std::to_string(mostCommands) + " are possible");
    } else if (auto *r = std::get_if<RegisterOperand>(&value)) {
      within(r->reg, core.registers, "register");
    } else if (!source) {
      say("a number as destination");
    }
  }

  void vector(const Vector &v) {
    static const size_t counts[] = {1, 2, 2, 2, 2, 2, 2, 1,
                                    1, 1, 1, 3, 2, 1, 1};
    if (v.sources.size() != counts[static_cast<int>(v.op)])
      say("a vector instruction with " + std::to_string(v.sources.size()) +
          " sources; it has " + std::to_string(counts[static_cast<int>(v.op)]));
    operand(v.destination, false);
    std::set<int32_t> read;
    for (const Operand &source : v.sources) {
      operand(source, true);
      if (auto *f = std::get_if<FabricOperand>(&source))
        if (!read.insert(f->queue).second)
          say("one instruction reads an input queue twice");
    }
    bool scalar = v.op == VectorOp::Dot || v.op == VectorOp::Sum ||
                  v.op == VectorOp::MaxOf;
    bool fabric = std::holds_alternative<FabricOperand>(v.destination);
    bool reg = std::holds_alternative<RegisterOperand>(v.destination);
    if (scalar ? fabric : reg)
      say(scalar ? "a sum that goes to the fabric"
                 : "a vector that goes to a register");
    if (v.op == VectorOp::Fmac && fabric)
      say("an fmac that adds to the fabric");
    if (fabric && v.untilControl &&
        std::get<FabricOperand>(v.destination).advances)
      say("an instruction that ends at a control wavelet and advances "
          "switches");
    amount(v.extent, "an extent");
    int64_t count = static_cast<int64_t>(
        program.machine.facts.at("core.microthreads").front());
    if (v.thread < -1 || v.thread >= count)
      say("microthread " + std::to_string(v.thread) + "; the machine has " +
          std::to_string(count));
    for (const OnDone &change : v.onDone)
      within(change.task, core.tasks, "task");
  }

  void scalar(const ScalarOperand &value) {
    if (value.reg >= 0)
      within(value.reg, core.registers, "register");
    integer(value.integer, "a scalar");
  }

  void jump(int32_t target, const Task &task) {
    if (target < 0 || target > static_cast<int64_t>(task.code.size()))
      say("task '" + task.name + "' jumps to " + std::to_string(target) +
          " of " + std::to_string(task.code.size()));
  }

  void code(const Task &task) {
    if (task.code.size() > 32000)
      say("task '" + task.name + "' of " + std::to_string(task.code.size()) +
          " instructions; 32000 are possible");
    for (const Instruction &instruction : task.code) {
      if (auto *v = std::get_if<Vector>(&instruction)) {
        vector(*v);
      } else if (auto *s = std::get_if<Scalar>(&instruction)) {
        bool unary = s->op == ScalarOp::Copy || s->op >= ScalarOp::Exp;
        size_t count = unary ? 1 : s->op == ScalarOp::Select ? 3 : 2;
        if (s->sources.size() != count)
          say("a scalar instruction with " + std::to_string(s->sources.size()) +
              " sources; it has " + std::to_string(count));
        within(s->destination, core.registers, "register");
        for (const ScalarOperand &source : s->sources)
          scalar(source);
        cycles(s->cycles);
      } else if (auto *l = std::get_if<Load>(&instruction)) {
        within(l->destination, core.registers, "register");
        within(l->buffer, core.buffers, "buffer");
        amount(l->index, "an index");
        cycles(l->cycles);
      } else if (auto *st = std::get_if<Store>(&instruction)) {
        scalar(st->source);
        within(st->buffer, core.buffers, "buffer");
        amount(st->index, "an index");
        cycles(st->cycles);
      } else if (auto *j = std::get_if<Jump>(&instruction)) {
        jump(j->target, task);
        cycles(j->cycles, 1);
      } else if (auto *b = std::get_if<Branch>(&instruction)) {
        within(b->condition, core.registers, "register");
        jump(b->target, task);
        cycles(b->cycles, 1);
      } else if (auto *c = std::get_if<ChangeTask>(&instruction)) {
        within(c->change.task, core.tasks, "task");
        cycles(c->cycles);
      } else if (auto *sc = std::get_if<SendControl>(&instruction)) {
        within(sc->queue, core.outputs, "output queue");
        cycles(sc->cycles);
        if (sc->control.routers < 0 || sc->control.routers > mostCommands)
          say("a control wavelet with commands for " +
              std::to_string(sc->control.routers) + " routers; 1 to " +
              std::to_string(mostCommands) + ", or 0 for all, are possible");
      }
    }
  }

  /// A jump takes at least a cycle: a loop of nothing would never end.
  void cycles(int64_t count, int64_t least = 0) {
    if (count < least || count > 1000000)
      say("an instruction of " + std::to_string(count) + " cycles");
  }

  const FabricProgram &program;
  const CoreProgram &core;
  std::vector<Error> &errors;
};

} // namespace

void checkCore(const FabricProgram &program, const CoreProgram &core,
               std::vector<Error> &errors) {
  CoreCheck(program, core, errors).all();
}

} // namespace waferflow::cycle
