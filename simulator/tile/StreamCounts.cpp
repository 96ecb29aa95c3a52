//===- StreamCounts.cpp ---------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/tile/StreamCounts.h"

#include <algorithm>
#include <stdexcept>

namespace waferflow {

namespace {

template <typename T>
CountsOf<T> scan(const Weight &weight, bool transposed,
                 const FeatureGroups &groups, int threads) {
  auto both = countGroups<T>(*weight.mask, transposed ? nullptr : &groups,
                             transposed ? &groups : nullptr,
                             static_cast<unsigned>(threads));
  if (!both)
    throw std::runtime_error("weight " + weight.name + ": " + both.str());
  return std::move(transposed ? both->transposed : both->forward);
}

template <typename T>
void sumRows(const CountsOf<T> &counts, const std::vector<int32_t> &stored,
             std::vector<int64_t> &byColumn, std::vector<int64_t> &byRow) {
  // 32-bit sums over blocks of rows, so that the inner loop is vectorized.
  constexpr size_t block = 4096;
  std::vector<uint32_t> partial(counts.groups);
  for (size_t first = 0; first < stored.size(); first += block) {
    std::fill(partial.begin(), partial.end(), 0);
    size_t last = std::min(stored.size(), first + block);
    for (size_t r = first; r < last; ++r) {
      const T *n = counts.row(stored[r]);
      uint32_t row = 0;
      for (int64_t x = 0; x < counts.groups; ++x) {
        partial[x] += n[x];
        row += n[x];
      }
      byRow[r] = row;
    }
    for (int64_t x = 0; x < counts.groups; ++x)
      byColumn[x] += partial[x];
  }
}

} // namespace

RowCounts StreamCounts::inOrder(const std::vector<int32_t> &stored) const {
  RowCounts result;
  result.bytes = bytes.n.empty() ? nullptr : bytes.n.data();
  result.words = words.n.empty() ? nullptr : words.n.data();
  result.columns = columns;
  result.repeated = repeated;
  result.stored = stored.data();
  return result;
}

void StreamCounts::sum(const std::vector<int32_t> &stored,
                       std::vector<int64_t> &byColumn,
                       std::vector<int64_t> &byRow) const {
  byColumn.assign(columns, 0);
  byRow.assign(stored.size(), 0);
  if (repeated) {
    int64_t row = 0;
    for (int64_t x = 0; x < columns; ++x) {
      byColumn[x] = int64_t(words.n[x]) * static_cast<int64_t>(stored.size());
      row += words.n[x];
    }
    std::fill(byRow.begin(), byRow.end(), row);
  } else if (!bytes.n.empty()) {
    sumRows(bytes, stored, byColumn, byRow);
  } else {
    sumRows(words, stored, byColumn, byRow);
  }
}

StreamCounts countStream(const Weight &weight, bool transposed, bool everything,
                         const std::vector<int32_t> &columnOf, int64_t columns,
                         int threads) {
  FeatureGroups groups;
  groups.of = columnOf;
  groups.groups = columns;
  StreamCounts result;
  result.rows = transposed ? weight.columns : weight.rows;
  result.columns = columns;
  std::vector<int64_t> features(columns);
  for (int32_t column : columnOf)
    ++features[column];
  result.largest = *std::max_element(features.begin(), features.end());
  if (result.largest > UINT16_MAX)
    throw std::runtime_error("weight " + weight.name + ": expected at most " +
                             std::to_string(UINT16_MAX) +
                             " features in a column, got " +
                             std::to_string(result.largest));
  if (!weight.mask || everything) {
    result.repeated = true;
    result.words.rows = 1;
    result.words.groups = columns;
    result.words.n.assign(features.begin(), features.end());
  } else if (result.largest <= UINT8_MAX) {
    result.bytes = scan<uint8_t>(weight, transposed, groups, threads);
  } else {
    result.words = scan<uint16_t>(weight, transposed, groups, threads);
  }
  return result;
}

} // namespace waferflow
