//===- Harness.h - Runs a case in every way there is ------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_CONFORMANCE_HARNESS_H
#define WAFERFLOW_TESTS_CONFORMANCE_HARNESS_H

#include "tests/conformance/Case.h"

namespace waferflow::conformance {

/// What came out of one case.
struct Outcome {
  std::string failure; ///< empty: as it should be
  /// Largest |fabric - oracle| of an element, as a part of its size.
  double oracleGap = 0;
  int64_t cycles = 0, tileCycles = 0;
  Counts counts;
};

/// Lowers the case and runs it twice on the fabric, the second time with cores
/// visited in another order; compares with the reference, bit for bit, and with
/// the oracle; runs it through `tile`.
Outcome run(const Case &which);

} // namespace waferflow::conformance

#endif // WAFERFLOW_TESTS_CONFORMANCE_HARNESS_H
