//===- SearchTest.cpp - Does the search find the best mapping? ------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Problems.h"

#include <gmock/gmock.h>

#include <limits>

using namespace waferflow;
using namespace waferflow::test;
using testing::HasSubstr;

namespace {

/// Every choice of one kernel that the search may make and that fits.
std::vector<KernelChoice> allChoices(const MappingProblem &problem,
                                     const LaidOut &laid, size_t i) {
  std::vector<KernelChoice> fits;
  auto consider = [&](const KernelChoice &choice) {
    if (kernelBytes(problem, laid, i, choice) <= problem.machine.sramBytes)
      fits.push_back(choice);
  };
  const KernelShape &shape = problem.kernels[i];
  for (int64_t buffers : {2, 4, 8, 16, 32, 64, 128})
    if (shape.kind == "sddmm") {
      for (auto side : {Sddmm::Broadcast::Output, Sddmm::Broadcast::Input})
        consider({1, GroupForm::Contiguous, buffers, 0, side});
    } else {
      for (int64_t go : {1, 2, 3, 4, 6, 8, 12, 16})
        if (buffers == 2 && go <= laid.columns[shape.inClass])
          for (auto form : {GroupForm::Contiguous, GroupForm::Interleaved})
            consider({go, form, buffers});
    }
  return fits;
}

/// Cycles of kernels [i, end) over all combinations, each kernel's gather paid
/// unless the kernel before made the same replicas.
double cheapest(const MappingProblem &problem, const LaidOut &laid, size_t i,
                const KernelChoice &before) {
  if (i == problem.kernels.size())
    return 0;
  double best = std::numeric_limits<double>::infinity();
  for (const KernelChoice &choice : allChoices(problem, laid, i)) {
    double cycles = estimateKernel(problem, laid, i, choice);
    if (!sharesGather(problem, i, before, choice))
      cycles += estimateGather(problem, laid, i, choice);
    best = std::min(best, cycles + cheapest(problem, laid, i + 1, choice));
  }
  return best;
}

double bruteForce(const MappingProblem &problem) {
  double best = std::numeric_limits<double>::infinity();
  for (int64_t gt = 1; gt <= problem.tokens / problem.seq; ++gt)
    for (OrderKind first : orderCandidates(problem, 0))
      for (OrderKind second : orderCandidates(problem, 1)) {
        TokenLayout tokens =
            layTokens(problem.tokens, problem.seq, gt, problem.machine.width,
                      problem.machine.height);
        LaidOut laid = layOut(problem, tokens, 1, {first, second});
        best = std::min(best, cheapest(problem, laid, 0, {}));
      }
  return best;
}

TEST(MappingSearch, FindsTheOptimumOfEveryCombination) {
  for (double density : {1.0, 0.5, 0.1})
    for (int64_t sram : {49152, 13200}) {
      MappingProblem problem = mlp(density);
      problem.machine.sramBytes = sram;
      MappingSolution solution = solve(problem);
      EXPECT_FALSE(verify(problem, solution));
      EXPECT_NEAR(solution.cycles, bruteForce(problem), 1e-9 * solution.cycles)
          << density << " " << sram;
      EXPECT_LE(planBytes(solution.sram), sram);
    }
}

/// Rings of interleaved groups, and one color for the weight.
TEST(MappingSearch, InterleavedGroupsHaveTheColorsOfTheirRings) {
  for (int64_t colors : {64, 24, 12, 8}) {
    MappingProblem problem = mlp(0.1);
    problem.machine = machineOf("cs3");
    problem.machine.width = 96;
    problem.machine.colors = colors;
    problem.classes[0].features = 768;
    problem.classes[1].features = 3072;
    for (KernelShape &kernel : problem.kernels) {
      kernel.rows = kernel.kind == "spmm" ? 3072 : 768;
      kernel.columns = 3840 - kernel.rows;
    }
    int64_t usable = colors - problem.machine.reservedColors;
    MappingSolution solution = solve(problem);
    int64_t most = 1;
    for (const KernelChoice &choice : solution.choices)
      if (choice.form == GroupForm::Interleaved)
        most = std::max(most, choice.outputGroups);
    EXPECT_LE(2 * most + 2, usable);
    if (colors == 64)
      EXPECT_EQ(most, 16); // which 24 have no colors for
  }
}

TEST(MappingSearch, CyclesAreTheSumOfTheKernels) {
  MappingProblem problem = mlp();
  MappingSolution solution = solve(problem);
  double sum = 0;
  for (const KernelChoice &choice : solution.choices)
    sum += choice.cycles;
  EXPECT_NEAR(sum, solution.cycles, 1e-9 * sum);
  ASSERT_EQ(solution.reasons.size(), 2u);
  EXPECT_THAT(solution.reasons[0], HasSubstr("by token groups that fit: 1: "));
  EXPECT_EQ(solution.reasons[1],
            "features are blocked on the columns: no mask was counted, so "
            "columns are as even in any order");
}

TEST(MappingSearch, FindsTheOptimumOfEveryCombinationOfOrders) {
  for (bool hiddenToo : {false, true}) {
    MappingProblem problem = skewedMlp(hiddenToo);
    MappingSolution solution = solve(problem);
    EXPECT_FALSE(verify(problem, solution));
    EXPECT_NEAR(solution.cycles, bruteForce(problem), 1e-9 * solution.cycles);
  }
}

TEST(MappingSearch, ASkewedMaskIsDealtAndTheReasonSaysSo) {
  MappingProblem problem = skewedMlp();
  problem.fixedGt = problem.fixedGo = 1; // more groups hold larger stretches
  MappingSolution solution = solve(problem);
  EXPECT_EQ(solution.orders[0], OrderKind::Dealt);
  // Blocked, six neighbours of 172 lie in one of 11 columns: 1032 of 5520 / 11.
  ASSERT_EQ(solution.reasons.size(), 2u);
  EXPECT_THAT(
      solution.reasons[1],
      HasSubstr("orders of features, fullest over mean column: residual "
                "dealt (1."));
  EXPECT_THAT(solution.reasons[1], HasSubstr(" against 2.057 blocked, "));
  EXPECT_THAT(solution.reasons[1], HasSubstr("; estimated cycles "));
  double dealt = solution.cycles;
  problem.fixedOrder = OrderKind::Blocked;
  solution = solve(problem);
  EXPECT_GT(solution.cycles, 1.1 * dealt);
  EXPECT_EQ(solution.orders[0], OrderKind::Blocked);
  EXPECT_THAT(solution.reasons[1],
              HasSubstr("features are blocked on the columns, as asked for"));
}

// The same candidates, whatever the masks: where nothing was counted all orders
// cost the same, and the first is taken.
TEST(MappingSearch, WithoutCountsNoOrderIsBetter) {
  for (double density : {1.0, 0.3}) {
    MappingProblem problem = mlp(density);
    double free = solve(problem).cycles;
    for (OrderKind kind : kOrderKinds) {
      problem.fixedOrder = kind;
      MappingSolution solution = solve(problem);
      EXPECT_EQ(solution.orders, std::vector<OrderKind>(2, kind));
      EXPECT_EQ(solution.cycles, free) << orderKindName(kind);
      EXPECT_FALSE(verify(problem, solution));
    }
  }
}

TEST(MappingSearch, IsDeterministic) {
  MappingSolution a = solve(mlp()), b = solve(mlp());
  EXPECT_EQ(a.tokens, b.tokens);
  EXPECT_EQ(a.cycles, b.cycles);
  EXPECT_EQ(a.reasons, b.reasons);
  for (size_t i = 0; i < a.choices.size(); ++i) {
    EXPECT_EQ(a.choices[i].outputGroups, b.choices[i].outputGroups);
    EXPECT_EQ(a.choices[i].form, b.choices[i].form);
    EXPECT_EQ(a.choices[i].buffers, b.choices[i].buffers);
  }
}

TEST(MappingSearch, RespectsFixedGroups) {
  MappingProblem problem = mlp();
  for (int64_t gt : {1, 2, 3})
    for (int64_t go : {1, 2}) {
      problem.fixedGt = gt;
      problem.fixedGo = go;
      MappingSolution solution = solve(problem);
      EXPECT_EQ(solution.tokens.groups, gt);
      EXPECT_EQ(solution.choices[0].outputGroups, go);
      EXPECT_EQ(solution.choices[1].outputGroups, go);
      EXPECT_EQ(solution.choices[2].outputGroups, 1);
    }
}

TEST(MappingSearch, FixedGroupsThatCannotBeAreErrors) {
  MappingProblem problem = mlp();
  problem.fixedGt = 9;
  EXPECT_EQ(fail(problem).error.str(),
            "mapping.gt: expected at most 8 token groups (one a sequence and a "
            "column), got 9");
  problem.fixedGt = 1;
  problem.fixedGo = 12;
  EXPECT_EQ(fail(problem).error.str(),
            "mapping.go: expected at most 11 output groups (columns that hold "
            "the input of kernel gate in 1 token groups), got 12");
  problem.fixedGt.reset();
  EXPECT_THAT(fail(problem).error.str(), HasSubstr("mapping.go: expected"));
}

TEST(MappingSearch, ReportsTheSmallestOverflow) {
  MappingProblem problem = mlp();
  problem.machine.sramBytes = 12300;
  MappingFailure failure = fail(problem);
  int64_t least = std::numeric_limits<int64_t>::max();
  for (int64_t gt = 1; gt <= 8; ++gt) {
    LaidOut laid = layOut(problem, layTokens(64, 8, gt, 12, 10), 1);
    int64_t most = 0;
    for (size_t i = 0; i < 3; ++i) {
      KernelChoice smallest;
      smallest.buffers = 2;
      most = std::max(most, kernelBytes(problem, laid, i, smallest));
    }
    least = std::min(least, most - 12300);
  }
  EXPECT_GT(failure.overBytes, 0);
  EXPECT_EQ(failure.overBytes, least);
  EXPECT_THAT(failure.error.str(),
              HasSubstr("expected at most 12300 bytes of SRAM a core, got " +
                        std::to_string(12300 + least) + ", over by " +
                        std::to_string(least) + " ("));
  EXPECT_THAT(failure.error.what, HasSubstr("code 12288"));
  problem.machine.sramBytes += failure.overBytes;
  EXPECT_TRUE(
      std::holds_alternative<MappingSolution>(searchExhaustive(problem)));
  problem.machine.sramBytes -= 1;
  EXPECT_EQ(fail(problem).overBytes, 1);
}

// The candidates do not depend on the density: forced into any of the sparse
// run's choices, the dense problem verifies, and the other way round.
TEST(MappingSearch, DenseAndSparseHaveTheSameCandidates) {
  MappingProblem dense = mlp(1), sparse = mlp(0.1);
  for (int64_t gt = 1; gt <= 8; ++gt) {
    LaidOut a = layOut(dense, layTokens(64, 8, gt, 12, 10), 1);
    LaidOut b = layOut(sparse, layTokens(64, 8, gt, 12, 10), 1);
    for (size_t i = 0; i < 3; ++i)
      EXPECT_EQ(allChoices(dense, a, i).size(),
                allChoices(sparse, b, i).size());
  }
  EXPECT_FALSE(verify(dense, solve(sparse)));
  EXPECT_FALSE(verify(sparse, solve(dense)));
  EXPECT_LT(solve(sparse).cycles, solve(dense).cycles);
}

// Logits of 256 entries never fit whole here; they are passed in the fewest
// pieces that fit.
TEST(MappingSearch, TakesTheFewestPiecesOfTheVocabulary) {
  MappingProblem problem = mlp(1);
  problem.classes[1] = {"vocabulary", 256, 0, 0, 1, true};
  for (KernelShape &kernel : problem.kernels)
    (kernel.inClass == 1 ? kernel.columns : kernel.rows) = 256;
  problem.fixedGt = 1;
  EXPECT_EQ(solve(problem).headChunks, 1);
  problem.machine.sramBytes = 12288 + 700;
  MappingSolution solution = solve(problem);
  EXPECT_GT(solution.headChunks, 1);
  LaidOut fewer = layOut(problem, solution.tokens, solution.headChunks / 2);
  int64_t most = 0;
  for (size_t i = 0; i < 3; ++i) {
    KernelChoice smallest;
    smallest.buffers = 2;
    most = std::max(most, kernelBytes(problem, fewer, i, smallest));
  }
  EXPECT_GT(most, problem.machine.sramBytes);
}

} // namespace
