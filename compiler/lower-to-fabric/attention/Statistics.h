//===- Statistics.h - What a forward pass leaves for its gradients -*- C++
//-*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_ATTENTION_STATISTICS_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_ATTENTION_STATISTICS_H

#include "dialects/flow/Flow.h"

namespace waferflow::fabric::attention {

/// The last forward pass before `backward` over the same queries, keys and
/// values: the same SSA values, or made by equal maps from the same ones. Its
/// output and the logarithms of its sums of exponentials save the backward pass
/// two of seven products. None: null.
flow::AttentionOp forwardOf(flow::AttentionOp backward);

/// The backward pass whose `forwardOf` is `forward`, or null.
flow::AttentionOp backwardOf(flow::AttentionOp forward);

} // namespace waferflow::fabric::attention

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_ATTENTION_STATISTICS_H
