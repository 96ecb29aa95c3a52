//===- Sums.h - The order in which cores combine values ---------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every core combines what it holds, slot by slot and in a slot token by token;
// then results go from core to core. All in f32.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_CONFORMANCE_SUMS_H
#define WAFERFLOW_TESTS_CONFORMANCE_SUMS_H

#include "tests/conformance/Number.h"

namespace waferflow::conformance {

enum class Combine { Add, Max, Min };
/// What combining begins with.
Number identityOf(Combine combine);
/// What two cores have.
Number combined(Combine combine, Number a, Number b);

/// One token's features: columns hand on from the first to the last one that
/// has any. `take` adds a feature's term to what the column has so far.
Number overFeatures(const ColumnLayout &columns, Combine combine,
                    const std::function<void(Number &, int64_t feature)> &take);

/// All tokens: of a row of cores from the last column to the first, down the
/// first column, and on to the next token group. `take` adds what the core in
/// this column holds of a slot and a token.
Number overAll(
    const TokenLayout &tokens, const ColumnLayout &columns, Combine combine,
    const std::function<void(Number &, int64_t feature, int64_t token)> &take);

/// The same of values that are the same in all columns.
Number overTokens(const TokenLayout &tokens, Combine combine,
                  const std::function<void(Number &, int64_t token)> &take);

/// Down the columns, and the token groups added up by the host.
Number downColumns(const TokenLayout &tokens,
                   const std::function<void(Number &, int64_t token)> &take);

/// The columns of the layout that a kernel of the placed module reads.
ColumnLayout columnsOf(mlir::ModuleOp placed, mlir::Operation *kernel,
                       const TokenLayout &tokens);

} // namespace waferflow::conformance

#endif // WAFERFLOW_TESTS_CONFORMANCE_SUMS_H
