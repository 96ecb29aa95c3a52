//===- Tree.cpp - Tree reduce --------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/collectives/Parts.h"

#include <map>

namespace waferflow::cycle {

using namespace parts;

namespace {

/// Cores are counted from the root, in the east. At level l core u with
/// u mod 2^(l + 1) = 2^l sends its sum to core u - 2^l, over the routers of
/// those between, which have sent theirs before.
class Tree {
public:
  Tree(const Machine &machine, const CollectiveShape &shape)
      : shape(shape), n(shape.cores), program(line("tree", machine, n)),
        queues(static_cast<int32_t>(
            machine.facts.at("core.input_queues_wavelets").size())) {
    while ((int64_t(1) << levels) < n)
      ++levels;
  }

  FabricProgram build() && {
    for (int64_t u = 0; u < n; ++u)
      place(u);
    return std::move(program);
  }

private:
  enum class Role { None, Send, Take, Pass };

  Role role(int64_t u, int32_t level) const {
    int64_t far = int64_t(1) << level, within = u % (2 * far);
    if (within == far)
      return Role::Send;
    bool sender = u - within + far < n;
    if (within > far || !sender)
      return Role::None;
    return within == 0 ? Role::Take : Role::Pass;
  }

  /// A core has one queue a color: level l + queues has level l's color, and
  /// the control wavelet behind level l's sum turns the switches on its way.
  int32_t colorOf(int32_t level) const { return level % queues; }
  bool again(int32_t level) const { return level + queues < levels; }

  void place(int64_t u) {
    Selection here = columns(n - 1 - u, n - u);
    CoreProgram text = core("", here, shape, -1, -1, {});
    text.name = "u" + std::to_string(u);
    for (int32_t color = 0; color < std::min(queues, levels); ++color) {
      Route route{here, color, {}, 0};
      Role before = Role::None;
      for (int32_t level = color; level < levels; level += queues) {
        Role now = role(u, level);
        if (now == Role::None || now == before)
          continue;
        before = now;
        route.positions.push_back(
            {now == Role::Send ? Direction::Ramp : Direction::West,
             bit(now == Role::Take ? Direction::Ramp : Direction::East)});
      }
      if (!route.positions.empty())
        program.routes.push_back(std::move(route));
    }

    std::vector<int32_t> comes; // queues, by level
    std::map<int32_t, int32_t> queueOf;
    int32_t sends = -1;
    for (int32_t level = 0; level < levels; ++level) {
      if (role(u, level) == Role::Send)
        sends = level;
      if (role(u, level) != Role::Take || sends >= 0)
        continue;
      auto [at, fresh] = queueOf.try_emplace(
          colorOf(level), static_cast<int32_t>(text.inputs.size()));
      if (fresh)
        text.inputs.push_back({at->second, colorOf(level)});
      comes.push_back(at->second);
    }
    Operand own = data(), result = data();
    if (sends >= 0) {
      result = queue(shape);
      text.outputs.push_back({2, colorOf(sends)});
    }
    auto &code = text.tasks[0].code;
    for (size_t i = 0; i < comes.size(); ++i)
      code.push_back(vector(VectorOp::Add, i + 1 < comes.size() ? own : result,
                            {queue(shape, comes[i]), own}, shape.elements));
    if (comes.empty())
      code.push_back(vector(VectorOp::Mov, result, {own}, shape.elements));
    if (sends >= 0 && again(sends)) {
      SendControl turn;
      turn.queue = 0;
      turn.control.change = Control::Switch::Advance;
      code.push_back(turn);
    }
    program.cores.push_back(std::move(text));
  }

  CollectiveShape shape;
  int64_t n;
  FabricProgram program;
  int32_t queues, levels = 0;
};

} // namespace

FabricProgram treeReduce(const Machine &machine, const CollectiveShape &shape) {
  return Tree(machine, shape).build();
}

} // namespace waferflow::cycle
