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
#include <random>
#include <string>

namespace waferflow {

namespace {

/// Moves of blocks to earlier turns, fewer where there are many blocks.
constexpr int64_t kMoves = 4000;
constexpr int64_t kPlacements = 4'000'000;

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

  int64_t rounded(size_t i) const { return onFour(problem.blocks[i].bytes); }

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

/// While the highest block sticks out, it, or one that is there at its time and
/// was placed before it, gets an earlier turn, any; what is worse is taken
/// back.
static void moveTurns(const SramProblem &problem, std::vector<size_t> order,
                      SramSolution &solution) {
  std::minstd_rand random(1); // the same everywhere
  auto below = [&](size_t n) { return random() % n; };
  int64_t count = static_cast<int64_t>(order.size());
  int64_t moves = std::min(kMoves, kPlacements / std::max<int64_t>(1, count));
  for (; moves > 0 && solution.top > problem.bytes; --moves) {
    size_t from = 0;
    while (solution.address[order[from]] + problem.blocks[order[from]].bytes !=
           solution.top)
      ++from;
    std::vector<size_t> others;
    for (size_t at = 0; at < from; ++at)
      if (problem.blocks[order[at]].meets(problem.blocks[order[from]]))
        others.push_back(at);
    if (others.empty())
      return;
    std::vector<size_t> moved = order;
    size_t other = others[below(others.size())];
    if (below(4) != 0) {
      std::swap(moved[from], moved[other]);
    } else {
      from = below(2) && other > 0 ? other : from;
      size_t to = below(from);
      std::rotate(moved.begin() + to, moved.begin() + from,
                  moved.begin() + from + 1);
    }
    SramSolution next = placeInOrder(problem, moved);
    if (next.top > solution.top)
      continue;
    solution = std::move(next);
    order = std::move(moved);
  }
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
  // The longer a block lives, the more it gets in the way of others.
  for (int power = 0; power <= 3; ++power)
    consider(sorted(problem, [power](const SramBlock &b) {
      double key = static_cast<double>(b.bytes);
      for (int i = 0; i < power; ++i)
        key *= static_cast<double>(b.end - b.begin);
      return key;
    }));
  consider(sorted(problem, [](const SramBlock &b) { return b.end - b.begin; }));
  consider(sorted(problem, [](const SramBlock &b) { return -b.begin; }));
  moveTurns(problem, best, solution);
  if (solution.top <= problem.bytes)
    return verify(problem, solution);
  SramProblem::Load load = problem.load();
  return Error{"sram", "expected at most " + std::to_string(problem.bytes) +
                           " bytes, got " + std::to_string(solution.top) +
                           " as placed, of which " +
                           std::to_string(load.bytes) + " hold values"};
}

} // namespace waferflow
