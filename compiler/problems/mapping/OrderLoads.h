//===- OrderLoads.h - How even columns are under an order -------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_PROBLEMS_MAPPING_ORDERLOADS_H
#define WAFERFLOW_COMPILER_PROBLEMS_MAPPING_ORDERLOADS_H

#include "compiler/problems/mapping/MappingProblem.h"
#include "simulator/cost/Expected.h"

#include <tuple>

namespace waferflow {

/// Kernels that differ in name and layer only share an estimate.
using ShapeKey =
    std::tuple<std::string, int32_t, int32_t, int64_t, int64_t, double, bool,
               bool, bool, bool, bool, int64_t, int64_t, int64_t, bool>;
ShapeKey keyOf(const KernelShape &shape);

/// Whether the kernel streams a mask whose nonzeros were counted.
bool isCounted(const KernelShape &shape);

/// Counted loads of one layout's columns, worked out when asked for. Kernels of
/// one shape get the mean over all of them, since they get one estimate. Every
/// call is for the same problem.
class OrderLoads {
public:
  explicit OrderLoads(const TokenLayout &tokens) : tokens(tokens) {}

  /// A counted kernel's load. Its input's features are on columns and its
  /// output's are rows that stream, or (`inputIsResident` false: an sddmm that
  /// broadcasts its input) the other way round. `columns`: of the wider order.
  cost::RowLoad load(const MappingProblem &problem, size_t kernel,
                     bool inputIsResident, const std::vector<OrderKind> &orders,
                     const KernelChoice &choice, int64_t columns);

  /// Fullest over mean column, the mean over the kernels that hold features of
  /// `cls`; nothing where none is counted.
  std::optional<double> imbalance(const MappingProblem &problem, int32_t cls,
                                  OrderKind kind);

private:
  /// An order, and its features sorted by it.
  const std::pair<FeatureOrder, std::vector<int32_t>> &
  orderOf(const MappingProblem &problem, int32_t cls, OrderKind kind,
          int32_t layer);
  /// One side of a weight under an order.
  struct Sums {
    std::vector<int32_t> columns; ///< nonzeros by column
    std::vector<int32_t> before;  ///< of the first i features in order
    double holding = 0;           ///< columns with features
  };
  const Sums &sumsOf(const MappingProblem &problem, const KernelShape &shape,
                     bool input, OrderKind kind);

  /// Kernels of one shape that differ in their weights, and how many there are
  /// of each.
  const std::vector<std::pair<size_t, int64_t>> &
  alike(const MappingProblem &problem, size_t kernel);

  cost::RowLoad membersLoad(const MappingProblem &problem, size_t kernel,
                            bool input, OrderKind kind, int64_t groups,
                            int64_t members);
  /// Nonzeros of the group that has most rows' nonzeros, over its share.
  double groupSkew(const MappingProblem &problem, size_t kernel, bool input,
                   OrderKind kind, int64_t groups, GroupForm form,
                   int64_t members);

  using ByLayer = std::tuple<int32_t, OrderKind, int32_t>;
  using MembersKey = std::tuple<ShapeKey, bool, OrderKind, int64_t, int64_t>;
  using SkewKey =
      std::tuple<ShapeKey, bool, OrderKind, int64_t, GroupForm, int64_t>;

  TokenLayout tokens;
  std::map<ByLayer, std::pair<FeatureOrder, std::vector<int32_t>>>
      orders; ///< with their features, sorted
  std::map<std::pair<const FeatureLoads *, const FeatureOrder *>, Sums> sums;
  std::map<ShapeKey, std::vector<std::pair<size_t, int64_t>>> kernelsOf;
  std::map<MembersKey, cost::RowLoad> loads;
  std::map<SkewKey, double> skews;
};

} // namespace waferflow

#endif // WAFERFLOW_COMPILER_PROBLEMS_MAPPING_ORDERLOADS_H
