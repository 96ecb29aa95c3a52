//===- SramPlan.cpp - Bytes a core, item by item --------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/problems/mapping/MappingProblem.h"

#include <algorithm>
#include <numeric>

namespace waferflow {

namespace {

int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Columns over which one head's dims lie.
int64_t headColumns(const KernelShape &shape, const LaidOut &laid) {
  return std::max<int64_t>(1, laid.columns[shape.inClass] / shape.heads);
}

/// Calls `add(item, bytes)` for the buffers that exist only while the kernel
/// runs.
template <typename F>
void addBuffers(const MappingProblem &problem, const LaidOut &laid,
                const KernelShape &shape, const KernelChoice &choice, F add) {
  int64_t tl = laid.tokens.tokensPerCore;
  int64_t bytes = elementBytes(problem.type);
  int64_t sumBytes = problem.accumulate == Accumulate::F32 ? 4 : bytes;
  if (shape.kind == "spmm") {
    add("partial_sums", choice.buffers * tl * sumBytes);
    if (choice.outputGroups > 1)
      add("replica",
          laid.features[shape.inClass] * choice.outputGroups * tl * bytes);
  } else if (shape.kind == "relayout") {
    if (choice.outputGroups > 1)
      add("replica",
          laid.features[shape.inClass] * choice.outputGroups * tl * bytes);
  } else if (shape.kind == "sddmm") {
    // B travelling vectors, which run ahead of the dots, and result vectors of
    // at most one f32 a resident feature.
    bool output = choice.broadcast == Sddmm::Broadcast::Output;
    int32_t resident = output ? shape.inClass : shape.outClass;
    add("broadcast", choice.buffers * tl * bytes);
    add("results", choice.buffers * 4 * laid.features[resident]);
  } else if (shape.kind == "attention") {
    // The scores of a key block after their scatter over the head's columns,
    // and rows of scores on their way (forward one kind, backward two), twice;
    // the running maximum and sum of the local queries in f32.
    int64_t kinds = shape.backward ? 2 : 1;
    int64_t share = ceilDiv(tl, headColumns(shape, laid));
    add("scores", kinds * (choice.keyBlock * share + 2 * tl) * bytes);
    add("softmax", 2 * 4 * tl);
    if (shape.kvHeads < shape.heads) // K and V at every column of a query head
      add("replica", 2 * tl * bytes * laid.features[shape.inClass]);
  }
}

/// Calls `activation(class, bytes)` for live tensors that are no block inputs
/// and `add` for the rest.
template <typename A, typename F>
void visitPlan(const MappingProblem &problem, const LaidOut &laid,
               size_t kernel, const KernelChoice &choice, A activation, F add) {
  add("code", problem.machine.codeBytes);
  const LivePoint &live = problem.live[kernel];
  int64_t tl = laid.tokens.tokensPerCore;
  auto tensor = [&](size_t cls) {
    return tl * elementBytes(problem.type) * laid.features[cls];
  };
  auto sum = [&](const std::vector<int32_t> &counts) {
    int64_t bytes = 0;
    for (size_t i = 0; i < counts.size(); ++i)
      bytes += counts[i] * tensor(i);
    return bytes;
  };
  if (int64_t bytes = sum(live.keptInputs))
    add("kept_inputs", bytes);
  if (int64_t bytes = sum(live.recomputedInputs))
    add("recomputed_inputs", bytes);
  for (size_t i = 0; i < live.tensors.size(); ++i)
    if (live.tensors[i] != 0)
      activation(i, live.tensors[i] * tensor(i));
  if (live.rowScalars != 0)
    add("row_scalars", live.rowScalars * tl * 4);
  addBuffers(problem, laid, problem.kernels[kernel], choice, add);
}

} // namespace

SramPlan planKernel(const MappingProblem &problem, const LaidOut &laid,
                    size_t kernel, const KernelChoice &choice) {
  SramPlan plan;
  visitPlan(
      problem, laid, kernel, choice,
      [&](size_t cls, int64_t bytes) {
        plan["activations." + problem.classes[cls].name] = bytes;
      },
      [&](const char *item, int64_t bytes) { plan[item] = bytes; });
  return plan;
}

int64_t kernelBytes(const MappingProblem &problem, const LaidOut &laid,
                    size_t kernel, const KernelChoice &choice) {
  int64_t sum = 0;
  visitPlan(
      problem, laid, kernel, choice,
      [&](size_t, int64_t bytes) { sum += bytes; },
      [&](const char *, int64_t bytes) { sum += bytes; });
  return sum;
}

int64_t planBytes(const SramPlan &plan) {
  return std::accumulate(
      plan.begin(), plan.end(), int64_t{0},
      [](int64_t sum, const auto &item) { return sum + item.second; });
}

} // namespace waferflow
