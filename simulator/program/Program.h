//===- Program.h - What a simulator runs ------------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The plain structs between the compiler and the simulators. The translation in
// runtime/ fills them from IR; tests fill them by hand.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_PROGRAM_PROGRAM_H
#define WAFERFLOW_SIMULATOR_PROGRAM_PROGRAM_H

#include "models/masks/MaskSource.h"
#include "simulator/machine/Machine.h"
#include "simulator/program/Kernels.h"
#include "simulator/program/Layout.h"

#include <map>
#include <memory>

namespace waferflow {

/// A streamed weight matrix, rows = output features, columns = input features.
/// A dense weight has no mask: it streams without indices.
struct Weight {
  std::string name;
  int64_t rows = 0, columns = 0;
  bool pruned = false;                    ///< a decoder linear
  std::shared_ptr<const MaskSource> mask; ///< null: dense
};

struct Program {
  std::string model;
  Machine machine;
  ElementType type = ElementType::F16;
  Accumulate accumulate = Accumulate::Storage;
  TokenLayout tokens;
  int64_t keepEvery = 1; ///< k: every k-th block input is kept
  std::vector<Weight> weights;
  std::vector<FeatureOrder> orders;
  std::vector<Kernel> kernels;         ///< in order of execution
  std::map<std::string, int64_t> sram; ///< item -> bytes a core, the plan
};

/// Every index in range, shapes of weights and orders fit each other, layout
/// consistent, plan within SRAM. Returns all that is wrong, nothing if it runs.
std::vector<Error> check(const Program &program);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_PROGRAM_PROGRAM_H
