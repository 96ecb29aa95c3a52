//===- Plan.h - Where heads lie, and what attention keeps -------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_ATTENTION_PLAN_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_ATTENTION_PLAN_H

#include "compiler/analysis/AttentionBody.h"
#include "compiler/lower-to-fabric/Exchange.h"

namespace waferflow::fabric::attention {

using Body = flow::AttentionBody;

/// Which heads columns hold. A team of `teamColumns` neighbouring columns holds
/// one head, or one column holds several whole ones.
struct HeadPlaces {
  int64_t columns = 0; ///< of a token group that hold heads, from the first
  int64_t teamColumns = 1;
  int64_t slots = 0;          ///< of every core
  int64_t headSlots = 0;      ///< from a column's head to its next
  int64_t mostHeads = 1;      ///< of a column
  std::vector<int64_t> heads; ///< by column of the token group
  std::vector<int64_t> dims;  ///< of a head, by column of the token group
};

/// Rows [y0, y1) of a token group with so many sequences in each.
struct Rows {
  int64_t y0 = 0, y1 = 0, sequences = 0;
};

/// What all programs of one attention share.
struct Plan {
  StepLowering &lowering;
  mutable flow::AttentionOp kernel; // MLIR's handles have no const methods
  Body body;
  HeadPlaces places;
  std::vector<Move> spread; ///< keys and values, to their query heads

  int64_t ring = 1;        ///< rows of a sequence
  int64_t perSequence = 0; ///< local tokens of a sequence
  int64_t keyBlock = 1;    ///< keys whose scores are resident at once

  bool backward() const { return static_cast<bool>(body.gradient); }
  bool causal() const { return kernel.getCausal(); }
  /// Whether keys and values lie where their query heads need them.
  bool inPlace() const;
  int64_t groups() const { return lowering.tokens.groups; }
  int64_t firstColumn(int64_t group) const {
    return group * lowering.tokens.groupColumns;
  }
  /// The rows of a group that hold tokens; the others are not in the list.
  std::vector<Rows> rowsOf(int64_t group) const;
};

/// The heads of every column of `layout`; an error where they lie in another
/// form.
mlir::FailureOr<HeadPlaces> placesOf(flow::AttentionOp kernel,
                                     const ColumnLayout &layout);

/// Errors where the queries' layout has heads in another form, or inputs and
/// results lie differently.
mlir::FailureOr<Plan> planAttention(StepLowering &lowering,
                                    flow::AttentionOp kernel);

} // namespace waferflow::fabric::attention

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_ATTENTION_PLAN_H
