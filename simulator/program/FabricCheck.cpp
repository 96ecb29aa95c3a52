//===- FabricCheck.cpp - What is wrong with a fabric program --------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/program/FabricCheck.h"

#include "simulator/machine/Parameters.h"

#include <algorithm>
#include <set>

namespace waferflow::cycle {

namespace {

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
               say(coreText(x, y), "two programs, '" + program.cores[at].name +
                                       "' and '" + program.cores[i].name + "'");
             at = static_cast<int32_t>(i);
           });
    for (const Route &route : program.routes)
      if (shape(route))
        each(route.where, "route of color " + std::to_string(route.color),
             [&](int64_t x, int64_t y) {
               if (routeAt(x, y, route.color))
                 say(coreText(x, y),
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
    if (!onFabric(r, program))
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
        say(coreText(x, y), "output queue " + std::to_string(queue.id) +
                                " of color " + std::to_string(queue.color) +
                                ": no route takes it from the ramp");
    }
  }

  void port(int64_t x, int64_t y, int32_t own, const Route &route,
            Direction to) {
    std::string color = "color " + std::to_string(route.color);
    if (to == Direction::Ramp) {
      if (own < 0 || !has(program.cores[own].inputs, route.color))
        say(coreText(x, y), "lost wavelets: " + color +
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
      return say(coreText(x, y), "lost wavelets: " + color + " leaves to " +
                                     directionName(to) +
                                     ", where no edge output takes it");
    }
    const Route *next = routeAt(nx, ny, route.color);
    if (!next)
      return say(coreText(nx, ny), "lost wavelets: " + color + " from " +
                                       coreText(x, y) + " finds no route");
    Direction arrival = from[static_cast<int>(to)];
    if (!accepts(*next, arrival))
      say(coreText(nx, ny),
          "two arrivals: " + color + " comes from " + directionName(arrival) +
              ", but is taken from " + directionName(next->positions[0].rx));
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
            "lost wavelets: " + coreText(x, y) + " has no route of color " +
                std::to_string(color) + " from " + directionName(side));
    };
    for (const EdgeInput &input : program.inputs) {
      judge(input.name, input.side, input.lane, input.color, true);
      if (!input.wavelets)
        say("edge stream '" + input.name + "'", "has no wavelets");
      if (input.start < 0 || input.start > INT32_MAX)
        say("edge stream '" + input.name + "'",
            "starts at cycle " + std::to_string(input.start) + "; 0 to " +
                std::to_string(INT32_MAX) + " are possible");
    }
    for (const EdgeOutput &output : program.outputs)
      judge(output.name, output.side, output.lane, output.color, false);
    for (size_t i = 0; i < program.inputs.size(); ++i) {
      const EdgeInput &input = program.inputs[i];
      int64_t of = input.copyOf;
      if (of >= static_cast<int64_t>(i) || of < -1 ||
          (of >= 0 && (program.inputs[of].copyOf >= 0 ||
                       program.inputs[of].wavelets != input.wavelets)))
        say("edge stream '" + input.name + "'",
            "copies input " + std::to_string(of) +
                ", which is no input before it with the same wavelets");
    }
  }

  const FabricProgram &program;
  std::vector<Error> &errors;
  std::vector<int32_t> owner;
  std::vector<std::vector<const Route *>> routes;
};

/// What the machine may be, but not at fidelity cycle.
std::vector<Error> beyond(const Machine &machine) {
  std::vector<Error> errors;
  auto judge = [&](const char *key, double value, double least, double most) {
    if (value < least || value > most)
      errors.push_back({"machine '" + machine.name + "'",
                        std::string("expected '") + key + "' between " +
                            numberText(least) + " and " + numberText(most) +
                            " at fidelity cycle, got " + numberText(value)});
  };
  judge("fabric.ramp_cycles", static_cast<double>(machine.rampCycles), 1, 1000);
  judge("fabric.link_wavelets_per_cycle", machine.linkWaveletsPerCycle, 0.001,
        1);
  judge("fabric.colors", static_cast<double>(machine.colors), 1, 256);
  judge("fabric.buffer_wavelets", static_cast<double>(machine.bufferWavelets),
        1, 60000);
  judge("core.microthreads", machine.facts.at("core.microthreads").front(), 1,
        64);
  for (const char *key :
       {"core.input_queues_wavelets", "core.output_queues_wavelets"})
    for (double depth : machine.facts.at(key))
      judge(key, depth, 1, 60000);
  return errors;
}

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
  constexpr int64_t mostCores = int64_t(1) << 22;
  if (program.width * program.height > mostCores)
    return {{program.name, "expected at most " + std::to_string(mostCores) +
                               " cores at fidelity cycle, got " +
                               std::to_string(program.width) + " x " +
                               std::to_string(program.height)}};
  errors = beyond(machine);
  if (!errors.empty())
    return errors;
  for (const CoreProgram &core : program.cores)
    checkCore(program, core, errors);
  FabricCheck(program, errors).all();
  return errors;
}

} // namespace waferflow::cycle
