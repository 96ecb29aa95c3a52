//===- AttentionPadding.h - Attention if every size divided -----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The ledger's padding off: tokens spread over all rows of the wafer, features
// over all columns, queries of a key block over the columns of a head, and
// instructions that take fractions of cycles.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_COST_ATTENTIONPADDING_H
#define WAFERFLOW_SIMULATOR_COST_ATTENTIONPADDING_H

#include "simulator/cost/AttentionCycles.h"

namespace waferflow {

/// The part of the wafer's cores that attention would need if its `features`
/// and the tokens lay on them evenly, as many as on the fullest core: at
/// most 1.
double evenShare(const AttentionShape &shape, int64_t features,
                 const TokenLayout &tokens, const Machine &machine);

/// `criticalColumn`, and `spread` cycles of exchange, without padding. Between
/// numbers of tokens that divide by the rows, cycles grow as the tokens do.
AttentionCycles unpaddedColumn(const AttentionShape &shape, bool backward,
                               const AttentionCosts &costs, int64_t spread,
                               double share);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_COST_ATTENTIONPADDING_H
