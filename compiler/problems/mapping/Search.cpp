//===- Search.cpp - Exhaustive search over small sets ---------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/problems/mapping/MappingProblem.h"

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>

namespace waferflow {

namespace {

constexpr std::array<int64_t, 8> kOutputGroups = {1, 2, 3, 4, 6, 8, 12, 16};
constexpr std::array<int64_t, 7> kBuffers = {2, 4, 8, 16, 32, 64, 128};
constexpr std::array<int64_t, 8> kHeadChunks = {1, 2, 4, 8, 16, 32, 64, 128};
constexpr int64_t kMostTokenGroups = 32;

using ShapeKey = std::tuple<std::string, int32_t, int32_t, int64_t, int64_t,
                            double, bool, bool, bool, bool, int64_t, int64_t,
                            int64_t>;

ShapeKey keyOf(const KernelShape &s, int64_t freeBytes) {
  return {s.kind,       s.inClass,  s.outClass,      s.rows,  s.columns,
          s.density,    s.transposed, s.denseGradient, s.backward, s.causal,
          s.heads,      s.headDim,  freeBytes};
}

/// Searches one token layout; memoizes kernels of equal shape and space.
class LayoutSearch {
public:
  LayoutSearch(const MappingProblem &problem, TokenLayout tokens,
               int64_t headChunks)
      : problem(problem), tokens(tokens), headChunks(headChunks) {}

  /// The kernel that overflows most, or none; fills `solution` where none does.
  std::optional<Error> run(MappingSolution &solution) {
    solution.tokens = tokens;
    solution.headChunks = headChunks;
    solution.choices.resize(problem.kernels.size());
    solution.cycles = 0;
    int64_t fullest = -1;
    for (size_t i = 0; i < problem.kernels.size(); ++i) {
      SramPlan least = planKernel(problem, tokens, headChunks, i, smallest(i));
      int64_t over = planBytes(least) - problem.machine.sramBytes;
      if (over > worstOver) {
        worstOver = over;
        worstKernel = i;
      }
      if (over > 0)
        continue;
      const KernelChoice &choice = best(i);
      solution.choices[i] = choice;
      solution.cycles += choice.cycles;
      SramPlan plan = planKernel(problem, tokens, headChunks, i, choice);
      if (planBytes(plan) > fullest) {
        fullest = planBytes(plan);
        solution.sram = std::move(plan);
      }
    }
    if (worstOver <= 0)
      return std::nullopt;
    return overflow();
  }

  int64_t worstOver = std::numeric_limits<int64_t>::min();

private:
  KernelChoice smallest(size_t i) const {
    KernelChoice choice;
    choice.buffers = kBuffers.front();
    choice.outputGroups = problem.fixedGo && problem.kernels[i].kind == "spmm"
                              ? *problem.fixedGo
                              : 1;
    return choice;
  }

  const KernelChoice &best(size_t i) {
    SramPlan least = planKernel(problem, tokens, headChunks, i, smallest(i));
    int64_t freeBytes = problem.machine.sramBytes - planBytes(least);
    auto [it, isNew] = memo.try_emplace(keyOf(problem.kernels[i], freeBytes));
    if (isNew)
      it->second = searchKernel(i);
    return it->second;
  }

  KernelChoice searchKernel(size_t i) const {
    const KernelShape &shape = problem.kernels[i];
    KernelChoice best = smallest(i);
    best.cycles = std::numeric_limits<double>::infinity();
    auto consider = [&](KernelChoice choice) {
      SramPlan plan = planKernel(problem, tokens, headChunks, i, choice);
      if (planBytes(plan) > problem.machine.sramBytes)
        return;
      choice.cycles = estimateKernel(problem, tokens, headChunks, i, choice);
      if (choice.cycles < best.cycles)
        best = choice;
    };
    if (shape.kind == "spmm") {
      for (int64_t go : kOutputGroups) {
        if (problem.fixedGo ? go != *problem.fixedGo : go > tokens.groupColumns)
          continue;
        considerForms(shape, go, consider);
      }
      if (problem.fixedGo && best.cycles == std::numeric_limits<double>::infinity())
        considerForms(shape, *problem.fixedGo, consider);
    } else if (shape.kind == "sddmm") {
      for (auto side : {Sddmm::Broadcast::Output, Sddmm::Broadcast::Input})
        for (int64_t buffers : kBuffers) {
          KernelChoice choice;
          choice.broadcast = side;
          choice.buffers = buffers;
          consider(choice);
        }
    } else {
      consider(smallest(i));
    }
    return best;
  }

  template <typename F>
  void considerForms(const KernelShape &shape, int64_t go, F consider) const {
    for (GroupForm form : {GroupForm::Contiguous, GroupForm::Interleaved}) {
      if (go == 1 && form == GroupForm::Interleaved)
        continue;
      for (int64_t buffers : kBuffers) {
        KernelChoice choice;
        choice.outputGroups = go;
        choice.form = form;
        choice.buffers = buffers;
        consider(choice);
      }
    }
  }

  Error overflow() const {
    SramPlan plan =
        planKernel(problem, tokens, headChunks, worstKernel, smallest(worstKernel));
    std::string items;
    for (const auto &[item, bytes] : plan)
      items += (items.empty() ? "" : ", ") + item + " " + std::to_string(bytes);
    return {"kernel " + problem.kernels[worstKernel].name,
            "expected at most " + std::to_string(problem.machine.sramBytes) +
                " bytes of SRAM a core, got " + std::to_string(planBytes(plan)) +
                ", over by " + std::to_string(worstOver) + " (" + items +
                ") with " + std::to_string(tokens.tokensPerCore) +
                " tokens a core in " + std::to_string(tokens.groups) +
                " token groups"};
  }

  const MappingProblem &problem;
  TokenLayout tokens;
  int64_t headChunks;
  size_t worstKernel = 0;
  std::map<ShapeKey, KernelChoice> memo;
};

/// A head needs a column of its own or several heads fit one; a token group
/// needs at least one sequence.
bool isPossible(const MappingProblem &problem, int64_t gt) {
  return gt <= problem.machine.width && gt <= problem.tokens / problem.seq;
}

} // namespace

std::optional<MappingSolution> searchExhaustive(const MappingProblem &problem,
                                                Error &error) {
  if (auto bad = problem.check()) {
    error = *bad;
    return std::nullopt;
  }
  std::optional<MappingSolution> best;
  int64_t leastOver = std::numeric_limits<int64_t>::max();
  bool anyChunked =
      std::any_of(problem.classes.begin(), problem.classes.end(),
                  [](const FeatureClass &c) { return c.chunked; });
  std::string compared;
  for (int64_t gt = 1; gt <= kMostTokenGroups; ++gt) {
    if (problem.fixedGt && gt != *problem.fixedGt)
      continue;
    if (!isPossible(problem, gt)) {
      if (problem.fixedGt)
        error = {"mapping.gt", "expected at most one token group a sequence (" +
                                   std::to_string(problem.tokens / problem.seq) +
                                   "), got " + std::to_string(gt)};
      continue;
    }
    TokenLayout tokens = layTokens(problem.tokens, problem.seq, gt,
                                   problem.machine.width, problem.machine.height);
    for (int64_t chunks : kHeadChunks) {
      LayoutSearch search(problem, tokens, chunks);
      MappingSolution solution;
      auto over = search.run(solution);
      if (over) {
        if (search.worstOver < leastOver) {
          leastOver = search.worstOver;
          error = *over;
        }
        if (!anyChunked)
          break;
        continue;
      }
      compared += (compared.empty() ? "gt " : ", ") + std::to_string(gt) + ": " +
                  std::to_string(static_cast<int64_t>(solution.cycles));
      if (!best || solution.cycles < best->cycles)
        best = std::move(solution);
      break;
    }
  }
  if (best)
    best->reasons.push_back("estimated cycles by token groups: " + compared);
  return best;
}

} // namespace waferflow
