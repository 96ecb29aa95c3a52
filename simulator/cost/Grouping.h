//===- Grouping.h - Columns of output groups and their rows -----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_COST_GROUPING_H
#define WAFERFLOW_SIMULATOR_COST_GROUPING_H

#include "simulator/program/Kernels.h"
#include "simulator/program/Layout.h"

namespace waferflow {

/// How `groups` output groups of one token group hold the reduced features and
/// share the streamed rows. With one group a feature stays in the column of its
/// order; with more, the all-gather deals the features in order, evenly, over
/// the members of every group. Member m of group g is column g * members + m
/// (contiguous) or m * groups + g (interleaved). Columns beyond are idle.
struct OutputGrouping {
  int64_t groups = 1;
  int64_t members = 0;  ///< columns of one group, the length of its ring
  int64_t distance = 1; ///< hops between neighbours of a ring
  std::vector<int32_t> memberOf;            ///< by reduced feature
  std::vector<int64_t> features;            ///< by member
  std::vector<std::vector<int32_t>> rows;   ///< by group, in stream order
  std::vector<std::vector<int32_t>> owners; ///< the member that owns each row

  int64_t mostFeatures() const; ///< f, of the fullest member
  int64_t mostRows() const;     ///< of the group that streams most
};

/// Members of a group when tensors on `columns` columns meet in it and a token
/// group has `groupColumns`.
int64_t membersOf(int64_t columns, int64_t groups, int64_t groupColumns);

/// Colors with which the members of every group pass sums on in a ring. Between
/// members, so many that a column neither sends nor receives in a color that
/// passes through it; of interleaved groups the ways back share links too.
struct RingColors {
  int64_t hops = 2, back = 1;
  int64_t all() const { return hops + back; }
};
RingColors ringColors(int64_t groups, GroupForm form);

/// Expects groups <= groupColumns and orders that fit into groupColumns.
OutputGrouping groupOutputs(const FeatureOrder &in, const FeatureOrder &out,
                            int64_t groups, GroupForm form,
                            int64_t groupColumns);

/// Features in the order of their columns, then slots.
std::vector<int32_t> featuresInOrder(const FeatureOrder &order);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_COST_GROUPING_H
