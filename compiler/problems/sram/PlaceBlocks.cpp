//===- PlaceBlocks.cpp - Orders in which buffers take the lowest place ----===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/problems/sram/SramProblem.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <tuple>

namespace waferflow {

namespace {

/// Rounds of placing what sticks out earlier.
constexpr int kRounds = 64;

/// Placed blocks by time, in buckets, so that a block looks at few others.
class Placed {
public:
  explicit Placed(const SramProblem &problem) : problem(problem) {
    int64_t last = 0;
    for (const SramBlock &block : problem.blocks)
      last = std::max(last, block.end);
    width = std::max<int64_t>(1, last / 256 + 1);
    buckets.resize(last / width + 1);
  }

  /// The lowest address that is free for all of the block's time.
  int64_t lowest(size_t i, const std::vector<int64_t> &address) {
    const SramBlock &block = problem.blocks[i];
    taken.clear();
    for (int64_t b = block.begin / width; b <= (block.end - 1) / width; ++b)
      for (size_t j : buckets[b])
        if (problem.blocks[j].meets(block))
          taken.push_back({address[j], address[j] + rounded(j)});
    std::sort(taken.begin(), taken.end());
    int64_t at = 0;
    for (const auto &[first, last] : taken) {
      if (first - at >= rounded(i))
        break;
      at = std::max(at, last);
    }
    return at;
  }

  void add(size_t i) {
    const SramBlock &block = problem.blocks[i];
    for (int64_t b = block.begin / width; b <= (block.end - 1) / width; ++b)
      buckets[b].push_back(i);
  }

  int64_t rounded(size_t i) const {
    return (problem.blocks[i].bytes + 3) / 4 * 4;
  }

private:
  const SramProblem &problem;
  int64_t width = 1;
  std::vector<std::vector<size_t>> buckets;
  std::vector<std::pair<int64_t, int64_t>> taken;
};

std::vector<size_t> inOrder(const SramProblem &problem) {
  std::vector<size_t> order(problem.blocks.size());
  std::iota(order.begin(), order.end(), size_t{0});
  return order;
}

/// Blocks by `key`, the largest first; equal ones in the order given.
template <typename F>
std::vector<size_t> sorted(const SramProblem &problem, F key) {
  std::vector<size_t> order = inOrder(problem);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    auto first = key(problem.blocks[a]), second = key(problem.blocks[b]);
    return first != second ? first > second : a < b;
  });
  return order;
}

} // namespace

SramSolution placeInOrder(const SramProblem &problem,
                          const std::vector<size_t> &order) {
  SramSolution solution;
  solution.address.resize(problem.blocks.size());
  Placed placed(problem);
  for (size_t i : order) {
    solution.address[i] = placed.lowest(i, solution.address);
    solution.top =
        std::max(solution.top, solution.address[i] + problem.blocks[i].bytes);
    placed.add(i);
  }
  return solution;
}

std::optional<Error> placeBlocks(const SramProblem &problem,
                                 SramSolution &solution) {
  if (auto bad = problem.check())
    return bad;
  solution.top = std::numeric_limits<int64_t>::max();
  std::vector<size_t> best;
  auto consider = [&](const std::vector<size_t> &order) {
    SramSolution found = placeInOrder(problem, order);
    if (found.top >= solution.top)
      return;
    solution = std::move(found);
    best = order;
  };
  using B = const SramBlock &;
  consider(sorted(problem, [](B b) { return std::tuple(b.bytes, b.end - b.begin); }));
  consider(sorted(problem, [](B b) { return std::tuple(b.end - b.begin, b.bytes); }));
  consider(sorted(problem, [](B b) { return b.bytes * (b.end - b.begin); }));
  consider(sorted(problem, [](B b) { return -b.begin; }));
  std::vector<size_t> order = best;
  for (int round = 0; round < kRounds && solution.top > problem.bytes;
       ++round) {
    SramSolution now = placeInOrder(problem, order);
    std::vector<size_t> first, rest;
    for (size_t i : order)
      (now.address[i] + problem.blocks[i].bytes > problem.bytes ? first : rest)
          .push_back(i);
    order = std::move(first);
    order.insert(order.end(), rest.begin(), rest.end());
    consider(order);
  }
  if (solution.top <= problem.bytes)
    return verify(problem, solution);
  SramProblem::Load load = problem.load();
  return Error{"sram", "expected at most " + std::to_string(problem.bytes) +
                           " bytes, got " + std::to_string(solution.top) +
                           " as placed, of which " +
                           std::to_string(load.bytes) + " hold values"};
}

} // namespace waferflow
