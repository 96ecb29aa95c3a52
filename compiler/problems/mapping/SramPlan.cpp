//===- SramPlan.cpp - Bytes a core, item by item --------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/problems/mapping/MappingProblem.h"

#include <numeric>

namespace waferflow {

namespace {

int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Features a column of a class when it is laid on one token group.
int64_t residentFeatures(const FeatureClass &cls, int64_t columns,
                         int64_t headChunks) {
  int64_t features =
      cls.chunked ? ceilDiv(cls.features, headChunks) : cls.features;
  if (cls.heads == 0)
    return ceilDiv(features, columns);
  return cls.order(columns).featuresPerColumn();
}

/// Bytes of the buffers that exist only while the kernel runs.
void addKernelBuffers(const MappingProblem &problem, const TokenLayout &tokens,
                      int64_t headChunks, const KernelShape &shape,
                      const KernelChoice &choice, SramPlan &plan) {
  int64_t tl = tokens.tokensPerCore;
  int64_t bytes = elementBytes(problem.type);
  int64_t sumBytes = problem.accumulate == Accumulate::F32 ? 4 : bytes;
  if (shape.kind == "spmm") {
    plan["partial_sums"] = choice.buffers * tl * sumBytes;
    int64_t f = residentFeatures(problem.classes[shape.inClass],
                                 tokens.groupColumns, headChunks);
    if (choice.outputGroups > 1)
      plan["replica"] = f * choice.outputGroups * tl * bytes;
  } else if (shape.kind == "sddmm") {
    // The travelling vector twice (one arrives while one is used), and result
    // vectors of at most one f32 a resident feature.
    bool output = choice.broadcast == Sddmm::Broadcast::Output;
    const FeatureClass &resident =
        problem.classes[output ? shape.inClass : shape.outClass];
    plan["broadcast"] = 2 * tl * bytes;
    plan["results"] = choice.buffers * 4 *
                      residentFeatures(resident, tokens.groupColumns, headChunks);
  } else if (shape.kind == "attention") {
    // Score rows on their way (one a matmul that makes scores, twice), and the
    // running maximum and sum of the local queries in f32.
    int64_t rows = shape.backward ? 4 : 2;
    plan["scores"] = rows * tl * bytes + 2 * 4 * tl;
  }
}

} // namespace

FeatureOrder FeatureClass::order(int64_t columns) const {
  if (heads == 0)
    return blockedOrder(name, features, columns);
  if (sharing == 1)
    return headOrder(name, heads, headDim, columns);
  // A (key, value) head is spread over the columns of the query heads it serves.
  return headOrder(name, heads, headDim, columns);
}

SramPlan planKernel(const MappingProblem &problem, const TokenLayout &tokens,
                    int64_t headChunks, size_t kernel,
                    const KernelChoice &choice) {
  SramPlan plan;
  plan["code"] = problem.machine.codeBytes;
  const LivePoint &live = problem.live[kernel];
  int64_t tl = tokens.tokensPerCore;
  for (size_t i = 0; i < live.tensors.size(); ++i)
    if (live.tensors[i] != 0)
      plan["activations." + problem.classes[i].name] =
          live.tensors[i] * tl * elementBytes(problem.type) *
          residentFeatures(problem.classes[i], tokens.groupColumns, headChunks);
  if (live.rowScalars != 0)
    plan["row_scalars"] = live.rowScalars * tl * 4;
  addKernelBuffers(problem, tokens, headChunks, problem.kernels[kernel], choice,
                   plan);
  return plan;
}

int64_t planBytes(const SramPlan &plan) {
  return std::accumulate(
      plan.begin(), plan.end(), int64_t{0},
      [](int64_t sum, const auto &item) { return sum + item.second; });
}

} // namespace waferflow
