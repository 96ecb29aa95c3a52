//===- Grouping.cpp -------------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/Grouping.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace waferflow {

int64_t OutputGrouping::mostFeatures() const {
  return *std::max_element(features.begin(), features.end());
}

int64_t OutputGrouping::mostRows() const {
  size_t most = 0;
  for (const std::vector<int32_t> &group : rows)
    most = std::max(most, group.size());
  return static_cast<int64_t>(most);
}

int64_t membersOf(int64_t columns, int64_t groups, int64_t groupColumns) {
  return std::min((columns + groups - 1) / groups, groupColumns / groups);
}

std::vector<int32_t> featuresInOrder(const FeatureOrder &order) {
  std::vector<int32_t> features(order.column.size());
  std::iota(features.begin(), features.end(), 0);
  std::sort(features.begin(), features.end(), [&](int32_t a, int32_t b) {
    return std::tie(order.column[a], order.slot[a], a) <
           std::tie(order.column[b], order.slot[b], b);
  });
  return features;
}

RingColors ringColors(int64_t groups, GroupForm form) {
  if (groups > 1 && form == GroupForm::Interleaved)
    return {groups + 1, groups};
  return {};
}

OutputGrouping groupOutputs(const FeatureOrder &in, const FeatureOrder &out,
                            int64_t groups, GroupForm form,
                            int64_t groupColumns) {
  OutputGrouping result;
  result.groups = groups;
  result.members =
      membersOf(std::max(in.columns, out.columns), groups, groupColumns);
  result.distance = form == GroupForm::Interleaved ? groups : 1;
  result.features.resize(result.members);
  if (groups == 1) {
    result.memberOf = in.column;
  } else {
    result.memberOf.resize(in.column.size());
    int64_t rank = 0;
    for (int32_t feature : featuresInOrder(in))
      result.memberOf[feature] =
          static_cast<int32_t>(rank++ * result.members / in.features());
  }
  for (int32_t member : result.memberOf)
    ++result.features[member];

  result.rows.resize(groups);
  result.owners.resize(groups);
  for (int32_t row : featuresInOrder(out)) {
    int64_t column = out.column[row];
    bool contiguous = form == GroupForm::Contiguous;
    int64_t group = contiguous ? std::min(column / result.members, groups - 1)
                               : column % groups;
    int64_t member =
        contiguous ? column - group * result.members : column / groups;
    result.rows[group].push_back(row);
    result.owners[group].push_back(
        static_cast<int32_t>(std::min(member, result.members - 1)));
  }
  return result;
}

} // namespace waferflow
