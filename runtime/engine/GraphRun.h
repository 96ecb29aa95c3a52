//===- GraphRun.h - A graph on the fabric, against the CPU ------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Any step that is written as a graph, compiled down to fabric programs, run
// with random values, and compared with the same graph on the CPU.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_ENGINE_GRAPHRUN_H
#define WAFERFLOW_RUNTIME_ENGINE_GRAPHRUN_H

#include "runtime/engine/CycleModule.h"

namespace waferflow {

struct GraphRequest {
  /// A module with one public function in linalg on tensors; activations are
  /// [tokens, features] or [batch, seq, features], weights are marked.
  std::string graph;
  Machine machine;
  int64_t tokens = 0, seq = 0;
  ElementType type = ElementType::F32;
  Accumulate accumulate = Accumulate::Storage;
  std::optional<int64_t> gt, go;
};

/// The graph with its kernels mapped and placed.
Result<Module> placeGraph(mlir::MLIRContext &context,
                          const GraphRequest &request);

/// The same as fabric programs.
Result<std::unique_ptr<CycleModule>> compileGraph(const GraphRequest &request);

/// Values for all arguments: floats of [-1, 1] that the step's type holds, 0
/// where a mask prunes; integers below `integers`. The same for the same seed.
Result<HostTensors> randomInputs(CycleModule &module, ElementType type,
                                 uint64_t seed, int64_t integers);

/// What the CPU makes of the graph, by the names of the module's results.
/// `magnitudes`: of the absolute values of all floats, which bounds what sums
/// of products may lose.
Result<HostTensors> runOnCpu(CycleModule &module, const std::string &graph,
                             const HostTensors &inputs,
                             bool magnitudes = false);

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_ENGINE_GRAPHRUN_H
