//===- Results.h - Reports as JSON ------------------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_ENGINE_RESULTS_H
#define WAFERFLOW_RUNTIME_ENGINE_RESULTS_H

#include "simulator/program/Program.h"
#include "simulator/report/Compare.h"

#include "llvm/Support/JSON.h"

namespace waferflow {

/// One row of `--sensitivity`: the mapping kept, one guessed parameter at an
/// end.
struct SensitivityRow {
  std::string parameter;
  double value = 0, standard = 0;
  std::optional<int64_t> cycles;
  std::optional<double> measured, linears;
  std::optional<int64_t> overBytes, tokensThatFit; ///< where it doesn't fit
};

/// One simulated point and what surrounds it.
struct Point {
  std::string model, mask, fidelity;
  bool train = true;
  double sparsity = 0;
  int64_t seed = 0;
  Program program; ///< with its masks: sensitivity simulates it again
  Report report;
  std::vector<std::string> reasons;
  double theoryStep = 1;
  std::optional<Comparison> comparison;
  std::optional<std::vector<SensitivityRow>> sensitivity;
  double wallSeconds = 0;
};

llvm::json::Value toJson(const Point &point);

/// What this process has needed at most so far, in MB.
double peakMemoryMb();

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_ENGINE_RESULTS_H
