//===- Problems.h - Mapping problems made by hand ---------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_UNIT_MAPPING_PROBLEMS_H
#define WAFERFLOW_TESTS_UNIT_MAPPING_PROBLEMS_H

#include "compiler/problems/mapping/MappingProblem.h"
#include "simulator/machine/Reader.h"

#include <gtest/gtest.h>

namespace waferflow::test {

inline Machine machineOf(const std::string &name) {
  Result<MachineFile> file = loadMachine(name, WAFERFLOW_MACHINES);
  EXPECT_TRUE(file) << file.str();
  return file->machine;
}

inline KernelShape spmm(std::string name, int32_t in, int32_t out, int64_t rows,
                        int64_t columns, double density, int32_t input) {
  KernelShape shape;
  shape.name = std::move(name);
  shape.kind = "spmm";
  shape.inClass = in;
  shape.outClass = out;
  shape.rows = rows;
  shape.columns = columns;
  shape.density = density;
  shape.indexFree = density == 1;
  shape.input = input;
  return shape;
}

/// Gate and up of one input, then down's gradient: class 0 is the residual
/// stream of 64 features, class 1 the 172 inside the MLP. 64 tokens in
/// sequences of 8 on the tiny machine (12 x 10 cores).
inline MappingProblem mlp(double density = 0.5) {
  MappingProblem problem;
  problem.machine = machineOf("tiny");
  problem.tokens = 64;
  problem.seq = 8;
  problem.classes = {{"residual", 64}, {"mlp", 172}};
  problem.kernels = {spmm("gate", 0, 1, 172, 64, density, 7),
                     spmm("up", 0, 1, 172, 64, density, 7)};
  KernelShape gradient = spmm("down dW", 1, 0, 64, 172, density, -1);
  gradient.kind = "sddmm";
  problem.kernels.push_back(gradient);
  problem.live = {{{1, 0}, {0, 0}, {1, 1}, 1},
                  {{1, 0}, {0, 0}, {1, 2}, 1},
                  {{1, 0}, {0, 0}, {1, 1}, 0}};
  return problem;
}

/// The same with counted masks: a few inputs of the MLP that are neighbours
/// hold most nonzeros; its hidden features are even, or have a skew of their
/// own.
inline MappingProblem skewedMlp(bool hiddenToo = false) {
  MappingProblem problem = mlp();
  problem.machine.edgeBytesPerSecond *= 64; // the columns are what binds
  WeightCounts counts;
  for (int64_t i = 0; i < 64; ++i)
    counts.columns.push_back(i < 8 ? 172 : i % 2 ? 73 : 75); // 5,520 in all
  for (int64_t i = 0; i < 172; ++i)
    counts.rows.push_back(!hiddenToo ? (i < 16 ? 33 : 32) : i < 32 ? 85 : 20);
  problem.counts = {counts};
  for (KernelShape &kernel : problem.kernels)
    kernel.counts = 0;
  std::swap(problem.kernels[2].rows, problem.kernels[2].columns);
  std::swap(problem.kernels[2].inClass, problem.kernels[2].outClass);
  return problem;
}

/// Attention of 4 heads of 16 (2 of keys), tokens as `mlp`.
inline MappingProblem attention(bool backward) {
  MappingProblem problem = mlp();
  FeatureClass heads{"heads", 64, 4, 16};
  problem.classes = {heads};
  KernelShape shape;
  shape.name = "attention";
  shape.kind = "attention";
  shape.inClass = shape.outClass = 0;
  shape.heads = 4;
  shape.kvHeads = 2;
  shape.headDim = 16;
  shape.backward = backward;
  problem.kernels = {shape};
  problem.live = {{{0}, {0}, {4}, 0}};
  return problem;
}

inline MappingSolution solve(const MappingProblem &problem) {
  auto result = searchExhaustive(problem);
  if (auto *failure = std::get_if<MappingFailure>(&result)) {
    ADD_FAILURE() << failure->error.str();
    return {};
  }
  return std::get<MappingSolution>(result);
}

inline MappingFailure fail(const MappingProblem &problem) {
  auto result = searchExhaustive(problem);
  auto *failure = std::get_if<MappingFailure>(&result);
  EXPECT_TRUE(failure) << "expected no mapping to fit";
  return failure ? *failure : MappingFailure{};
}

} // namespace waferflow::test

#endif // WAFERFLOW_TESTS_UNIT_MAPPING_PROBLEMS_H
