//===- Difference.h - How far two sets of results are apart -----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_UNIT_LOWERING_DIFFERENCE_H
#define WAFERFLOW_TESTS_UNIT_LOWERING_DIFFERENCE_H

#include "runtime/translate/HostTensor.h"

#include <gtest/gtest.h>

#include <cmath>

namespace waferflow {

/// Every result of `expected` is in `got`, and no element is off by more than
/// `most` of the largest expected one.
inline void expectNear(const HostTensors &got, const HostTensors &expected,
                       double most) {
  for (const auto &[name, tensor] : expected) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(got.count(name));
    const HostTensor &other = got.at(name);
    ASSERT_EQ(elementsOf(other.shape), elementsOf(tensor.shape));
    if (tensor.isInteger()) {
      EXPECT_EQ(other.integers(), tensor.integers());
      continue;
    }
    double largest = 0, off = 0;
    for (size_t i = 0; i < tensor.floats().size(); ++i) {
      ASSERT_TRUE(std::isfinite(other.floats()[i])) << "element " << i;
      largest = std::max<double>(largest, std::abs(tensor.floats()[i]));
      off = std::max<double>(off,
                             std::abs(static_cast<double>(other.floats()[i]) -
                                      tensor.floats()[i]));
    }
    EXPECT_GT(largest, 0);
    EXPECT_LE(off, most * largest);
  }
}

} // namespace waferflow

#endif // WAFERFLOW_TESTS_UNIT_LOWERING_DIFFERENCE_H
