//===- RandomFabric.cpp - A fabric program from a fuzzer's bytes ----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "RandomFabric.h"

#include "RandomCode.h"

#include <map>

namespace waferflow::cycle::fuzz {

namespace {

Direction opposite(Direction direction) {
  return static_cast<Direction>((static_cast<int>(direction) + 2) % 4);
}

class Builder {
public:
  Builder(const Machine &machine, FuzzedDataProvider &bytes) : bytes(bytes) {
    program.name = "fuzzed";
    program.machine = machine;
    program.width = bytes.ConsumeIntegralInRange(1, 4);
    program.height = bytes.ConsumeIntegralInRange(1, 3);
  }

  FabricProgram build() {
    int colors = bytes.ConsumeIntegralInRange(0, 4);
    for (int color = 0; color < colors; ++color)
      walk(color);
    std::map<std::pair<int64_t, int64_t>, CoreProgram> cores;
    for (int64_t y = 0; y < program.height; ++y)
      for (int64_t x = 0; x < program.width; ++x) {
        auto in = inputs.find({x, y}), out = outputs.find({x, y});
        bool used = in != inputs.end() || out != outputs.end();
        if (!used && bytes.ConsumeBool())
          continue;
        CoreProgram core;
        core.name = "c" + std::to_string(x) + std::to_string(y);
        core.where.cores = {x, y, 1, 1};
        if (in != inputs.end())
          core.inputs = in->second;
        if (out != outputs.end())
          core.outputs = out->second;
        fillCore(core, bytes);
        program.cores.push_back(std::move(core));
      }
    spoil();
    return std::move(program);
  }

private:
  using Place = std::pair<int64_t, int64_t>;

  void bind(std::map<Place, std::vector<Queue>> &queues, Place at,
            int32_t color) {
    for (const Queue &queue : queues[at])
      if (queue.color == color)
        return;
    queues[at].push_back({static_cast<int32_t>(queues[at].size()), color});
  }

  bool inside(Place at) const {
    return at.first >= 0 && at.second >= 0 && at.first < program.width &&
           at.second < program.height;
  }

  /// A color goes from a core, or from the edge, step by step; every router on
  /// the way may also give it to its core.
  void walk(int32_t color) {
    Place at{bytes.ConsumeIntegralInRange<int64_t>(0, program.width - 1),
             bytes.ConsumeIntegralInRange<int64_t>(0, program.height - 1)};
    Direction rx = Direction::Ramp;
    if (bytes.ConsumeBool()) {
      rx = static_cast<Direction>(bytes.ConsumeIntegralInRange(0, 3));
      if (rx == Direction::North)
        at.second = 0;
      else if (rx == Direction::South)
        at.second = program.height - 1;
      else if (rx == Direction::West)
        at.first = 0;
      else
        at.first = program.width - 1;
      inject(color, rx, at);
    } else {
      bind(outputs, at, color);
    }
    std::map<Place, bool> visited;
    for (;;) {
      visited[at] = true;
      Route route;
      route.where.cores = {at.first, at.second, 1, 1};
      route.color = color;
      route.listens = bytes.ConsumeIntegral<uint8_t>() < 200;
      RoutePosition position{rx, 0};
      Direction next =
          static_cast<Direction>(bytes.ConsumeIntegralInRange(0, 3));
      Place beyond{
          at.first + (next == Direction::East) - (next == Direction::West),
          at.second + (next == Direction::South) - (next == Direction::North)};
      bool ends = bytes.ConsumeIntegral<uint8_t>() > 150 || next == rx ||
                  visited.count(beyond);
      if (!ends)
        position.tx |= bit(next);
      if ((ends || bytes.ConsumeBool()) && rx != Direction::Ramp) {
        position.tx |= bit(Direction::Ramp);
        bind(inputs, at, color);
      }
      if (!position.tx) { // a core that sends to itself
        position.tx = bit(Direction::Ramp);
        bind(inputs, at, color);
      }
      route.positions.push_back(position);
      if (bytes.ConsumeIntegral<uint8_t>() > 200) {
        route.positions.push_back(
            {rx, static_cast<Directions>(position.tx & -position.tx)});
        route.cyclic = bytes.ConsumeBool();
      }
      program.routes.push_back(std::move(route));
      if (ends)
        return;
      if (!inside(beyond)) {
        EdgeOutput output;
        output.name = "o" + std::to_string(color);
        output.side = next;
        output.lane = next == Direction::North || next == Direction::South
                          ? at.first
                          : at.second;
        output.color = color;
        output.expected = number(bytes, 0, 12);
        program.outputs.push_back(std::move(output));
        return;
      }
      at = beyond;
      rx = opposite(next);
    }
  }

  void inject(int32_t color, Direction side, Place at) {
    EdgeInput input;
    input.name = "i" + std::to_string(color);
    input.side = side;
    input.lane = side == Direction::North || side == Direction::South
                     ? at.first
                     : at.second;
    input.color = color;
    input.start = number(bytes, 0, 3);
    std::vector<Wavelet> wavelets;
    for (int i = bytes.ConsumeIntegralInRange(0, 12); i > 0; --i) {
      Wavelet wavelet{bytes.ConsumeIntegral<uint32_t>(), false};
      if (bytes.ConsumeIntegral<uint8_t>() > 200) {
        Control control;
        control.task = bytes.ConsumeIntegralInRange(-1, 26);
        control.change =
            static_cast<Control::Switch>(bytes.ConsumeIntegralInRange(0, 2));
        wavelet = {encode(control), true};
      }
      wavelets.push_back(wavelet);
    }
    input.wavelets =
        std::make_shared<const std::vector<Wavelet>>(std::move(wavelets));
    program.inputs.push_back(std::move(input));
  }

  /// One thing out of place, at times.
  void spoil() {
    uint8_t what = bytes.ConsumeIntegral<uint8_t>();
    if (what < 200)
      return;
    if (!program.routes.empty()) {
      Route &route = program.routes[what % program.routes.size()];
      switch (what % 8) {
      case 0:
        route.color = static_cast<int32_t>(bytes.ConsumeIntegral<int16_t>());
        break;
      case 1:
        route.where.cores.width = number(bytes, 0, 9);
        break;
      case 2:
        route.positions[0].tx = bytes.ConsumeIntegral<uint8_t>();
        break;
      case 3:
        route.positions[0].rx =
            static_cast<Direction>(bytes.ConsumeIntegralInRange(0, 4));
        break;
      case 4:
        route.initial = static_cast<int32_t>(number(bytes, 0, 2));
        break;
      case 5:
        route.where.cores.x = number(bytes, 0, 4);
        break;
      case 6:
        program.routes.push_back(Route(route));
        break;
      default:
        program.width = number(bytes, 1, 12);
      }
    }
    if (what % 3 == 0 && !program.cores.empty())
      program.cores[0].codeBytes = number(bytes, 0, 49152);
  }

  FuzzedDataProvider &bytes;
  FabricProgram program;
  std::map<Place, std::vector<Queue>> inputs, outputs;
};

} // namespace

FabricProgram randomFabric(const Machine &machine, FuzzedDataProvider &bytes) {
  return Builder(machine, bytes).build();
}

} // namespace waferflow::cycle::fuzz
