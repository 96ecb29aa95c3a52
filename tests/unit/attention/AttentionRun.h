//===- AttentionRun.h - Lowers a case and runs it ---------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_UNIT_ATTENTION_ATTENTIONRUN_H
#define WAFERFLOW_TESTS_UNIT_ATTENTION_ATTENTIONRUN_H

#include "compiler/lower-to-fabric/attention/Counts.h"
#include "simulator/cycle/Counters.h"
#include "tests/cases/AttentionCase.h"

#include <map>

namespace waferflow {

struct AttentionResults {
  std::string error; ///< empty, or what went wrong
  /// Of the forward pass "o", of the backward pass "dq", "dk", "dv".
  std::map<std::string, Rows> values;
  /// Largest absolute value where a core holds no token or no feature.
  float padding = 0;
  int64_t cycles = 0;                 ///< of all programs
  int64_t colors = 0;                 ///< that a program has at most
  cycle::Counters attention;          ///< of the program between the exchanges
  fabric::attention::Counts expected; ///< of that program
  int64_t multiplyAdds = 0;           ///< that the kernel op counts
};

/// On the cycle simulator, from inputs "q", "k", "v" and "g".
AttentionResults runOnFabric(const AttentionCase &c, bool backward,
                             const std::map<std::string, Rows> &inputs,
                             uint64_t shuffleSeed = 0);

/// The forward and then the backward pass, in one step; "attention" and
/// "expected" are the latter's.
AttentionResults runBothOnFabric(const AttentionCase &c,
                                 const std::map<std::string, Rows> &inputs);

/// On the CPU.
AttentionResults runOnCpu(const AttentionCase &c, bool backward,
                          const std::map<std::string, Rows> &inputs);

} // namespace waferflow

#endif // WAFERFLOW_TESTS_UNIT_ATTENTION_ATTENTIONRUN_H
