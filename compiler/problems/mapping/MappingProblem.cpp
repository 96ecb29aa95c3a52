//===- MappingProblem.cpp - What a mapping must respect -------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/problems/mapping/MappingProblem.h"

namespace waferflow {

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
  for (const KernelShape &kernel : kernels) {
    if (kernel.inClass >= numClasses || kernel.outClass >= numClasses)
      return Error{"kernel " + kernel.name, "expected a known feature class"};
    bool matrix = kernel.kind == "spmm" || kernel.kind == "sddmm";
    if (matrix && (kernel.inClass < 0 || kernel.outClass < 0))
      return Error{"kernel " + kernel.name,
                   "expected classes of its input and its output"};
    if (matrix && !(kernel.density >= 0 && kernel.density <= 1))
      return Error{"kernel " + kernel.name, "expected density in [0, 1], got " +
                                                std::to_string(kernel.density)};
  }
  return std::nullopt;
}

std::optional<Error> verify(const MappingProblem &problem,
                            const MappingSolution &solution) {
  if (solution.choices.size() != problem.kernels.size())
    return Error{"mapping", "expected one choice a kernel, got " +
                                std::to_string(solution.choices.size())};
  LaidOut laid = layOut(problem, solution.tokens, solution.headChunks);
  for (size_t i = 0; i < solution.choices.size(); ++i) {
    const KernelChoice &choice = solution.choices[i];
    std::string where = "kernel " + problem.kernels[i].name;
    if (choice.buffers < 1)
      return Error{where, "expected at least 1 buffer, got " +
                              std::to_string(choice.buffers)};
    if (choice.outputGroups < 1 ||
        choice.outputGroups > solution.tokens.groupColumns)
      return Error{where, "expected 1 to " +
                              std::to_string(solution.tokens.groupColumns) +
                              " output groups, got " +
                              std::to_string(choice.outputGroups)};
    int64_t bytes = kernelBytes(problem, laid, i, choice);
    if (bytes > problem.machine.sramBytes)
      return Error{where, "expected at most " +
                              std::to_string(problem.machine.sramBytes) +
                              " bytes of SRAM a core, got " +
                              std::to_string(bytes)};
  }
  return std::nullopt;
}

} // namespace waferflow
