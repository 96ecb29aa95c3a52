//===- StreamedSpmm.h - Streamed weights times resident tokens  -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_KERNELS_STREAMEDSPMM_H
#define WAFERFLOW_SIMULATOR_CYCLE_KERNELS_STREAMEDSPMM_H

#include "simulator/program/Fabric.h"

namespace waferflow::cycle {

/// y[r, t] = sum_i w[r, i] x[i, t]. Column c of the cores holds features
/// c f ... (c + 1) f - 1 of `x` [f, tokens], row k its own tokens.
struct StreamedSpmm {
  int64_t columns = 0, rows = 0; ///< cores
  int64_t features = 0;          ///< f, a column
  int64_t tokens = 0;            ///< a core
  DataType type = DataType::F16; ///< of storage and of partial sums
  int64_t weightRows = 0;
  /// [weightRows, columns * features]; what is 0 is neither sent nor computed.
  std::vector<float> weights;
};

/// One AXPY a nonzero, which enters at the north edge of its column and is
/// multicast down it. A control wavelet ends a row: the partial sums, in two
/// buffers, are chained to the east on a microthread while the next row goes
/// on. The last column has "y" [weightRows, tokens]; every core has "x".
FabricProgram streamedSpmm(const Machine &machine, const StreamedSpmm &spmm);

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_KERNELS_STREAMEDSPMM_H
