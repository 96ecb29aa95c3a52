//===- PlaceBlocks.cpp - Orders in which buffers take the lowest place ----===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/problems/sram/Turns.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>
#include <string>

namespace waferflow {

namespace {

/// Moves of blocks to earlier turns: of the highest one; of any that sticks
/// out, so many at a time, from the start again so many times.
constexpr int64_t kHighestMoves = 4000;
constexpr int64_t kMoves = 20000;
constexpr int64_t kMovesOfABlock = 50;
constexpr uint32_t kStarts = 24;

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
    return lowestGap(taken, rounded(i));
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

namespace {

/// The same numbers everywhere.
class Random {
public:
  explicit Random(uint32_t seed) : numbers(seed) {}
  size_t below(size_t n) { return numbers() % n; }

private:
  std::minstd_rand numbers;
};

/// The block, or one that is there at its time and was placed before it, gets
/// an earlier turn, any; what makes another one end higher than `most` is taken
/// back. False where none was placed before it.
bool move(Turns &turns, size_t block, int64_t most, Random &random) {
  size_t from = turns.turnOf(block);
  std::vector<size_t> others = turns.earlier(from);
  if (others.empty())
    return false;
  size_t other = others[random.below(others.size())];
  if (random.below(4) != 0) {
    turns.swap(other, from, most);
    return true;
  }
  from = random.below(2) && other > 0 ? other : from;
  turns.advance(from, random.below(from), most);
  return true;
}

/// Moves the highest block until none sticks out: the top gets no higher.
SramSolution lowerTop(const SramProblem &problem,
                      const std::vector<size_t> &order) {
  Turns turns(problem, order);
  Random random(1);
  for (int64_t moves = 0; moves < kHighestMoves; ++moves) {
    size_t block = turns.highest();
    if (!turns.sticksOut(block) ||
        !move(turns, block, turns.endOf(block), random))
      break;
  }
  return turns.placed();
}

/// Moves one block that sticks out after the other, so that of many equal
/// layers none waits for another. Mostly no other may stick out for it; that
/// alone ends with blocks that nothing frees, so sometimes others may come as
/// high.
SramSolution lowerEach(const SramProblem &problem,
                       const std::vector<size_t> &order, uint32_t seed) {
  Turns turns(problem, order);
  Random random(seed);
  for (int64_t moves = 0; moves < kMoves;) {
    std::vector<size_t> outside = turns.outside();
    if (outside.empty())
      break;
    size_t block = outside[random.below(outside.size())];
    bool alone = random.below(4) != 0;
    for (int64_t i = 0; i < kMovesOfABlock && turns.sticksOut(block); ++i) {
      ++moves;
      int64_t most = alone ? problem.bytes : turns.endOf(block);
      if (!move(turns, block, most, random))
        break;
    }
  }
  return turns.placed();
}

} // namespace

std::optional<Error> placeBlocks(const SramProblem &problem,
                                 SramSolution &solution) {
  if (auto bad = problem.check())
    return bad;
  solution.top = std::numeric_limits<int64_t>::max();
  auto consider = [&](SramSolution found) {
    bool lower = found.top < solution.top;
    if (lower)
      solution = std::move(found);
    return lower;
  };
  std::vector<size_t> best;
  auto considerOrder = [&](std::vector<size_t> order) {
    if (consider(placeInOrder(problem, order)))
      best = std::move(order);
  };
  // The longer a block lives, the more it gets in the way of others.
  for (int power = 0; power <= 3; ++power)
    considerOrder(sorted(problem, [power](const SramBlock &b) {
      double key = static_cast<double>(b.bytes);
      for (int i = 0; i < power; ++i)
        key *= static_cast<double>(b.end - b.begin);
      return key;
    }));
  considerOrder(
      sorted(problem, [](const SramBlock &b) { return b.end - b.begin; }));
  considerOrder(sorted(problem, [](const SramBlock &b) { return -b.begin; }));
  if (solution.top > problem.bytes)
    consider(lowerTop(problem, best));
  SramProblem::Load load = problem.load();
  for (uint32_t start = 1; start <= kStarts; ++start)
    if (solution.top > problem.bytes && load.bytes <= problem.bytes)
      consider(lowerEach(problem, best, start));
  if (solution.top <= problem.bytes)
    return verify(problem, solution);
  return Error{"sram", "expected at most " + std::to_string(problem.bytes) +
                           " bytes, got " + std::to_string(solution.top) +
                           " as placed, of which " +
                           std::to_string(load.bytes) + " hold values"};
}

} // namespace waferflow
