//===- Turns.cpp - Blocks placed in an order that changes -----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/problems/sram/Turns.h"

#include <algorithm>
#include <numeric>

namespace waferflow {

int64_t lowestGap(std::vector<std::pair<int64_t, int64_t>> &taken,
                  int64_t bytes) {
  std::sort(taken.begin(), taken.end());
  int64_t at = 0;
  for (const auto &[first, last] : taken) {
    if (first - at >= bytes)
      break;
    at = std::max(at, last);
  }
  return at;
}

Turns::Turns(const SramProblem &problem, std::vector<size_t> given)
    : problem(problem), order(std::move(given)),
      address(placeInOrder(problem, order).address), turn(order.size()),
      meeting(order.size()), stale(order.size()) {
  for (size_t at = 0; at < order.size(); ++at)
    turn[order[at]] = at;
  std::vector<size_t> byBegin(order.size());
  std::iota(byBegin.begin(), byBegin.end(), size_t{0});
  std::sort(byBegin.begin(), byBegin.end(), [&](size_t a, size_t b) {
    return problem.blocks[a].begin < problem.blocks[b].begin;
  });
  for (size_t at = 0; at < byBegin.size(); ++at)
    for (size_t next = at + 1; next < byBegin.size(); ++next) {
      size_t i = byBegin[at], j = byBegin[next];
      if (problem.blocks[j].begin >= problem.blocks[i].end)
        break;
      meeting[i].push_back(j);
      meeting[j].push_back(i);
    }
}

size_t Turns::highest() const {
  size_t found = order.front();
  for (size_t i : order)
    if (endOf(i) > endOf(found))
      found = i;
  return found;
}

std::vector<size_t> Turns::outside() const {
  std::vector<size_t> found;
  for (size_t i : order)
    if (sticksOut(i))
      found.push_back(i);
  return found;
}

std::vector<size_t> Turns::earlier(size_t at) const {
  std::vector<size_t> turns;
  for (size_t other : meeting[order[at]])
    if (turn[other] < at)
      turns.push_back(turn[other]);
  std::sort(turns.begin(), turns.end());
  return turns;
}

void Turns::swap(size_t early, size_t late, int64_t most) {
  size_t first = order[early], second = order[late];
  exchange(early, late);
  if (!place(early, {first, second}, most))
    exchange(early, late);
}

void Turns::advance(size_t from, size_t to, int64_t most) {
  size_t moved = order[from];
  rotate(to, from, from);
  if (!place(to, {moved}, most))
    rotate(to, to + 1, from);
}

void Turns::exchange(size_t a, size_t b) {
  std::swap(order[a], order[b]);
  turn[order[a]] = a;
  turn[order[b]] = b;
}

/// Turn `middle` becomes turn `first`; those from there to `last` go round.
void Turns::rotate(size_t first, size_t middle, size_t last) {
  std::rotate(order.begin() + first, order.begin() + middle,
              order.begin() + last + 1);
  for (size_t at = first; at <= last; ++at)
    turn[order[at]] = at;
}

int64_t Turns::lowest(size_t block) {
  taken.clear();
  for (size_t other : meeting[block])
    if (turn[other] < turn[block])
      taken.push_back({address[other],
                       address[other] + onFour(problem.blocks[other].bytes)});
  return lowestGap(taken, onFour(problem.blocks[block].bytes));
}

/// Places blocks again from turn `first` on: what has moved, and what is there
/// with it or with a block whose address has changed. Gives the old places
/// back, and false, where one of them ends higher than `most` and than before.
bool Turns::place(size_t first, std::initializer_list<size_t> moved,
                  int64_t most) {
  std::fill(stale.begin(), stale.end(), false);
  auto spread = [&](size_t i) {
    for (size_t j : meeting[i])
      stale[j] = true;
  };
  for (size_t i : moved) {
    stale[i] = true;
    spread(i);
  }
  before.clear();
  for (size_t at = first; at < order.size(); ++at) {
    size_t i = order[at];
    int64_t found = stale[i] ? lowest(i) : address[i];
    if (found == address[i])
      continue;
    before.push_back({i, address[i]});
    int64_t limit = std::max(most, endOf(i));
    address[i] = found;
    spread(i);
    if (endOf(i) <= limit)
      continue;
    for (const auto &[block, old] : before)
      address[block] = old;
    return false;
  }
  return true;
}

} // namespace waferflow
