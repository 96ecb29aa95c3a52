//===- KernelRewrites.h - Smaller and fused region kernels ------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_RECOMPUTE_KERNELREWRITES_H
#define WAFERFLOW_COMPILER_RECOMPUTE_KERNELREWRITES_H

#include "mlir/IR/Operation.h"

namespace waferflow::flow {

/// Drops the results of a flow.map or flow.reduce that nobody uses, what only
/// they needed in the body, and inputs that are then unread. Returns the kernel
/// that takes its place, the same one where nothing changes, or null where no
/// result is used and the kernel is gone.
mlir::Operation *pruneResults(mlir::Operation *kernel);

/// Puts the body of the flow.map `producer`, whose results only `consumer`
/// uses, in front of the body of `consumer` (a flow.map or flow.reduce), so
/// that the values between them never leave a core's registers. Returns the
/// fused kernel.
mlir::Operation *fuseProducer(mlir::Operation *producer,
                              mlir::Operation *consumer);

} // namespace waferflow::flow

#endif // WAFERFLOW_COMPILER_RECOMPUTE_KERNELREWRITES_H
