//===- SramProblem.cpp - At which address does a buffer lie? --------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/problems/sram/SramProblem.h"

#include <algorithm>
#include <map>
#include <string>

namespace waferflow {

std::optional<Error> SramProblem::check() const {
  for (size_t i = 0; i < blocks.size(); ++i)
    if (blocks[i].bytes <= 0 || blocks[i].begin >= blocks[i].end)
      return Error{"block " + std::to_string(i),
                   "expected bytes and a time, got " +
                       std::to_string(blocks[i].bytes) + " bytes from " +
                       std::to_string(blocks[i].begin) + " to " +
                       std::to_string(blocks[i].end)};
  return std::nullopt;
}

SramProblem::Load SramProblem::load() const {
  std::map<int64_t, int64_t> changes; // what ends goes before what begins
  for (const SramBlock &block : blocks) {
    changes[block.begin] += onFour(block.bytes);
    changes[block.end] -= onFour(block.bytes);
  }
  Load most;
  int64_t now = 0;
  for (const auto &[time, change] : changes) {
    now += change;
    if (now > most.bytes)
      most = {now, time};
  }
  return most;
}

std::optional<Error> verify(const SramProblem &problem,
                            const SramSolution &solution) {
  const std::vector<SramBlock> &blocks = problem.blocks;
  if (solution.address.size() != blocks.size())
    return Error{"placement", "expected " + std::to_string(blocks.size()) +
                                  " addresses, got " +
                                  std::to_string(solution.address.size())};
  // By begin, so that those behind one are looked at until its end only.
  std::vector<size_t> order(blocks.size());
  for (size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return blocks[a].begin < blocks[b].begin;
  });
  for (size_t at = 0; at < order.size(); ++at) {
    size_t i = order[at];
    int64_t first = solution.address[i], last = first + blocks[i].bytes;
    if (first < 0 || first % 4 || last > problem.bytes)
      return Error{"block " + std::to_string(i),
                   "expected an address on 4 bytes from 0 to " +
                       std::to_string(problem.bytes - blocks[i].bytes) +
                       ", got " + std::to_string(first)};
    for (size_t next = at + 1; next < order.size(); ++next) {
      size_t j = order[next];
      if (blocks[j].begin >= blocks[i].end)
        break;
      if (solution.address[j] < last &&
          first < solution.address[j] + blocks[j].bytes)
        return Error{"block " + std::to_string(i),
                     "expected bytes of its own, got some of block " +
                         std::to_string(j)};
    }
  }
  return std::nullopt;
}

} // namespace waferflow
