//===- Counts.h - What attention executes -----------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_ATTENTION_COUNTS_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_ATTENTION_COUNTS_H

#include "compiler/lower-to-fabric/attention/Plan.h"

namespace waferflow::fabric::attention {

/// Instructions and elements of the program between the exchanges, over all
/// cores. The first slot of a column has a product instead of a multiply-add.
struct Counts {
  int64_t axpys = 0;        ///< multiply-adds of a scalar and a vector
  int64_t axpyElements = 0; ///< of these
  int64_t dots = 0;
  int64_t dotElements = 0;
  int64_t firstProducts = 0; ///< elements of the products instead of AXPYs
  /// Backward: elements of the sum of o and its gradient, vector by vector.
  int64_t rowProducts = 0;

  int64_t multiplyAdds() const {
    return axpyElements + dotElements + firstProducts + rowProducts;
  }
};

/// Exactly what the program executes: no padding, no masked scores. A backward
/// pass repeats the forward one first where nothing was left for it.
Counts countsOf(const TokenLayout &tokens, const HeadPlaces &places,
                bool causal, bool backward, bool firstPass = true);

} // namespace waferflow::fabric::attention

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_ATTENTION_COUNTS_H
