//===- Sums.cpp - The order in which cores combine values -----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/conformance/Sums.h"

#include "dialects/flow/Flow.h"
#include "dialects/flow/Orders.h"

namespace waferflow::conformance {

Number identityOf(Combine combine) {
  return combine == Combine::Add   ? Number(0)
         : combine == Combine::Max ? Number(-INFINITY)
                                   : Number(INFINITY);
}

Number combined(Combine combine, Number a, Number b) {
  return combine == Combine::Add   ? together(a, b)
         : combine == Combine::Max ? max(a, b)
                                   : min(a, b);
}

Number
overFeatures(const ColumnLayout &columns, Combine combine,
             const std::function<void(Number &, int64_t feature)> &take) {
  int64_t begin = 0, end = columns.columns();
  while (end > 1 && columns.slotsOf(end - 1) == 0)
    --end;
  while (begin < end - 1 && columns.slotsOf(begin) == 0)
    ++begin;
  Number total;
  for (int64_t c = begin; c < end; ++c) {
    Number own = identityOf(combine);
    for (int32_t feature : columns.features[c])
      take(own, feature);
    total = c == begin ? own : combined(combine, total, own);
  }
  return total;
}

/// Rows of cores top to bottom in each token group, the first group first.
static Number
downAndOn(const TokenLayout &tokens, Combine combine,
          const std::function<Number(int64_t group, int64_t row)> &ofRow) {
  Number total;
  for (int64_t group = 0; group < tokens.groups; ++group) {
    Number down;
    for (int64_t row = 0; row < tokens.rowsUsed; ++row) {
      Number own = ofRow(group, row);
      down = row == 0 ? own : combined(combine, down, own);
    }
    total = group == 0 ? down : combined(combine, total, down);
  }
  return total;
}

Number overAll(
    const TokenLayout &tokens, const ColumnLayout &columns, Combine combine,
    const std::function<void(Number &, int64_t feature, int64_t token)> &take) {
  return downAndOn(tokens, combine, [&](int64_t group, int64_t row) {
    Number total;
    for (int64_t c = columns.columns() - 1; c >= 0; --c) {
      Number own = identityOf(combine);
      for (int32_t feature : columns.features[c])
        for (int64_t token : tokensAt(tokens, group, row))
          if (token >= 0)
            take(own, feature, token);
      total = c == columns.columns() - 1 ? own : combined(combine, total, own);
    }
    return total;
  });
}

Number overTokens(const TokenLayout &tokens, Combine combine,
                  const std::function<void(Number &, int64_t token)> &take) {
  return downAndOn(tokens, combine, [&](int64_t group, int64_t row) {
    Number own = identityOf(combine);
    for (int64_t token : tokensAt(tokens, group, row))
      if (token >= 0)
        take(own, token);
    return own;
  });
}

Number downColumns(const TokenLayout &tokens,
                   const std::function<void(Number &, int64_t token)> &take) {
  Number total;
  for (int64_t group = 0; group < tokens.groups; ++group) {
    Number down;
    for (int64_t row = 0; row < tokens.rowsUsed; ++row) {
      Number own;
      for (int64_t token : tokensAt(tokens, group, row))
        if (token >= 0)
          take(own, token);
      down = row == 0 ? own : together(down, own);
    }
    total = together(total, down);
  }
  return total;
}

ColumnLayout columnsOf(mlir::ModuleOp placed, mlir::Operation *kernel,
                       const TokenLayout &tokens) {
  auto layout = mlir::cast<flow::FlowKernel>(kernel).getInLayout();
  return columnLayout(*flow::orderOf(placed, *layout, kernel),
                      tokens.groupColumns);
}

} // namespace waferflow::conformance
