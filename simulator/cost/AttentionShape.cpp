//===- AttentionShape.cpp -------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/AttentionShape.h"

#include <algorithm>
#include <map>
#include <set>

namespace waferflow {

int64_t AttentionShape::mostDims() const {
  int64_t most = 0;
  for (const std::vector<HeadPart> &column : columns) {
    int64_t dims = 0;
    for (HeadPart part : column)
      dims += part.dims;
    most = std::max(most, dims);
  }
  return most;
}

AttentionShape shapeOf(const Attention &kernel, const FeatureOrder &order,
                       const TokenLayout &tokens, const FeatureOrder *keys) {
  AttentionShape shape;
  shape.seq = tokens.seq;
  shape.rows = tokens.rowsPerSequence;
  shape.sequencesPerRow = tokens.sequencesPerRow;
  shape.causal = kernel.causal;
  shape.statistics = kernel.statistics;
  // A row's keys come by together.
  shape.keyBlock = std::clamp<int64_t>(kernel.keyBlock, 1, shape.tokens(0));

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

  if (keys) {
    // Query heads of one key and value head are neighbours.
    FeatureOrder from = order;
    int64_t share = kernel.heads / kernel.kvHeads;
    for (int64_t q = 0; q < order.features(); ++q)
      from.column[q] =
          keys->column[q / kernel.headDim / share * kernel.headDim +
                       q % kernel.headDim];
    shape.spread = cost::regroupTravel(from, order);
    shape.keyFeatures = keys->featuresPerColumn();
  }
  return shape;
}

} // namespace waferflow
