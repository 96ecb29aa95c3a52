//===- Turns.h - Blocks placed in an order that changes ---------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_PROBLEMS_SRAM_TURNS_H
#define WAFERFLOW_COMPILER_PROBLEMS_SRAM_TURNS_H

#include "compiler/problems/sram/SramProblem.h"

#include <initializer_list>
#include <utility>

namespace waferflow {

/// The lowest address from which on `bytes` are free of the ranges `taken`,
/// which get sorted.
int64_t lowestGap(std::vector<std::pair<int64_t, int64_t>> &taken,
                  int64_t bytes);

/// Blocks in an order, placed as `placeInOrder` does. A move places again what
/// it concerns alone: in a step of many layers few blocks are there at once.
class Turns {
public:
  /// Keeps a reference to the problem, which has blocks.
  Turns(const SramProblem &problem, std::vector<size_t> order);

  SramSolution placed() const { return {address, endOf(highest())}; }
  int64_t endOf(size_t block) const {
    return address[block] + problem.blocks[block].bytes;
  }
  bool sticksOut(size_t block) const { return endOf(block) > problem.bytes; }
  /// The block that ends highest, of those the one of the first turn.
  size_t highest() const;
  /// Blocks that stick out of the SRAM, by turn.
  std::vector<size_t> outside() const;

  size_t turnOf(size_t block) const { return turn[block]; }
  /// Turns before `at` of blocks that are there at its time, ascending.
  std::vector<size_t> earlier(size_t at) const;

  /// Blocks of two turns change them, unless one that is then placed elsewhere
  /// ends higher than `most` and than before.
  void swap(size_t early, size_t late, int64_t most);
  /// The block of turn `from` gets the earlier turn `to`, on the same
  /// condition.
  void advance(size_t from, size_t to, int64_t most);

private:
  void exchange(size_t a, size_t b);
  void rotate(size_t first, size_t middle, size_t last);
  int64_t lowest(size_t block);
  bool place(size_t first, std::initializer_list<size_t> moved, int64_t most);

  const SramProblem &problem;
  std::vector<size_t> order;                ///< blocks by turn
  std::vector<int64_t> address;             ///< by block
  std::vector<size_t> turn;                 ///< by block
  std::vector<std::vector<size_t>> meeting; ///< by block, those at its time
  // Of one move:
  std::vector<bool> stale; ///< by block: may have to move
  std::vector<std::pair<int64_t, int64_t>> taken;
  std::vector<std::pair<size_t, int64_t>> before; ///< blocks, old addresses
};

} // namespace waferflow

#endif // WAFERFLOW_COMPILER_PROBLEMS_SRAM_TURNS_H
