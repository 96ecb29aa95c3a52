//===- AttentionShape.h - Heads on columns, queries on rows -----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_COST_ATTENTIONSHAPE_H
#define WAFERFLOW_SIMULATOR_COST_ATTENTIONSHAPE_H

#include "simulator/cost/Exchange.h"
#include "simulator/program/Kernels.h"
#include "simulator/program/Layout.h"

namespace waferflow {

/// What one column holds of one head.
struct HeadPart {
  int64_t dims = 0;    ///< of the head, in this column
  int64_t columns = 1; ///< that share the head
  bool operator<(const HeadPart &other) const {
    return std::pair(dims, columns) < std::pair(other.dims, other.columns);
  }
  bool operator==(const HeadPart &other) const {
    return dims == other.dims && columns == other.columns;
  }
};

/// How an attention kernel lies on the cores of one sequence.
struct AttentionShape {
  int64_t seq = 0;
  int64_t rows = 1; ///< that share a sequence; token t is in row t mod rows
  int64_t sequencesPerRow = 1; ///< whole sequences, one after the other
  int64_t keyBlock = 1;
  bool causal = true;
  bool statistics = true; ///< kept by a forward pass for the backward one
  bool whole = true; ///< queries go to a head's columns one by one, not evenly
  /// The way of keys and values to the columns of their query heads; no hops
  /// where they lie there. `keyFeatures`: of them, on a column.
  cost::Travel spread;
  int64_t keyFeatures = 0;
  /// Distinct loads of columns, each the heads that a column holds.
  std::vector<std::vector<HeadPart>> columns;

  /// Of the fullest column: dims of all its heads.
  int64_t mostDims() const;
  /// Tokens of row `y`.
  int64_t tokens(int64_t y) const {
    return y < seq ? (seq - y + rows - 1) / rows : 0;
  }
  /// Queries of row `y` that look at key `j`: all, or those at j and later.
  int64_t queries(int64_t y, int64_t j) const {
    int64_t before = j > y ? (j - y + rows - 1) / rows : 0;
    return causal ? tokens(y) - before : tokens(y);
  }
};

/// Reads the head order of `kernel`: heads * headDim features, head-major; and
/// of its keys where that is another.
AttentionShape shapeOf(const Attention &kernel, const FeatureOrder &order,
                       const TokenLayout &tokens,
                       const FeatureOrder *keys = nullptr);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_COST_ATTENTIONSHAPE_H
