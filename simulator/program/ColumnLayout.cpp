//===- ColumnLayout.cpp - Which features and tokens a core holds ----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/program/ColumnLayout.h"

#include <algorithm>
#include <cassert>

namespace waferflow {

int64_t ColumnLayout::slots() const {
  size_t most = 0;
  for (const std::vector<int32_t> &column : features)
    most = std::max(most, column.size());
  return static_cast<int64_t>(most);
}

ColumnLayout columnLayout(const FeatureOrder &order, int64_t groupColumns) {
  assert(order.columns <= groupColumns);
  ColumnLayout layout;
  layout.features.resize(groupColumns);
  for (int64_t i = 0; i < order.features(); ++i) {
    if (order.column[i] < 0)
      continue;
    std::vector<int32_t> &column = layout.features[order.column[i]];
    size_t slot = order.slot[i];
    if (column.size() <= slot)
      column.resize(slot + 1, -1);
    column[slot] = static_cast<int32_t>(i);
  }
  return layout;
}

/// The columns of every group, in the order of its ring.
static std::vector<std::vector<int32_t>>
columnsOfGroups(int64_t groups, GroupForm form, int64_t groupColumns) {
  int64_t members = groupColumns / groups;
  std::vector<std::vector<int32_t>> columns(groups);
  for (int64_t g = 0; g < groups; ++g)
    for (int64_t m = 0; m < members; ++m)
      columns[g].push_back(static_cast<int32_t>(
          form == GroupForm::Contiguous ? g * members + m : m * groups + g));
  return columns;
}

ColumnLayout replicaLayout(const FeatureOrder &order, int64_t groups,
                           GroupForm form, int64_t groupColumns) {
  ColumnLayout own = columnLayout(order, groupColumns);
  if (groups == 1)
    return own;
  std::vector<int32_t> inOrder;
  for (const std::vector<int32_t> &column : own.features)
    for (int32_t feature : column)
      if (feature >= 0)
        inOrder.push_back(feature);
  ColumnLayout layout;
  layout.features.resize(groupColumns);
  int64_t members = groupColumns / groups;
  for (const std::vector<int32_t> &columns :
       columnsOfGroups(groups, form, groupColumns))
    for (size_t rank = 0; rank < inOrder.size(); ++rank)
      layout.features[columns[rank * members / inOrder.size()]].push_back(
          inOrder[rank]);
  return layout;
}

OutputGroups shareRows(const FeatureOrder &out, int64_t groups, GroupForm form,
                       int64_t groupColumns) {
  OutputGroups result;
  ColumnLayout wanted = columnLayout(out, groupColumns);
  result.produced = wanted;
  result.groups.resize(groups);
  std::vector<std::pair<int32_t, int32_t>> place(groupColumns, {-1, -1});
  auto columns = columnsOfGroups(groups, form, groupColumns);
  for (int64_t g = 0; g < groups; ++g) {
    result.groups[g].columns = columns[g];
    for (size_t m = 0; m < columns[g].size(); ++m)
      place[columns[g][m]] = {static_cast<int32_t>(g), static_cast<int32_t>(m)};
  }
  for (int64_t c = 0; c < groupColumns; ++c) {
    if (place[c].first >= 0)
      continue;
    int32_t group = static_cast<int32_t>(c % groups);
    int32_t host = columns[group].back();
    std::vector<int32_t> &rows = result.produced.features[host];
    rows.insert(rows.end(), wanted.features[c].begin(),
                wanted.features[c].end());
    result.produced.features[c].clear();
  }
  for (int64_t g = 0; g < groups; ++g)
    for (size_t m = 0; m < columns[g].size(); ++m) {
      const std::vector<int32_t> &rows =
          result.produced.features[columns[g][m]];
      for (size_t slot = 0; slot < rows.size(); ++slot)
        if (rows[slot] >= 0)
          result.groups[g].rows.push_back({rows[slot], static_cast<int32_t>(m),
                                           static_cast<int32_t>(slot)});
    }
  return result;
}

std::vector<int64_t> tokensAt(const TokenLayout &tokens, int64_t group,
                              int64_t row) {
  std::vector<int64_t> result(tokens.tokensPerCore, -1);
  int64_t first = group * tokens.sequencesPerGroup;
  int64_t behind =
      std::min(first + tokens.sequencesPerGroup, tokens.tokens / tokens.seq);
  int64_t perSequence = tokens.tokensPerCore / tokens.sequencesPerRow;
  for (int64_t s = 0; s < tokens.sequencesPerRow; ++s) {
    int64_t sequence =
        first + (tokens.sequencesPerRow > 1 ? row * tokens.sequencesPerRow + s
                                            : row / tokens.rowsPerSequence);
    if (sequence >= behind)
      continue;
    int64_t start = row % tokens.rowsPerSequence;
    for (int64_t i = 0; start + i * tokens.rowsPerSequence < tokens.seq; ++i)
      result[s * perSequence + i] =
          sequence * tokens.seq + start + i * tokens.rowsPerSequence;
  }
  return result;
}

} // namespace waferflow
