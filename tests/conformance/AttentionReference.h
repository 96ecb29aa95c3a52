//===- AttentionReference.h - Attention as the cores compute it -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_CONFORMANCE_ATTENTIONREFERENCE_H
#define WAFERFLOW_TESTS_CONFORMANCE_ATTENTIONREFERENCE_H

#include "simulator/program/ColumnLayout.h"
#include "tests/cases/AttentionCase.h"

namespace waferflow::conformance {

/// Where queries and keys lie in the columns of a token group.
struct AttentionPlaces {
  ColumnLayout queries, keys;
  int64_t rowsPerSequence = 1;
};

/// "o", or "dq", "dk" and "dv": query by query, in the order in which blocks of
/// keys come by and partial scores go round a head's columns, rounded wherever
/// memory of the storage or accumulation type is written.
std::map<std::string, Rows>
attentionOnCores(const AttentionCase &c, const AttentionPlaces &places,
                 bool backward, const std::map<std::string, Rows> &inputs);

} // namespace waferflow::conformance

#endif // WAFERFLOW_TESTS_CONFORMANCE_ATTENTIONREFERENCE_H
