//===- Orders.h - Which column holds which feature --------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every kind of order has the same columns, and as many features in its fullest
// column: what a core stores does not depend on the choice. Heads own whole
// columns and rotary pairs share one, in neighbouring slots, in all of them.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_PROBLEMS_MAPPING_ORDERS_H
#define WAFERFLOW_COMPILER_PROBLEMS_MAPPING_ORDERS_H

#include "simulator/program/Layout.h"

#include <array>

namespace waferflow {

enum class OrderKind {
  Blocked, ///< neighbouring features (pairs of a head) share a column
  Striped, ///< feature (pair) i is in column i mod columns (of its head)
  Dealt,   ///< nonzeros are dealt evenly
};
constexpr std::array<OrderKind, 3> kOrderKinds = {
    OrderKind::Blocked, OrderKind::Striped, OrderKind::Dealt};

const char *orderKindName(OrderKind kind);
std::optional<OrderKind> orderKindOf(const std::string &name);

/// Activation tensors that share one order of features.
struct FeatureClass {
  std::string name; ///< the order's name in IR
  int64_t features = 0;
  int64_t heads = 0; ///< with headDim: heads own whole columns; 0 elsewhere
  int64_t headDim = 0;
  int64_t sharing = 1;   ///< query heads a (key, value) head serves
  bool chunked = false;  ///< only part of the features is ever resident: the
                         ///< vocabulary, passed in `headChunks` pieces
  bool perLayer = false; ///< no tensor leaves its layer: each layer may have an
                         ///< order of its own

  /// The blocked order on `columns` columns of one token group.
  FeatureOrder order(int64_t columns) const;
};

/// Nonzeros of every feature in one kernel. Expects as many as features.
using FeatureLoads = std::vector<int32_t>;

FeatureOrder stripedOrder(const FeatureClass &cls, int64_t columns);

/// Evens out every kernel's columns, not only their sum. Features, the heaviest
/// first, go to the column with room whose kernels it burdens least; then the
/// columns are put in an order of which every stretch is as even as can be,
/// since output groups hold stretches. Ties go to the lower index. Without
/// loads all features weigh the same. A column that holds whole heads is left
/// as it is.
FeatureOrder dealtOrder(const FeatureClass &cls, int64_t columns,
                        const std::vector<const FeatureLoads *> &kernels);

/// Nonzeros of the fullest column over those of the mean one; 1 without any.
double columnImbalance(const FeatureOrder &order, const FeatureLoads &loads);

/// What keeps `order` from being an order of `cls` on `columns` columns: its
/// size, more features in a column than the blocked order has, slots that are
/// not 0, 1, ..., a head outside its columns, a pair that is torn apart.
std::optional<Error> checkOrder(const FeatureClass &cls, int64_t columns,
                                const FeatureOrder &order);

} // namespace waferflow

#endif // WAFERFLOW_COMPILER_PROBLEMS_MAPPING_ORDERS_H
