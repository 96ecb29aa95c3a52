//===- AttentionShape.cpp -------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/tile/AttentionShape.h"

#include <algorithm>
#include <map>
#include <set>

namespace waferflow {

AttentionShape shapeOf(const Attention &kernel, const FeatureOrder &order,
                       const TokenLayout &tokens) {
  AttentionShape shape;
  shape.seq = tokens.seq;
  shape.rows = tokens.rowsPerSequence;
  shape.sequencesPerRow = tokens.sequencesPerRow;
  shape.keyBlock = std::clamp<int64_t>(kernel.keyBlock, 1, tokens.seq);
  shape.causal = kernel.causal;
  shape.headDim = kernel.headDim;

  std::vector<std::map<int32_t, int64_t>> dimsOfHead(kernel.heads);
  std::map<int32_t, std::vector<int64_t>> headsOfColumn;
  for (int64_t head = 0; head < kernel.heads; ++head) {
    for (int64_t dim = 0; dim < kernel.headDim; ++dim)
      ++dimsOfHead[head][order.column[head * kernel.headDim + dim]];
    for (const auto &[column, dims] : dimsOfHead[head])
      headsOfColumn[column].push_back(head);
  }

  std::set<std::vector<HeadPart>> distinct;
  for (const auto &[column, heads] : headsOfColumn) {
    std::vector<HeadPart> parts;
    for (int64_t head : heads)
      parts.push_back({dimsOfHead[head].at(column),
                       static_cast<int64_t>(dimsOfHead[head].size())});
    std::sort(parts.begin(), parts.end());
    distinct.insert(std::move(parts));
  }
  shape.columns.assign(distinct.begin(), distinct.end());

  // Query heads of one key and value head are neighbours: head / (heads / kv).
  int64_t shared = kernel.heads / kernel.kvHeads;
  for (int64_t kv = 0; kv < kernel.kvHeads; ++kv) {
    std::set<int32_t> groups;
    for (int64_t head = kv * shared; head < (kv + 1) * shared; ++head)
      groups.insert(dimsOfHead[head].begin()->first);
    shape.keyValueGroups =
        std::max<int64_t>(shape.keyValueGroups, groups.size());
  }
  return shape;
}

} // namespace waferflow
