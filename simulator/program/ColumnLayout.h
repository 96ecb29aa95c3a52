//===- ColumnLayout.h - Which features and tokens a core holds --*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the compiler tells cores and what the host sends them must agree on
// where every element lies: both ask here. Columns are those of one token
// group; group g of TokenLayout begins at column g * groupColumns of the
// fabric.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_PROGRAM_COLUMNLAYOUT_H
#define WAFERFLOW_SIMULATOR_PROGRAM_COLUMNLAYOUT_H

#include "simulator/program/Kernels.h"
#include "simulator/program/Layout.h"

namespace waferflow {

/// The features of every column of a token group, by slot; -1 where a slot is
/// empty. A feature may lie in several columns (replicas).
struct ColumnLayout {
  std::vector<std::vector<int32_t>> features; ///< [column][slot]

  int64_t columns() const { return static_cast<int64_t>(features.size()); }
  /// The most slots of a column: what every core sets aside.
  int64_t slots() const;
  /// Slots of a column.
  int64_t slotsOf(int64_t column) const {
    return static_cast<int64_t>(features[column].size());
  }
  bool operator==(const ColumnLayout &other) const {
    return features == other.features;
  }
};

/// Every feature in the column and slot of its order, if it has one; columns
/// behind the order's hold nothing. Expects order.columns <= groupColumns.
ColumnLayout columnLayout(const FeatureOrder &order, int64_t groupColumns);

/// Each of `groups` output groups holds all features, dealt in the order of
/// their columns, evenly, over its floor(groupColumns / groups) columns. With
/// one group: `columnLayout`.
ColumnLayout replicaLayout(const FeatureOrder &order, int64_t groups,
                           GroupForm form, int64_t groupColumns);

/// One output group of a spmm: its columns in the order of its ring, and the
/// rows that it computes, in the order of their owners.
struct OutputGroup {
  std::vector<int32_t> columns;
  struct Row {
    int32_t feature = 0; ///< of the produced tensor
    int32_t member = 0;  ///< index in `columns` of its owner
    int32_t slot = 0;    ///< where the owner puts it
  };
  std::vector<Row> rows;
};

/// How `groups` output groups share the rows of `out`. A row belongs to the
/// group and column that hold it in `out`'s layout; columns that no group has
/// (groupColumns mod groups are left over) give theirs to the last member of
/// a group, in slots behind its own: `produced` says where all rows end up.
struct OutputGroups {
  std::vector<OutputGroup> groups;
  ColumnLayout produced;
};
OutputGroups shareRows(const FeatureOrder &out, int64_t groups, GroupForm form,
                       int64_t groupColumns);

/// The step's tokens of the cores in row `row` of token group `group`, by
/// local place, tokensPerCore of them; -1 where padding is.
std::vector<int64_t> tokensAt(const TokenLayout &tokens, int64_t group,
                              int64_t row);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_PROGRAM_COLUMNLAYOUT_H
