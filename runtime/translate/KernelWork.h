//===- KernelWork.h - Scalar work of maps and reductions --------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_TRANSLATE_KERNELWORK_H
#define WAFERFLOW_RUNTIME_TRANSLATE_KERNELWORK_H

#include "compiler/MappedStep.h"
#include "simulator/program/Kernels.h"

namespace waferflow {

/// Scalar work of kernel `index` on the fullest core: each generic of its body
/// counts its iteration volume, laid over columns as the activations of the
/// kernel lie (values of one scalar a token are worked on in every column).
std::vector<ScalarWork> scalarWork(mlir::Operation *kernel,
                                   const flow::MappedStep &mapped,
                                   size_t index);

/// The reduction of kernel `index`: axes, cores that take part, partial
/// results.
Reduce reduceWork(flow::ReduceOp kernel, const flow::MappedStep &mapped,
                  size_t index);

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_TRANSLATE_KERNELWORK_H
