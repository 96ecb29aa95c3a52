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

/// Node numbers by cycle, each at most once a cycle. Near cycles are buckets of
/// a wheel, far ones wait in a heap.
class Wheel {
public:
  explicit Wheel(int64_t nodes) : queued(nodes, 0), buckets(size) {}

  /// `cycle` is after the current one, or cycle 0 before the start.
  void wake(uint32_t node, int64_t cycle) {
    if (cycle - now >= size) {
      far.push({cycle, node});
      return;
    }
    uint64_t mark = uint64_t(1) << (cycle & (size - 1));
    if (queued[node] & mark)
      return;
    queued[node] |= mark;
    buckets[cycle & (size - 1)].push_back(node);
    ++near;
  }

  /// The next cycle in which somebody is awake; INT64_MAX: nobody ever.
  int64_t next() const {
    if (near)
      for (int64_t cycle = now;; ++cycle)
        if (!buckets[cycle & (size - 1)].empty())
          return cycle;
    return far.empty() ? INT64_MAX : far.top().first;
  }

  /// Makes `cycle` the current one and gives its nodes.
  void take(int64_t cycle, std::vector<uint32_t> &nodes) {
    now = cycle;
    while (!far.empty() && far.top().first - now < size) {
      auto [later, node] = far.top();
      far.pop();
      wake(node, later);
    }
    nodes.clear();
    nodes.swap(buckets[cycle & (size - 1)]);
    near -= nodes.size();
    uint64_t mark = uint64_t(1) << (cycle & (size - 1));
    for (uint32_t node : nodes)
      queued[node] &= ~mark;
  }

private:
  static constexpr int64_t size = 64;

  using Entry = std::pair<int64_t, uint32_t>;
  int64_t now = 0;
  std::size_t near = 0;
  std::vector<uint64_t> queued;
  std::vector<std::vector<uint32_t>> buckets;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>> far;
};

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_WHEEL_H
