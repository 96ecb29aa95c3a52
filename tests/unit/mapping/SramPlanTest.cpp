//===- SramPlanTest.cpp - Does a plan count every byte? -------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Problems.h"

using namespace waferflow;
using namespace waferflow::test;

namespace {

LaidOut oneGroup(const MappingProblem &problem, int64_t chunks = 1) {
  return layOut(problem,
                layTokens(problem.tokens, problem.seq, 1, problem.machine.width,
                          problem.machine.height),
                chunks);
}

/// The backward pass of LLaMA-2-7B's MLP at 131,072 tokens: 114 tokens a core,
/// 6 residual features a column (1,368 bytes a tensor) and 15 of the MLP
/// (3,420).
MappingProblem llama7b(int32_t kept, int32_t recomputed) {
  MappingProblem problem;
  problem.machine = machineOf("cs3");
  problem.tokens = 131072;
  problem.seq = 2048;
  problem.classes = {{"residual", 4096}, {"mlp", 11008}};
  problem.kernels = {spmm("down dX", 0, 1, 4096, 11008, 1, 0)};
  problem.live = {{{kept, 0}, {recomputed, 0}, {3, 3}, 0}};
  return problem;
}

struct Row {
  int32_t kept, recomputed;
  int64_t inputs, withMlp, all;
};

/// Without what stays empty between buffers.
SramPlan held(SramPlan plan) {
  int64_t bytes = planBytes(plan) - plan["code"] - plan["gaps"];
  EXPECT_EQ(plan["gaps"], bytes / 48 / 4 * 4);
  plan.erase("gaps");
  return plan;
}

class Llama7b : public testing::TestWithParam<Row> {};

// The design's table of every k-th block input kept, for 32 blocks. What the
// compiler plans from IR differs in the live set, not in these rules: its maps
// write over inputs that die, and the last block's output is kept as well.
TEST_P(Llama7b, PlanOfTheMlpBackwardByHand) {
  const Row &row = GetParam();
  MappingProblem problem = llama7b(row.kept, row.recomputed);
  LaidOut laid = oneGroup(problem);
  ASSERT_EQ(laid.tokens.tokensPerCore, 114);
  ASSERT_EQ(laid.features, (std::vector<int64_t>{6, 15}));
  ASSERT_EQ(laid.columns, (std::vector<int64_t>{683, 734}));
  KernelChoice choice;
  choice.buffers = 8;
  SramPlan plan = held(planKernel(problem, laid, 0, choice));
  SramPlan expected = {{"code", 12288},
                       {"kept_inputs", row.kept * 1368},
                       {"activations.residual", 3 * 1368},
                       {"activations.mlp", 3 * 3420},
                       {"partial_sums", 8 * 114 * 2}};
  if (row.recomputed)
    expected["recomputed_inputs"] = row.recomputed * 1368;
  EXPECT_EQ(plan, expected);
  int64_t inputs = (row.kept + row.recomputed) * 1368;
  EXPECT_EQ(inputs, row.inputs);
  EXPECT_EQ(inputs + plan["activations.residual"] + plan["activations.mlp"],
            row.withMlp);
  EXPECT_EQ(planBytes(plan), row.all);
  EXPECT_EQ(kernelBytes(problem, laid, 0, choice),
            row.all + (row.all - 12288) / 48 / 4 * 4);
  EXPECT_EQ(row.all <= problem.machine.sramBytes, row.kept == 8);
}

INSTANTIATE_TEST_SUITE_P(KeepEvery, Llama7b,
                         testing::Values(Row{32, 0, 43776, 58140, 72252},
                                         Row{16, 1, 23256, 37620, 51732},
                                         Row{8, 3, 15048, 29412, 43524}));

/// 8 tokens a core, residual 6 a column, MLP 15.
TEST(SramPlan, OfEveryKindByHand) {
  MappingProblem problem = mlp();
  LaidOut laid = oneGroup(problem);
  ASSERT_EQ(laid.tokens.tokensPerCore, 8);
  SramPlan grouped =
      held(planKernel(problem, laid, 1, {3, GroupForm::Interleaved, 4}));
  EXPECT_EQ(grouped, (SramPlan{{"code", problem.machine.codeBytes},
                               {"kept_inputs", 6 * 8 * 2},
                               {"activations.residual", 6 * 8 * 2},
                               {"activations.mlp", 2 * 15 * 8 * 2},
                               {"row_scalars", 8 * 4},
                               {"partial_sums", 4 * 8 * 2},
                               {"replica", 16 * 8 * 2}})); // 64 on 4 columns
  KernelChoice gradient;
  gradient.buffers = 2;
  gradient.broadcast = Sddmm::Broadcast::Input; // dY is resident
  SramPlan dots = planKernel(problem, laid, 2, gradient);
  EXPECT_EQ(dots["broadcast"], 2 * 8 * 2);
  EXPECT_EQ(dots["results"], 2 * 4 * 6);
  gradient.broadcast = Sddmm::Broadcast::Output; // X is resident
  EXPECT_EQ(planKernel(problem, laid, 2, gradient)["results"], 2 * 4 * 15);

  problem.accumulate = Accumulate::F32;
  EXPECT_EQ(planKernel(problem, laid, 0,
                       {1, GroupForm::Contiguous, 4})["partial_sums"],
            4 * 8 * 4);
  problem.type = ElementType::F32;
  EXPECT_EQ(planKernel(problem, laid, 0, {})["kept_inputs"], 6 * 8 * 4);

  problem.kernels[0].kind = "relayout"; // holds what it makes and passes on
  SramPlan gather = planKernel(problem, laid, 0, {3, GroupForm::Interleaved});
  EXPECT_EQ(gather["replica"], 16 * 8 * 4);
  EXPECT_EQ(gather["passing"], 2 * 6 * 8 * 4);
}

// The gather before a product holds the input and passes pieces on, twice; the
// product holds its sums and its result: the larger counts.
TEST(SramPlan, OfAGatherByHand) {
  MappingProblem problem = mlp();
  LaidOut laid = oneGroup(problem);
  problem.kernels[0] = spmm("wide", 1, 0, 64, 172, 1, 0); // 15 to 6 a column
  problem.live[0] = {{0, 0}, {0, 0}, {1, 1}, 0};
  KernelChoice choice{3, GroupForm::Interleaved, 2};
  int64_t replica = 43 * 8 * 2, passing = 2 * 15 * 8 * 2, sums = 2 * 8 * 2;
  int64_t input = 15 * 8 * 2, own = 6 * 8 * 2;
  SramPlan plan = held(planKernel(problem, laid, 0, choice));
  EXPECT_EQ(plan["replica"], replica);
  EXPECT_EQ(plan["gather"], passing - own - sums);
  EXPECT_EQ(planBytes(plan) - plan["code"], input + replica + passing);
  // Nobody else reads the input: the product has the replica alone.
  problem.live[0].inputDies = true;
  plan = held(planKernel(problem, laid, 0, choice));
  EXPECT_EQ(plan.count("activations.mlp"), 0u);
  EXPECT_EQ(planBytes(plan) - plan["code"], input + replica + passing);
}

// 4 heads of 16 dims on 12 columns: 3 columns a head, 6 dims (3 pairs) each.
TEST(SramPlan, OfAttentionByHand) {
  for (bool backward : {false, true}) {
    MappingProblem problem = attention(backward);
    problem.kernels[0].kvHeads = problem.kernels[0].heads;
    LaidOut laid = oneGroup(problem);
    ASSERT_EQ(laid.features[0], 6);
    KernelChoice choice;
    choice.keyBlock = 4;
    // Room for the last of 3 equal chunks of 8 queries.
    int64_t queries = 8 + 2, entries = backward ? 2 * 4 : 4 + 2;
    SramPlan expected = {
        {"code", problem.machine.codeBytes},
        {"activations.heads", (backward ? 2 : 4) * 6 * 8 * 2}, // dk, dv: later
        {"keys_and_values", 2 * 6 * 8 * 2}, // one row, so one block
        {"scores", queries * entries * 2 + 4 * queries + 4},
        {"softmax", 4 * (8 + 8 + 8 + (backward ? 8 : 0))}};
    if (backward)
      expected["gradients"] = 2 * 6 * 8 * 2;
    EXPECT_EQ(held(planKernel(problem, laid, 0, choice)), expected);
    // Keys and values that are not read afterwards make room for gradients.
    problem.live[0].dyingKeys = 2;
    int64_t less = backward ? 2 * 6 * 8 * 2 : 0;
    EXPECT_EQ(planBytes(held(planKernel(problem, laid, 0, choice))),
              planBytes(expected) - less);
  }
}

// Tables are there from the first kernel that reads them to the last, and what
// the forward pass leaves for the gradients of attention.
TEST(SramPlan, OfTablesByHand) {
  MappingProblem problem = mlp();
  LaidOut laid = oneGroup(problem);
  LivePoint &live = problem.live[0];
  int64_t before = planBytes(held(planKernel(problem, laid, 0, {})));
  live.positionTables = {2, 0};
  live.featureTables = {0, 1};
  live.tokenTables = 3;
  live.logarithms = {1, 0};
  SramPlan plan = held(planKernel(problem, laid, 0, {}));
  EXPECT_EQ(plan["tables"], 2 * 6 * 8 * 2 + 15 * 4 + 3 * 4 * 9);
  EXPECT_EQ(plan["logarithms"], 8 * 4);
  EXPECT_EQ(planBytes(plan), before + plan["tables"] + plan["logarithms"]);
}

TEST(SramPlan, OfAPieceOfTheVocabulary) {
  MappingProblem problem = mlp();
  problem.classes[1] = {"vocabulary", 256, 0, 0, 1, true};
  EXPECT_EQ(oneGroup(problem).features[1], 22); // ceil(256 / 12)
  LaidOut laid = oneGroup(problem, 8);
  EXPECT_EQ(laid.features[1], 3); // ceil(32 / 12)
  EXPECT_EQ(planKernel(problem, laid, 0, {})["activations.vocabulary"],
            3 * 8 * 2);
}

} // namespace
