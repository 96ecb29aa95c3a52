//===- FabricCheck.cpp - What is wrong with a fabric program --------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/machine/Parameters.h"
#include "simulator/program/Fabric.h"

#include <algorithm>
#include <set>

namespace waferflow::cycle {

namespace {

std::string place(int64_t x, int64_t y) {
  return "core (" + std::to_string(x) + ", " + std::to_string(y) + ")";
}

/// Judges one core program by its tables.
class CoreCheck {
public:
  CoreCheck(const FabricProgram &program, const CoreProgram &core,
            std::vector<Error> &errors)
      : program(program), core(core), errors(errors) {}

  void all() {
    if (core.where.cores.width < 1 || core.where.cores.height < 1)
      say("an empty rectangle");
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
          place(core.where.cores.x, core.where.cores.y) + " and all others");
  }
  void amount(const Amount &value, const char *what) {
    integer(value.base, what);
    if (value.reg >= 0)
      within(value.reg, core.registers, "register");
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
    std::set<std::string> names;
    for (const Buffer &buffer : core.buffers) {
      if (!names.insert(buffer.name).second)
        say("two buffers '" + buffer.name + "'");
      if (buffer.extent < 1)
        say("buffer '" + buffer.name + "' of " + std::to_string(buffer.extent) +
            " elements");
      if (buffer.address >= 0 && buffer.address % dataBytes(buffer.type))
        say("buffer '" + buffer.name + "' at byte " +
            std::to_string(buffer.address) + ", not aligned");
    }
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
    return place(core.where.cores.x, core.where.cores.y);
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
      if (m->row < 0 || (m->row == 0 && m->rowStride != 0))
        say("a memory operand with rows of " + std::to_string(m->row) +
            " elements, " + std::to_string(m->rowStride) +
            " apart; expected rows of 1 or more, or neither");
    } else if (auto *f = std::get_if<FabricOperand>(&value)) {
      if (source)
        within(f->queue, core.inputs, "input queue");
      else
        within(f->queue, core.outputs, "output queue");
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
    else
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

/// Judges what meets where, core by core.
class FabricCheck {
public:
  FabricCheck(const FabricProgram &program, std::vector<Error> &errors)
      : program(program), errors(errors),
        owner(program.width * program.height, -1),
        routes(program.width * program.height) {}

  void all() {
    for (size_t i = 0; i < program.cores.size(); ++i)
      each(program.cores[i].where,
           "core program '" + program.cores[i].name + "'",
           [&](int64_t x, int64_t y) {
             int32_t &at = owner[y * program.width + x];
             if (at >= 0)
               say(place(x, y), "two programs, '" + program.cores[at].name +
                                    "' and '" + program.cores[i].name + "'");
             at = static_cast<int32_t>(i);
           });
    for (const Route &route : program.routes)
      if (shape(route))
        each(route.where, "route of color " + std::to_string(route.color),
             [&](int64_t x, int64_t y) {
               if (routeAt(x, y, route.color))
                 say(place(x, y),
                     "two routes of color " + std::to_string(route.color));
               routes[y * program.width + x].push_back(&route);
             });
    colors();
    if (!errors.empty())
      return;
    for (int64_t y = 0; y < program.height; ++y)
      for (int64_t x = 0; x < program.width; ++x)
        core(x, y);
    edges();
  }

private:
  void say(const std::string &where, const std::string &what) {
    if (errors.size() < 20)
      errors.push_back({where, what});
  }

  template <typename Visit>
  void each(const Selection &where, const std::string &name, Visit visit) {
    const Rectangle &r = where.cores;
    if (r.x < 0 || r.y < 0 || r.width < 0 || r.height < 0 ||
        r.x + r.width > program.width || r.y + r.height > program.height)
      return say(name, "its rectangle is outside the " +
                           std::to_string(program.width) + " x " +
                           std::to_string(program.height) + " cores");
    for (const Constraint &constraint : where.constraints)
      if (!constraint.expression.valid() || !constraint.expression.covers(r))
        return say(name, "a malformed constraint");
    for (int64_t y = r.y; y < r.y + r.height; ++y)
      for (int64_t x = r.x; x < r.x + r.width; ++x)
        if (where.contains(x, y))
          visit(x, y);
  }

  bool shape(const Route &route) {
    std::string name = "route of color " + std::to_string(route.color);
    int64_t count = static_cast<int64_t>(route.positions.size());
    size_t before = errors.size();
    if (route.color < 0 || route.color >= program.machine.colors)
      say(name, "the machine has " + std::to_string(program.machine.colors) +
                    " colors");
    if (count < 1 || count > program.machine.switchPositions)
      say(name, std::to_string(count) + " switch positions; the machine has " +
                    std::to_string(program.machine.switchPositions));
    if (route.initial < 0 || route.initial >= std::max<int64_t>(count, 1))
      say(name, "starts in position " + std::to_string(route.initial) + " of " +
                    std::to_string(count));
    for (const RoutePosition &position : route.positions)
      if (position.tx == 0 || position.tx >= 32)
        say(name, "a position that goes nowhere");
    return errors.size() == before;
  }

  void colors() {
    std::set<int32_t> used;
    for (const Route &route : program.routes)
      used.insert(route.color);
    int64_t free = program.machine.colors - program.machine.reservedColors;
    if (static_cast<int64_t>(used.size()) > free)
      say(program.name, "uses " + std::to_string(used.size()) +
                            " colors; the machine has " + std::to_string(free) +
                            " beside those reserved");
  }

  const Route *routeAt(int64_t x, int64_t y, int32_t color) const {
    if (x < 0 || y < 0 || x >= program.width || y >= program.height)
      return nullptr;
    for (const Route *route : routes[y * program.width + x])
      if (route->color == color)
        return route;
    return nullptr;
  }

  static bool accepts(const Route &route, Direction from) {
    for (const RoutePosition &position : route.positions)
      if (position.rx == from)
        return true;
    return false;
  }

  static bool has(const std::vector<Queue> &queues, int32_t color) {
    return std::any_of(queues.begin(), queues.end(),
                       [&](const Queue &q) { return q.color == color; });
  }

  void core(int64_t x, int64_t y) {
    int32_t own = owner[y * program.width + x];
    for (const Route *route : routes[y * program.width + x])
      for (const RoutePosition &position : route->positions)
        for (int d = 0; d < 5; ++d)
          if (position.tx >> d & 1)
            port(x, y, own, *route, static_cast<Direction>(d));
    if (own < 0)
      return;
    for (const Queue &queue : program.cores[own].outputs) {
      const Route *route = routeAt(x, y, queue.color);
      if (!route || !accepts(*route, Direction::Ramp))
        say(place(x, y), "output queue " + std::to_string(queue.id) +
                             " of color " + std::to_string(queue.color) +
                             ": no route takes it from the ramp");
    }
  }

  void port(int64_t x, int64_t y, int32_t own, const Route &route,
            Direction to) {
    std::string color = "color " + std::to_string(route.color);
    if (to == Direction::Ramp) {
      if (own < 0 || !has(program.cores[own].inputs, route.color))
        say(place(x, y), "lost wavelets: " + color +
                             " goes to the core, which has no input queue "
                             "for it");
      return;
    }
    static const Direction from[] = {Direction::South, Direction::West,
                                     Direction::North, Direction::East};
    int64_t nx = x + (to == Direction::East) - (to == Direction::West);
    int64_t ny = y + (to == Direction::South) - (to == Direction::North);
    if (nx < 0 || ny < 0 || nx >= program.width || ny >= program.height) {
      for (const EdgeOutput &output : program.outputs)
        if (output.side == to && output.color == route.color &&
            output.lane ==
                (to == Direction::North || to == Direction::South ? x : y))
          return;
      return say(place(x, y), "lost wavelets: " + color + " leaves to " +
                                  directionName(to) +
                                  ", where no edge output takes it");
    }
    const Route *next = routeAt(nx, ny, route.color);
    if (!next)
      return say(place(nx, ny), "lost wavelets: " + color + " from " +
                                    place(x, y) + " finds no route");
    Direction arrival = from[static_cast<int>(to)];
    if (!accepts(*next, arrival))
      say(place(nx, ny), "two arrivals: " + color + " comes from " +
                             directionName(arrival) + ", but is taken from " +
                             directionName(next->positions[0].rx));
  }

  void edges() {
    std::set<std::pair<std::pair<int, int64_t>, int32_t>> used;
    auto judge = [&](const std::string &name, Direction side, int64_t lane,
                     int32_t color, bool in) {
      bool vertical = side == Direction::North || side == Direction::South;
      int64_t lanes = vertical ? program.width : program.height;
      if (side == Direction::Ramp || lane < 0 || lane >= lanes)
        return say("edge stream '" + name + "'",
                   "lane " + std::to_string(lane) + " of " +
                       std::to_string(lanes));
      if (!used.insert({{static_cast<int>(side) + (in ? 0 : 8), lane}, color})
               .second)
        say("edge stream '" + name + "'",
            "a second stream of color " + std::to_string(color) + " in lane " +
                std::to_string(lane));
      int64_t x = side == Direction::West   ? 0
                  : side == Direction::East ? program.width - 1
                                            : lane;
      int64_t y = side == Direction::North   ? 0
                  : side == Direction::South ? program.height - 1
                                             : lane;
      const Route *route = routeAt(x, y, color);
      if (in && (!route || !accepts(*route, side)))
        say("edge stream '" + name + "'",
            "lost wavelets: " + place(x, y) + " has no route of color " +
                std::to_string(color) + " from " + directionName(side));
    };
    for (const EdgeInput &input : program.inputs) {
      judge(input.name, input.side, input.lane, input.color, true);
      if (!input.wavelets || input.start < 0)
        say("edge stream '" + input.name + "'", "no wavelets, or a start "
                                                "before cycle 0");
    }
    for (const EdgeOutput &output : program.outputs)
      judge(output.name, output.side, output.lane, output.color, false);
  }

  const FabricProgram &program;
  std::vector<Error> &errors;
  std::vector<int32_t> owner;
  std::vector<std::vector<const Route *>> routes;
};

} // namespace

std::vector<Error> check(const FabricProgram &program) {
  std::vector<Error> errors = waferflow::check(program.machine);
  if (!errors.empty())
    return errors;
  const Machine &machine = program.machine;
  if (program.width < 1 || program.height < 1 ||
      program.width > machine.width || program.height > machine.height)
    return {{program.name, "expected 1 x 1 to " +
                               std::to_string(machine.width) + " x " +
                               std::to_string(machine.height) + " cores, got " +
                               std::to_string(program.width) + " x " +
                               std::to_string(program.height)}};
  if (machine.rampCycles < 1)
    return {{program.name, "expected 'fabric.ramp_cycles' of at least 1 cycle "
                           "at fidelity cycle, got 0"}};
  if (machine.linkWaveletsPerCycle > 1)
    return {{program.name,
             "expected 'fabric.link_wavelets_per_cycle' of at most 1 at "
             "fidelity cycle, got " +
                 numberText(machine.linkWaveletsPerCycle)}};
  for (const CoreProgram &core : program.cores)
    CoreCheck(program, core, errors).all();
  FabricCheck(program, errors).all();
  return errors;
}

} // namespace waferflow::cycle
