//===- Wheel.h - Who is stepped in which cycle ---------------- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_WHEEL_H
#define WAFERFLOW_SIMULATOR_CYCLE_WHEEL_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace waferflow::cycle {

/// Node numbers by cycle, each at most once a cycle. A near cycle is a set of
/// bits, with a bit for each of its words that is not 0: a cycle's nodes come
/// in ascending order, as they lie in memory. Far cycles wait in a heap.
class Wheel {
public:
  explicit Wheel(size_t nodes)
      : words((nodes + 63) / 64), groups((words + 63) / 64),
        bits(size * words, 0), filled(size * groups, 0) {}

  /// `cycle` is after the current one, or cycle 0 before the start.
  void wake(uint32_t node, int64_t cycle) {
    if (cycle - now >= size) {
      far.push({cycle, node});
      return;
    }
    size_t slot = static_cast<size_t>(cycle) % size;
    bits[slot * words + (node >> 6)] |= uint64_t(1) << (node & 63);
    filled[slot * groups + (node >> 12)] |= uint64_t(1) << (node >> 6 & 63);
    awake |= uint64_t(1) << slot;
  }

  /// The next cycle in which somebody is awake; INT64_MAX: nobody ever.
  int64_t next() const {
    if (!awake)
      return far.empty() ? INT64_MAX : far.top().first;
    unsigned turn = static_cast<unsigned>(now % size);
    uint64_t ahead = turn ? awake >> turn | awake << (size - turn) : awake;
    return now + __builtin_ctzll(ahead);
  }

  /// Makes `cycle` the current one, and visits its nodes; they may wake nodes
  /// for later cycles.
  template <typename Visit> void take(int64_t cycle, Visit visit) {
    now = cycle;
    while (!far.empty() && far.top().first - now < size) {
      auto [later, node] = far.top();
      far.pop();
      wake(node, later);
    }
    size_t slot = static_cast<size_t>(cycle) % size;
    awake &= ~(uint64_t(1) << slot);
    for (size_t g = 0; g < groups; ++g) {
      uint64_t left = filled[slot * groups + g];
      filled[slot * groups + g] = 0;
      for (; left; left &= left - 1) {
        size_t word = g * 64 + static_cast<size_t>(__builtin_ctzll(left));
        uint64_t nodes = bits[slot * words + word];
        bits[slot * words + word] = 0;
        for (; nodes; nodes &= nodes - 1)
          visit(static_cast<uint32_t>(
              word * 64 + static_cast<size_t>(__builtin_ctzll(nodes))));
      }
    }
  }

private:
  static constexpr int64_t size = 64;

  using Entry = std::pair<int64_t, uint32_t>;
  int64_t now = 0;
  uint64_t awake = 0; ///< a bit a cycle
  size_t words, groups;
  std::vector<uint64_t> bits, filled;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>> far;
};

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_WHEEL_H
