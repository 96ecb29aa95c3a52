//===- Build.cpp - From the program's words to arrays ---------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/Engine.h"
#include "simulator/program/FabricCheck.h"

namespace waferflow::cycle {

namespace {

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

template <typename Visit>
void eachCore(const Selection &where, const Visit &visit) {
  const Rectangle &area = where.cores;
  for (int64_t y = area.y; y < area.y + area.height; ++y)
    for (int64_t x = area.x; x < area.x + area.width; ++x)
      if (where.contains(x, y))
        visit(x, y);
}

} // namespace

Engine::Engine(const FabricProgram &program, SramImage &&image,
               const CycleOptions &options)
    : program(program), options(options), cores(program.width * program.height),
      sram(std::move(image.bytes)), imageStride(image.stride),
      edgeNode(static_cast<Node>(2 * cores.size())),
      wheel(2 * cores.size() + program.inputs.size() + 2) {
  const Machine &machine = program.machine;
  rampCycles = machine.rampCycles;
  hopCycles = machine.hopCycles;
  switchCycles = machine.switchAdvanceCycles;
  threadSwitchCycles = static_cast<int64_t>(
      machine.facts.at("core.microthread_switch_cycles").front());
  linkPeriod256 = linkPeriod256Of(machine);
  random.seed(options.shuffleSeed);
  auto conflicts = machine.facts.find("core.bank_conflicts");
  if (conflicts != machine.facts.end() && conflicts->second.front() != 0) {
    auto fact = [&](const char *key) {
      return static_cast<int64_t>(machine.facts.at(key).front());
    };
    banks = fact("core.sram_banks");
    bankBytes = std::max<int64_t>(1, fact("core.sram_read_bits") / 8);
  }
  counters.colors.resize(machine.colors);
  if (linkPeriod256 > 256)
    linkFree256.assign(cores.size() * 5, 0);
  occupied.assign(2 * cores.size() + program.inputs.size() + 2, 0);
  routers.resize(cores.size());
  buildNodes();
  buildSinks();
  connect();
  // What the vectors keep in reserve would be a third of all.
  slots.shrink_to_fit();
  channels.shrink_to_fit();
  routes.shrink_to_fit();
  threads.shrink_to_fit();
  registers.shrink_to_fit();
  taskReadyAt.shrink_to_fit();
  integers.shrink_to_fit();
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

uint32_t Engine::addChannel(Node reader, uint32_t mark, Node writer,
                            int32_t color, int64_t capacity, int64_t arrive,
                            int64_t release) {
  Channel channel;
  channel.firstSlot = static_cast<uint32_t>(slots.size());
  channel.reader = reader;
  channel.writer = writer;
  channel.color = static_cast<uint32_t>(color) & 255;
  channel.mark = std::min(mark, lastMark);
  channel.capacity = static_cast<uint16_t>(capacity);
  channel.arriveCycles = static_cast<uint32_t>(arrive) & 32767;
  channel.freeCycles = static_cast<uint16_t>(release);
  slots.resize(slots.size() + capacity);
  channels.push_back(channel);
  return static_cast<uint32_t>(channels.size()) - 1;
}

/// A core and its router, then the next: what is stepped together lies
/// together.
void Engine::buildNodes() {
  std::vector<int32_t> runs(cores.size(), -1);
  for (const CoreProgram &core : program.cores) {
    eachCore(core.where, [&](int64_t x, int64_t y) {
      runs[coreAt(x, y)] = static_cast<int32_t>(plans.size());
    });
    plans.push_back(planOf(core, program.machine));
  }
  std::vector<std::vector<uint32_t>> routesOf(cores.size());
  for (size_t r = 0; r < program.routes.size(); ++r)
    eachCore(program.routes[r].where, [&](int64_t x, int64_t y) {
      routesOf[coreAt(x, y)].push_back(static_cast<uint32_t>(r));
    });
  for (uint32_t i = 0; i < cores.size(); ++i) {
    cores[i].x = static_cast<uint16_t>(i % program.width);
    cores[i].y = static_cast<uint16_t>(i / program.width);
    buildRouter(i, routesOf[i]);
    if (runs[i] >= 0)
      buildCore(i, plans[runs[i]]);
  }
}

void Engine::buildCore(uint32_t index, const ProgramPlan &plan) {
  const CoreProgram &text = *plan.core;
  const Machine &machine = program.machine;
  Core &core = cores[index];
  Node node = coreNode(index);
  int64_t x = core.x, y = core.y;
  core.plan = &plan;
  core.sram = static_cast<uint32_t>(
      (imageStride ? index * imageStride : static_cast<int64_t>(sram.size())) /
      8);
  if (!imageStride)
    sram.resize(sram.size() + plan.sramBytes);
  core.registers = static_cast<uint32_t>(registers.size());
  auto integer = [&](const CoreInteger &number) {
    int64_t value = number.at(x, y);
    if (!fits32(value))
      fail(index, "an integer of '" + text.name + "' is " +
                      std::to_string(value) + "; integers have 32 bits");
    return static_cast<int32_t>(value);
  };
  for (const Register &reg : text.registers) {
    RegisterValue value;
    value.integer = 0;
    if (reg.type == DataType::I16 || reg.type == DataType::I32)
      value.integer = integer(reg.initial);
    else
      value.real = 0;
    registers.push_back(value);
  }
  core.threads = static_cast<uint32_t>(threads.size());
  threads.resize(threads.size() + plan.threads + 1);
  core.integers = static_cast<uint32_t>(integers.size());
  for (const CoreInteger *number : plan.integers)
    integers.push_back(integer(*number));
  core.tasks = static_cast<uint32_t>(taskReadyAt.size());
  taskReadyAt.resize(taskReadyAt.size() + text.tasks.size(), 0);
  for (size_t t = 0; t < text.tasks.size(); ++t) {
    core.activated |= uint64_t(text.tasks[t].activated) << t;
    core.blocked |= uint64_t(text.tasks[t].blocked) << t;
  }
  // Output queues first: their marks are asked for every cycle. The ramp's
  // stages hold wavelets too: without them a shallow queue could not take a
  // wavelet a cycle.
  uint32_t mark = 0;
  core.firstOutput = static_cast<uint32_t>(channels.size());
  for (const Queue &queue : text.outputs)
    addChannel(node, mark++, node, queue.color,
               queueDepth(machine, "core.output_queues_wavelets", queue.id), 1,
               1);
  core.firstInput = static_cast<uint32_t>(channels.size());
  for (const Queue &queue : text.inputs)
    addChannel(node, mark++, routerNode(index), queue.color,
               queueDepth(machine, "core.input_queues_wavelets", queue.id) +
                   rampCycles,
               rampCycles, 1);
  wake(node, 0);
}

void Engine::buildRouter(uint32_t index, const std::vector<uint32_t> &numbers) {
  Router &router = routers[index];
  router.firstChannel = static_cast<uint32_t>(channels.size());
  for (uint32_t number : numbers) {
    const Route &route = program.routes[number];
    RouteState state;
    state.route = number;
    state.listens = route.listens;
    turn(state, route.initial);
    Directions inputs = 0;
    for (const RoutePosition &position : route.positions)
      inputs |= bit(position.rx);
    for (int d = 0; d < 5; ++d) {
      Direction input = static_cast<Direction>(d);
      if (!(inputs & bit(input)))
        continue;
      bool ramp = input == Direction::Ramp;
      uint32_t channel =
          addChannel(routerNode(index), router.channels,
                     ramp ? coreNode(index) : routerNode(index), route.color,
                     program.machine.bufferWavelets + (ramp ? rampCycles : 0),
                     ramp ? rampCycles : hopCycles, ramp ? 1 : hopCycles);
      channels[channel].input = static_cast<uint32_t>(d) & 7;
      channels[channel].route = static_cast<int32_t>(routes.size());
      ++router.channels;
    }
    routes.push_back(state);
  }
}

void Engine::buildSinks() {
  int64_t depth = std::min<int64_t>(program.machine.edgeColumnFifo, 65535);
  for (size_t i = 0; i < program.outputs.size(); ++i)
    sinkChannels.push_back(addChannel(sinkNode(), static_cast<uint32_t>(i), 0,
                                      program.outputs[i].color, depth,
                                      hopCycles, 1));
}

/// Finds what lies behind each port, and who writes each buffer.
void Engine::connect() {
  auto bufferOf = [&](int64_t x, int64_t y, int32_t color, Direction input) {
    if (x < 0 || y < 0 || x >= program.width || y >= program.height)
      return -1;
    const Router &router = routers[coreAt(x, y)];
    for (uint32_t i = 0; i < router.channels; ++i) {
      const Channel &channel = channels[router.firstChannel + i];
      if (static_cast<int32_t>(channel.color) == color &&
          channel.input == static_cast<uint32_t>(input))
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
      for (const RoutePosition &position :
           program.routes[state.route].positions)
        for (int d = 0; d < 5; ++d) {
          Direction port = static_cast<Direction>(d);
          if (!(position.tx & bit(port)))
            continue;
          if (port == Direction::Ramp) {
            const auto &queues = core.plan->core->inputs;
            for (size_t q = 0; q < queues.size(); ++q)
              if (queues[q].color == static_cast<int32_t>(channel.color))
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
            channels[next].writer = routerNode(node);
          for (size_t s = 0; next < 0 && s < sinkChannels.size(); ++s) {
            const EdgeOutput &output = program.outputs[s];
            int64_t x, y;
            edgeCore(output.side, output.lane, x, y);
            if (output.side == port &&
                output.color == static_cast<int32_t>(channel.color) &&
                x == core.x && y == core.y) {
              next = static_cast<int32_t>(sinkChannels[s]);
              channels[next].writer = routerNode(node);
            }
          }
          state.targets[d] = next;
        }
    }
    if (!core.plan)
      continue;
    const auto &queues = core.plan->core->outputs;
    for (size_t q = 0; q < queues.size(); ++q)
      channels[core.firstOutput + q].route =
          bufferOf(core.x, core.y, queues[q].color, Direction::Ramp);
  }
  for (size_t i = 0; i < program.inputs.size(); ++i) {
    const EdgeInput &input = program.inputs[i];
    int64_t x, y;
    edgeCore(input.side, input.lane, x, y);
    int32_t channel = bufferOf(x, y, input.color, input.side);
    laneChannels.push_back(static_cast<uint32_t>(channel));
    channels[channel].writer = edgeNode + 1 + static_cast<Node>(i);
  }
}

} // namespace waferflow::cycle
