//===- ProblemTest.cpp - Are bad problems and solutions refused? ----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Problems.h"

#include <gmock/gmock.h>

#include <functional>

using namespace waferflow;
using namespace waferflow::test;
using testing::HasSubstr;

namespace {

struct BadProblem {
  std::function<void(MappingProblem &)> spoil;
  const char *says;
};

TEST(MappingProblemCheck, AGoodOnePasses) {
  EXPECT_FALSE(mlp().check()) << mlp().check()->str();
  EXPECT_FALSE(attention(true).check());
}

TEST(MappingProblemCheck, SaysWhatIsWrong) {
  const BadProblem cases[] = {
      {[](auto &p) { p.tokens = 60; },
       "tokens: expected a positive multiple of the sequence length 8, got 60"},
      {[](auto &p) { p.tokens = 0; }, "got 0"},
      {[](auto &p) { p.seq = 0; }, "sequence length 0"},
      {[](auto &p) { p.live.pop_back(); },
       "live: expected one live point a kernel (3), got 2"},
      {[](auto &p) { p.live[0].keptInputs.push_back(1); },
       "live: expected at most one count a class (2), got 3"},
      {[](auto &p) { p.classes[1].features = 0; },
       "class mlp: expected features, got none"},
      {[](auto &p) { p.kernels[1].outClass = 2; },
       "kernel up: expected one of 2 feature classes, got 2"},
      {[](auto &p) { p.kernels[1].inClass = -1; },
       "kernel up: expected classes of its input and its output"},
      {[](auto &p) { p.kernels[2].density = 1.5; },
       "kernel down dW: expected density in [0, 1], got 1.5"},
      {[](auto &p) { p.kernels[2].scalars = {{ScalarOp::Add, -1, 0, 0}}; },
       "kernel down dW: expected scalar work"},
      {[](auto &p) { p.kernels[0].counts = 1; },
       "kernel gate: expected one of 0 counted weights, got 1"},
      {[](auto &p) {
         p.counts = {{{1, 2}, {3}}};
         p.kernels[0].counts = 0;
       },
       "kernel gate: expected counts of 64 columns, got 2"},
      {[](auto &p) { p.fixedGo = 0; },
       "mapping.go: expected at least 1 group, got 0"},
      {[](auto &p) { p.fixedGt = -2; },
       "mapping.gt: expected at least 1 group, got -2"},
      {[](auto &p) { p.fixedChunks = 2; },
       "mapping.chunks: expected 1 to 1 pieces"},
      {[](auto &p) {
         p.classes[1].chunked = true;
         p.fixedChunks = p.classes[1].features + 1;
       },
       "mapping.chunks: expected 1 to 172 pieces"},
  };
  for (const BadProblem &bad : cases) {
    MappingProblem problem = mlp();
    bad.spoil(problem);
    auto error = problem.check();
    ASSERT_TRUE(error) << bad.says;
    EXPECT_THAT(error->str(), HasSubstr(bad.says));
    // The search refuses it with the same words.
    EXPECT_EQ(fail(problem).error.str(), error->str());
    EXPECT_EQ(fail(problem).overBytes, 0);
  }
  MappingProblem noHeads = attention(false);
  noHeads.kernels[0].heads = 0;
  EXPECT_THAT(noHeads.check()->str(), HasSubstr("expected heads"));
}

/// 8 sequences on 10 rows: one row each, 8 tokens a core.
MappingSolution byHand(const MappingProblem &problem) {
  MappingSolution solution;
  solution.tokens = layTokens(problem.tokens, problem.seq, 1, 12, 10);
  solution.choices.assign(problem.kernels.size(), {});
  solution.orders.assign(problem.classes.size(), OrderKind::Blocked);
  return solution;
}

TEST(MappingSolutionVerify, AcceptsAPlainOneMadeByHand) {
  MappingProblem problem = mlp();
  auto error = verify(problem, byHand(problem));
  EXPECT_FALSE(error) << error->str();
  MappingSolution grouped = byHand(problem);
  grouped.choices[0] = {11, GroupForm::Interleaved, 4};
  EXPECT_FALSE(verify(problem, grouped));
}

TEST(MappingSolutionVerify, RefusesBadOnesMadeByHand) {
  struct Bad {
    std::function<void(MappingSolution &)> spoil;
    const char *says;
  };
  const Bad cases[] = {
      {[](auto &s) { s.choices.pop_back(); },
       "expected one choice a kernel, got 2"},
      {[](auto &s) { s.choices[1].buffers = 0; },
       "kernel up: expected at least 1 buffer, got 0"},
      // 64 features lie in 11 of the 12 columns, six a column.
      {[](auto &s) { s.choices[0].outputGroups = 12; },
       "kernel gate: expected 1 to 11 output groups, got 12"},
      {[](auto &s) { s.choices[0].outputGroups = 0; }, "got 0"},
      {[](auto &s) { s.choices[2].outputGroups = 2; },
       "kernel down dW: expected 1 to 1 output groups, got 2"},
      {[](auto &s) { s.choices[0].buffers = 4096; },
       "kernel gate: expected at most 49152 bytes of SRAM a core, got"},
      {[](auto &s) { s.tokens.tokensPerCore = 1; },
       "mapping: expected the layout of 64 tokens"},
      {[](auto &s) { s.tokens.groups = 2; }, "expected the layout of"},
      {[](auto &s) { s.headChunks = 0; },
       "expected at least 1 piece of the vocabulary, got 0"},
      {[](auto &s) { s.orders.pop_back(); },
       "expected one order a feature class, got 1"},
  };
  MappingProblem problem = mlp();
  for (const Bad &bad : cases) {
    MappingSolution solution = byHand(problem);
    bad.spoil(solution);
    auto error = verify(problem, solution);
    ASSERT_TRUE(error) << bad.says;
    EXPECT_THAT(error->str(), HasSubstr(bad.says));
  }
  problem.fixedGt = 2;
  EXPECT_THAT(verify(problem, byHand(problem))->str(),
              HasSubstr("mapping.gt: expected 2 token groups, got 1"));
  problem.fixedGt.reset();
  problem.fixedOrder = OrderKind::Dealt;
  EXPECT_THAT(verify(problem, byHand(problem))->str(),
              HasSubstr("mapping.order: expected dealt features of residual, "
                        "got blocked"));
  MappingProblem scores = attention(false);
  EXPECT_THAT(verify(scores, byHand(scores))->str(),
              HasSubstr("expected a key block of at least 1 key, got 0"));
}

} // namespace
