//===- MappingProblem.cpp - What a mapping must respect -------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/problems/mapping/MappingProblem.h"

#include "simulator/cost/Grouping.h"

#include <algorithm>
#include <tuple>

namespace waferflow {

/// Counts are of every row and column of the weight, by as many features as the
/// classes have.
static std::optional<Error> checkCounts(const MappingProblem &problem,
                                        const KernelShape &kernel) {
  if (kernel.counts < 0)
    return std::nullopt;
  std::string where = "kernel " + kernel.name;
  if (kernel.counts >= static_cast<int32_t>(problem.counts.size()))
    return Error{where,
                 "expected one of " + std::to_string(problem.counts.size()) +
                     " counted weights, got " + std::to_string(kernel.counts)};
  const WeightCounts &counts = problem.counts[kernel.counts];
  int64_t in = problem.classes[kernel.inClass].features;
  int64_t out = problem.classes[kernel.outClass].features;
  if (kernel.transposed)
    std::swap(in, out);
  for (auto [side, expected, got] :
       {std::tuple("columns", in, counts.columns.size()),
        std::tuple("rows", out, counts.rows.size())})
    if (static_cast<int64_t>(got) != expected)
      return Error{where, "expected counts of " + std::to_string(expected) +
                              " " + side + ", got " + std::to_string(got)};
  return std::nullopt;
}

std::optional<Error> MappingProblem::check() const {
  if (tokens <= 0 || seq <= 0 || tokens % seq != 0)
    return Error{"tokens",
                 "expected a positive multiple of the sequence length " +
                     std::to_string(seq) + ", got " + std::to_string(tokens)};
  if (live.size() != kernels.size())
    return Error{"live", "expected one live point a kernel (" +
                             std::to_string(kernels.size()) + "), got " +
                             std::to_string(live.size())};
  int32_t numClasses = static_cast<int32_t>(classes.size());
  for (const FeatureClass &cls : classes)
    if (cls.features <= 0)
      return Error{"class " + cls.name, "expected features, got none"};
  for (const auto &[name, fixed] :
       {std::pair("mapping.gt", fixedGt), std::pair("mapping.go", fixedGo)})
    if (fixed && *fixed < 1)
      return Error{name,
                   "expected at least 1 group, got " + std::to_string(*fixed)};
  if (fixedChunks) {
    int64_t most = 1;
    for (const FeatureClass &cls : classes)
      if (cls.chunked)
        most = std::max(most, cls.features);
    if (*fixedChunks < 1 || *fixedChunks > most)
      return Error{"mapping.chunks",
                   "expected 1 to " + std::to_string(most) +
                       " pieces (features of the vocabulary that a step "
                       "reduces to a loss; 1 without any), got " +
                       std::to_string(*fixedChunks)};
  }
  for (const LivePoint &point : live)
    for (const auto *counts :
         {&point.keptInputs, &point.recomputedInputs, &point.tensors})
      if (counts->size() > classes.size())
        return Error{"live", "expected at most one count a class (" +
                                 std::to_string(classes.size()) + "), got " +
                                 std::to_string(counts->size())};
  for (const KernelShape &kernel : kernels) {
    if (kernel.inClass >= numClasses || kernel.outClass >= numClasses)
      return Error{
          "kernel " + kernel.name,
          "expected one of " + std::to_string(numClasses) +
              " feature classes, got " +
              std::to_string(std::max(kernel.inClass, kernel.outClass))};
    for (const ScalarShape &scalar : kernel.scalars)
      if (scalar.cls >= numClasses || scalar.perToken < 0 || scalar.once < 0)
        return Error{"kernel " + kernel.name,
                     "expected scalar work over a known class, not negative"};
    if (kernel.kind == "attention" &&
        (kernel.inClass < 0 || kernel.heads < 1 || kernel.headDim < 1 ||
         kernel.kvHeads < 1))
      return Error{"kernel " + kernel.name,
                   "expected heads, kv heads and dims of at least 1 and a "
                   "class of its queries"};
    bool matrix = kernel.kind == "spmm" || kernel.kind == "sddmm";
    if (matrix && (kernel.inClass < 0 || kernel.outClass < 0))
      return Error{"kernel " + kernel.name,
                   "expected classes of its input and its output"};
    if (auto bad = matrix ? checkCounts(*this, kernel) : std::nullopt)
      return bad;
    if (matrix && !(kernel.density >= 0 && kernel.density <= 1))
      return Error{"kernel " + kernel.name, "expected density in [0, 1], got " +
                                                std::to_string(kernel.density)};
  }
  return std::nullopt;
}

std::optional<Error> checkColors(const Machine &machine, const LaidOut &laid,
                                 int64_t outputGroups, GroupForm form) {
  if (laid.tokens.groupColumns / outputGroups < 2)
    return std::nullopt;
  constexpr int64_t weights = 1;
  int64_t usable = machine.colors - machine.reservedColors;
  RingColors ring = ringColors(outputGroups, form);
  if (ring.all() + weights <= usable)
    return std::nullopt;
  return Error{
      "mapping.go",
      "expected at most " + std::to_string(usable) + " colors, got " +
          std::to_string(ring.all() + weights) + " with " +
          std::to_string(outputGroups) + " " +
          (form == GroupForm::Interleaved ? "interleaved" : "contiguous") +
          " output groups (" + std::to_string(ring.hops) +
          " from member to member, " + std::to_string(ring.back) +
          " for the ways back, 1 for weights)"};
}

std::optional<Error> verify(const MappingProblem &problem,
                            const MappingSolution &solution) {
  if (solution.choices.size() != problem.kernels.size())
    return Error{"mapping", "expected one choice a kernel, got " +
                                std::to_string(solution.choices.size())};
  if (solution.headChunks < 1)
    return Error{"mapping",
                 "expected at least 1 piece of the vocabulary, got " +
                     std::to_string(solution.headChunks)};
  if (!(solution.tokens ==
        layTokens(problem.tokens, problem.seq,
                  std::max<int64_t>(1, std::min(solution.tokens.groups,
                                                problem.machine.width)),
                  problem.machine.width, problem.machine.height)))
    return Error{"mapping", "expected the layout of " +
                                std::to_string(problem.tokens) +
                                " tokens in 1 to " +
                                std::to_string(problem.machine.width) +
                                " token groups, got another"};
  if (solution.orders.size() != problem.classes.size())
    return Error{"mapping", "expected one order a feature class, got " +
                                std::to_string(solution.orders.size())};
  for (size_t cls = 0; cls < solution.orders.size(); ++cls)
    if (problem.fixedOrder && !problem.classes[cls].chunked &&
        solution.orders[cls] != *problem.fixedOrder)
      return Error{"mapping.order", std::string("expected ") +
                                        orderKindName(*problem.fixedOrder) +
                                        " features of " +
                                        problem.classes[cls].name + ", got " +
                                        orderKindName(solution.orders[cls])};
  if (problem.fixedGt && *problem.fixedGt != solution.tokens.groups)
    return Error{"mapping.gt", "expected " + std::to_string(*problem.fixedGt) +
                                   " token groups, got " +
                                   std::to_string(solution.tokens.groups)};
  if (problem.fixedChunks && *problem.fixedChunks != solution.headChunks)
    return Error{"mapping.chunks", "expected " +
                                       std::to_string(*problem.fixedChunks) +
                                       " pieces of the vocabulary, got " +
                                       std::to_string(solution.headChunks)};
  LaidOut laid = layOut(problem, solution.tokens, solution.headChunks);
  for (size_t i = 0; i < solution.choices.size(); ++i) {
    const KernelChoice &choice = solution.choices[i];
    std::string where = "kernel " + problem.kernels[i].name;
    if (choice.buffers < 1)
      return Error{where, "expected at least 1 buffer, got " +
                              std::to_string(choice.buffers)};
    const KernelShape &shape = problem.kernels[i];
    bool grouped = shape.kind == "spmm" || shape.kind == "relayout";
    int64_t mostGroups =
        grouped && shape.inClass >= 0 ? laid.columns[shape.inClass] : 1;
    if (choice.outputGroups < 1 || choice.outputGroups > mostGroups)
      return Error{where, "expected 1 to " + std::to_string(mostGroups) +
                              " output groups, got " +
                              std::to_string(choice.outputGroups)};
    if (shape.kind == "spmm")
      if (auto bad = checkColors(problem.machine, laid, choice.outputGroups,
                                 choice.form))
        return Error{where, bad->what};
    if (shape.kind == "attention" && choice.keyBlock < 1)
      return Error{where, "expected a key block of at least 1 key, got " +
                              std::to_string(choice.keyBlock)};
    int64_t bytes = kernelBytes(problem, laid, i, choice);
    if (bytes > problem.machine.sramBytes)
      return Error{
          where,
          "expected at most " + std::to_string(problem.machine.sramBytes) +
              " bytes of SRAM a core, got " + std::to_string(bytes) + " (" +
              listItems(planKernel(problem, laid, i, choice)) + ")"};
  }
  return std::nullopt;
}

} // namespace waferflow
