//===- SramProblem.h - At which address does a buffer lie? ------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_PROBLEMS_SRAM_SRAMPROBLEM_H
#define WAFERFLOW_COMPILER_PROBLEMS_SRAM_SRAMPROBLEM_H

#include "simulator/program/Types.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace waferflow {

/// Bytes that a buffer takes: all begin on 4.
constexpr int64_t onFour(int64_t bytes) { return (bytes + 3) / 4 * 4; }

/// A buffer that is there at the times [begin, end).
struct SramBlock {
  int64_t bytes = 0;
  int64_t begin = 0, end = 0;
  bool meets(const SramBlock &other) const {
    return begin < other.end && other.begin < end;
  }
};

/// Dynamic storage allocation: all blocks are known beforehand, none moves.
struct SramProblem {
  int64_t bytes = 0; ///< of a core, behind the code
  std::vector<SramBlock> blocks;

  /// Sizes and times are positive.
  std::optional<Error> check() const;
  /// The most bytes that are there at once, which no placement goes below, and
  /// when that is first.
  struct Load {
    int64_t bytes = 0, time = 0;
  };
  Load load() const;
};

struct SramSolution {
  std::vector<int64_t> address; ///< by block, bytes, on 4
  int64_t top = 0;              ///< bytes up to the end of the highest block
};

/// Blocks within the SRAM, on 4 bytes, none where another is at that time.
std::optional<Error> verify(const SramProblem &problem,
                            const SramSolution &solution);

/// Each block at the lowest address that is free for all of its time, in the
/// order `order` (indices of blocks).
SramSolution placeInOrder(const SramProblem &problem,
                          const std::vector<size_t> &order);

/// The lowest of several orders: the largest bytes x time^n first, for n from 0
/// to 3, the longest-lived first, the order of begin. Where that does not fit,
/// blocks at the top and below it get earlier turns while that is no worse,
/// then any that stick out; an error with the top and the load where nothing
/// fits.
std::optional<Error> placeBlocks(const SramProblem &problem,
                                 SramSolution &solution);

} // namespace waferflow

#endif // WAFERFLOW_COMPILER_PROBLEMS_SRAM_SRAMPROBLEM_H
