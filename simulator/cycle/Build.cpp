//===- Build.cpp - From the program's words to arrays ---------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/Engine.h"

#include <cmath>

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
    result.destination = operand(value.destination);
    result.fabricOut = result.destination.kind == OperandPlan::Kind::Fabric;
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
    plan.threads = std::max(plan.threads, value.thread + 1);
    plan.vectors.push_back(result);
    return static_cast<int32_t>(plan.vectors.size()) - 1;
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

int64_t queueDepth(const Machine &machine, const char *key, int32_t id) {
  return static_cast<int64_t>(machine.facts.at(key).at(id));
}

Direction opposite(Direction direction) {
  switch (direction) {
  case Direction::North:
    return Direction::South;
  case Direction::South:
    return Direction::North;
  case Direction::East:
    return Direction::West;
  case Direction::West:
    return Direction::East;
  case Direction::Ramp:
    break;
  }
  return Direction::Ramp;
}

} // namespace

Engine::Engine(const FabricProgram &program, SramImage &&image,
               const CycleOptions &options)
    : program(program), options(options), cores(program.width * program.height),
      sram(std::move(image.bytes)), imageStride(image.stride),
      wheels{Wheel(static_cast<int64_t>(program.inputs.size()) + 2),
             Wheel(program.width * program.height),
             Wheel(program.width * program.height)} {
  const Machine &machine = program.machine;
  rampCycles = machine.rampCycles;
  hopCycles = machine.hopCycles;
  switchCycles = machine.switchAdvanceCycles;
  threadSwitchCycles = static_cast<int64_t>(
      machine.facts.at("core.microthread_switch_cycles").front());
  edgeRate = machine.edgeBytesPerCycle() / 4;
  linkPeriod256 = static_cast<uint64_t>(
      std::llround(256 / std::min(1.0, machine.linkWaveletsPerCycle)));
  counters.colors.resize(machine.colors);
  if (linkPeriod256 > 256)
    linkFree256.assign(cores.size() * 5, 0);
  for (size_t i = 0; i < cores.size(); ++i) {
    cores[i].x = static_cast<uint16_t>(i % program.width);
    cores[i].y = static_cast<uint16_t>(i / program.width);
  }
  buildPrograms();
  buildRoutes();
  buildEdge();
  connect();
}

SramImage Engine::takeImage() {
  SramImage image;
  if (!imageStride)
    return image;
  image.columns = program.width;
  image.rows = program.height;
  image.stride = imageStride;
  image.bytes = std::move(sram);
  sram.clear();
  return image;
}

uint32_t Engine::addChannel(NodeKind readerKind, uint32_t reader,
                            NodeKind writerKind, uint32_t writer, int32_t color,
                            int64_t capacity, int64_t arrive, int64_t release) {
  Channel channel;
  channel.firstSlot = static_cast<uint32_t>(slots.size());
  channel.reader = reader;
  channel.writer = writer;
  channel.readerKind = readerKind;
  channel.writerKind = writerKind;
  channel.color = static_cast<uint8_t>(color);
  channel.capacity = static_cast<uint16_t>(capacity);
  channel.arriveCycles = static_cast<uint16_t>(arrive);
  channel.freeCycles = static_cast<uint16_t>(release);
  slots.resize(slots.size() + capacity);
  channels.push_back(channel);
  return static_cast<uint32_t>(channels.size()) - 1;
}

ProgramPlan Engine::planOf(const CoreProgram &core) {
  const Machine &machine = program.machine;
  ProgramPlan plan;
  plan.core = &core;
  SramLayout layout = layOut(core, machine);
  plan.addresses = layout.addresses;
  plan.sramBytes = (layout.dataEnd + 7) / 8 * 8;
  Planner planner(plan, machine);
  for (const Task &task : core.tasks) {
    std::vector<InstructionPlan> code;
    for (const Instruction &instruction : task.code)
      code.push_back(planner.instruction(instruction));
    plan.code.push_back(std::move(code));
    plan.startCycles.push_back(task.kind == Task::Kind::Local ? 0
                               : !task.configured ? machine.taskCycles
                               : task.kind == Task::Kind::Control
                                   ? machine.rowEndCycles
                                   : 0);
  }
  return plan;
}

void Engine::buildPrograms() {
  for (const CoreProgram &core : program.cores) {
    plans.push_back(planOf(core));
    placeCores(plans.size() - 1);
  }
}

void Engine::placeCores(size_t index) {
  const ProgramPlan &plan = plans[index];
  const CoreProgram &text = *plan.core;
  const Machine &machine = program.machine;
  const Rectangle &area = text.where.cores;
  for (int64_t y = area.y; y < area.y + area.height; ++y)
    for (int64_t x = area.x; x < area.x + area.width; ++x) {
      if (!text.where.contains(x, y))
        continue;
      uint32_t node = coreAt(x, y);
      Core &core = cores[node];
      core.program = static_cast<int32_t>(index);
      core.sram = static_cast<uint32_t>(
          (imageStride ? node * imageStride
                       : static_cast<int64_t>(sram.size())) /
          8);
      if (!imageStride)
        sram.resize(sram.size() + plan.sramBytes);
      core.registers = static_cast<uint32_t>(registers.size());
      for (const Register &reg : text.registers) {
        RegisterValue value;
        value.integer = 0;
        if (reg.type == DataType::I16 || reg.type == DataType::I32)
          value.integer = reg.initial.at(x, y);
        else
          value.real = 0;
        registers.push_back(value);
      }
      core.threads = static_cast<uint32_t>(threads.size());
      threads.resize(threads.size() + plan.threads + 1);
      core.integers = static_cast<uint32_t>(integers.size());
      for (const CoreInteger *integer : plan.integers)
        integers.push_back(static_cast<int32_t>(integer->at(x, y)));
      core.tasks = static_cast<uint32_t>(taskReadyAt.size());
      taskReadyAt.resize(taskReadyAt.size() + text.tasks.size(), 0);
      for (size_t t = 0; t < text.tasks.size(); ++t) {
        core.activated |= uint64_t(text.tasks[t].activated) << t;
        core.blocked |= uint64_t(text.tasks[t].blocked) << t;
      }
      // The ramp's stages hold wavelets too: without them a shallow queue
      // could not take a wavelet a cycle.
      core.firstInput = static_cast<uint32_t>(channels.size());
      for (const Queue &queue : text.inputs)
        addChannel(NodeKind::Core, node, NodeKind::Router, node, queue.color,
                   queueDepth(machine, "core.input_queues_wavelets", queue.id) +
                       rampCycles,
                   rampCycles, 1);
      core.firstOutput = static_cast<uint32_t>(channels.size());
      for (const Queue &queue : text.outputs)
        addChannel(NodeKind::Core, node, NodeKind::Core, node, queue.color,
                   queueDepth(machine, "core.output_queues_wavelets", queue.id),
                   1, 1);
      wake(NodeKind::Core, node, 0);
    }
}

void Engine::buildRoutes() {
  // Which route a router has for a color: by router, since its channels lie
  // side by side.
  std::vector<std::vector<const Route *>> of(cores.size());
  for (const Route &route : program.routes) {
    const Rectangle &area = route.where.cores;
    for (int64_t y = area.y; y < area.y + area.height; ++y)
      for (int64_t x = area.x; x < area.x + area.width; ++x)
        if (route.where.contains(x, y))
          of[coreAt(x, y)].push_back(&route);
  }
  routers.resize(cores.size());
  for (uint32_t node = 0; node < cores.size(); ++node) {
    routers[node].firstChannel = static_cast<uint32_t>(channels.size());
    for (const Route *route : of[node]) {
      RouteState state;
      state.route = route;
      state.position = static_cast<uint8_t>(route->initial);
      Directions inputs = 0;
      for (const RoutePosition &position : route->positions)
        inputs |= bit(position.rx);
      for (int d = 0; d < 5; ++d) {
        Direction input = static_cast<Direction>(d);
        if (!(inputs & bit(input)))
          continue;
        bool ramp = input == Direction::Ramp;
        uint32_t channel = addChannel(
            NodeKind::Router, node, ramp ? NodeKind::Core : NodeKind::Router,
            node, route->color,
            program.machine.bufferWavelets + (ramp ? rampCycles : 0),
            ramp ? rampCycles : hopCycles, ramp ? 1 : hopCycles);
        channels[channel].input = input;
        channels[channel].route = static_cast<int32_t>(routes.size());
        ++routers[node].channels;
      }
      routes.push_back(state);
    }
  }
}

void Engine::buildEdge() {
  const Machine &machine = program.machine;
  int64_t latency = static_cast<int64_t>(
      std::llround(machine.edgeLatencySeconds * machine.clockGhz * 1e9));
  for (size_t i = 0; i < program.inputs.size(); ++i) {
    Lane lane;
    lane.start = program.inputs[i].start + latency;
    lanes.push_back(lane);
    wake(NodeKind::Edge, storeNode, lane.start);
  }
  outputs.resize(program.outputs.size());
  for (const EdgeOutput &output : program.outputs) {
    Sink sink;
    sink.channel = addChannel(
        NodeKind::Edge, sinkNode(), NodeKind::Router, 0, output.color,
        std::min<int64_t>(machine.edgeColumnFifo, 65535), hopCycles, 1);
    sinks.push_back(sink);
  }
}

/// Finds what lies behind each port, and who writes each buffer.
void Engine::connect() {
  auto bufferOf = [&](int64_t x, int64_t y, int32_t color, Direction input) {
    if (x < 0 || y < 0 || x >= program.width || y >= program.height)
      return -1;
    const Router &router = routers[coreAt(x, y)];
    for (uint32_t i = 0; i < router.channels; ++i) {
      const Channel &channel = channels[router.firstChannel + i];
      if (channel.color == color && channel.input == input)
        return static_cast<int32_t>(router.firstChannel + i);
    }
    return -1;
  };
  auto edgeCore = [&](Direction side, int64_t lane, int64_t &x, int64_t &y) {
    x = side == Direction::West   ? 0
        : side == Direction::East ? program.width - 1
                                  : lane;
    y = side == Direction::North   ? 0
        : side == Direction::South ? program.height - 1
                                   : lane;
  };
  for (uint32_t node = 0; node < cores.size(); ++node) {
    const Core &core = cores[node];
    const Router &router = routers[node];
    for (uint32_t i = 0; i < router.channels; ++i) {
      const Channel &channel = channels[router.firstChannel + i];
      RouteState &state = routes[channel.route];
      for (const RoutePosition &position : state.route->positions)
        for (int d = 0; d < 5; ++d) {
          Direction port = static_cast<Direction>(d);
          if (!(position.tx & bit(port)))
            continue;
          if (port == Direction::Ramp) {
            const auto &queues = plans[core.program].core->inputs;
            for (size_t q = 0; q < queues.size(); ++q)
              if (queues[q].color == channel.color)
                state.targets[d] = static_cast<int32_t>(core.firstInput + q);
            continue;
          }
          int64_t dx = port == Direction::East   ? 1
                       : port == Direction::West ? -1
                                                 : 0;
          int64_t dy = port == Direction::South   ? 1
                       : port == Direction::North ? -1
                                                  : 0;
          int32_t next =
              bufferOf(core.x + dx, core.y + dy, channel.color, opposite(port));
          if (next >= 0)
            channels[next].writer = node;
          for (size_t s = 0; next < 0 && s < sinks.size(); ++s) {
            const EdgeOutput &output = program.outputs[s];
            int64_t x, y;
            edgeCore(output.side, output.lane, x, y);
            if (output.side == port && output.color == channel.color &&
                x == core.x && y == core.y) {
              next = static_cast<int32_t>(sinks[s].channel);
              channels[next].writer = node;
            }
          }
          state.targets[d] = next;
        }
    }
    if (core.program < 0)
      continue;
    const auto &queues = plans[core.program].core->outputs;
    for (size_t q = 0; q < queues.size(); ++q)
      channels[core.firstOutput + q].route =
          bufferOf(core.x, core.y, queues[q].color, Direction::Ramp);
  }
  for (size_t i = 0; i < lanes.size(); ++i) {
    const EdgeInput &input = program.inputs[i];
    int64_t x, y;
    edgeCore(input.side, input.lane, x, y);
    int32_t channel = bufferOf(x, y, input.color, input.side);
    lanes[i].channel = static_cast<uint32_t>(channel);
    channels[channel].writerKind = NodeKind::Edge;
    channels[channel].writer = static_cast<uint32_t>(i) + 1;
  }
}

} // namespace waferflow::cycle
