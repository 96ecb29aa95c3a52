//===- EstimateTest.cpp - Do estimates order mappings as tile does? -------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Problems.h"

#include "models/masks/Counts.h"
#include "simulator/cost/Expected.h"
#include "simulator/tile/KernelModel.h"

#include <algorithm>
#include <cmath>

using namespace waferflow;
using namespace waferflow::test;

namespace {

LaidOut lay(const MappingProblem &problem, int64_t groups = 1) {
  return layOut(problem,
                layTokens(problem.tokens, problem.seq, groups,
                          problem.machine.width, problem.machine.height),
                1);
}

/// A map of one multiplication a feature, one exponential a token and one
/// addition for the whole step.
MappingProblem elementwise() {
  MappingProblem problem = mlp();
  KernelShape map;
  map.name = "map";
  map.kind = "map";
  map.inClass = map.outClass = 0;
  map.scalars = {{ScalarOp::Mul, 64, 0, 0},
                 {ScalarOp::Exp, 1, 0, -1},
                 {ScalarOp::Add, 0, 1, -1}};
  problem.kernels = {map};
  problem.live = {{{}, {}, {2, 0}, 0}};
  return problem;
}

TEST(ScalarWork, OnTheFullestCoreByHand) {
  MappingProblem problem = elementwise();
  auto work = scalarWork(problem, lay(problem), 0);
  ASSERT_EQ(work.size(), 3u);
  EXPECT_EQ(work[0].perCore, 8 * 6); // 8 tokens, 6 of 64 features
  EXPECT_EQ(work[0].useful, 64 * 64);
  EXPECT_EQ(work[1].perCore, 8);
  EXPECT_EQ(work[1].useful, 64);
  EXPECT_EQ(work[2].perCore, 1);
  EXPECT_EQ(work[2].useful, 1);
  // set-up 15 each; mul 4 a cycle, exp 1/40, add 4.
  EXPECT_EQ(estimateKernel(problem, lay(problem), 0, {}),
            15 + 12 + 15 + 320 + 15 + 1);
}

TEST(ScalarWork, HalfTheFeaturesAreHalfAColumn) {
  MappingProblem problem = elementwise();
  problem.kernels[0].scalars = {{ScalarOp::Mul, 32, 0, 0}};
  EXPECT_EQ(scalarWork(problem, lay(problem), 0)[0].perCore, 8 * 3);
}

TEST(Estimate, RepeatedScalarsMakeTokenGroupsPay) {
  // A scalar a token is worked on by every column: fewer tokens a core are
  // cheaper, whatever the features.
  MappingProblem problem = elementwise();
  problem.kernels[0].scalars = {{ScalarOp::Exp, 1, 0, -1}};
  EXPECT_LT(estimateKernel(problem, lay(problem, 8), 0, {}),
            estimateKernel(problem, lay(problem, 1), 0, {}));
}

/// The same kernels as a program for the tile models.
Program programOf(const MappingProblem &problem, const LaidOut &laid,
                  decltype(Kernel::body) body) {
  Program program;
  program.machine = problem.machine;
  program.tokens = laid.tokens;
  for (const FeatureClass &cls : problem.classes)
    program.orders.push_back(cls.order(laid.tokens.groupColumns));
  Kernel kernel;
  kernel.body = std::move(body);
  program.kernels = {kernel};
  return program;
}

double tileCycles(const Program &program) {
  CostSwitches on;
  TileContext context{program, on};
  const Kernel &kernel = program.kernels[0];
  KernelTiming timing;
  if (auto *reduce = std::get_if<Reduce>(&kernel.body))
    timing = timeReduce(kernel, *reduce, context);
  else if (auto *attention = std::get_if<Attention>(&kernel.body))
    timing = timeAttention(kernel, *attention, context);
  else if (auto *map = std::get_if<Map>(&kernel.body))
    timing = timeMap(kernel, *map, context);
  else
    timing = timeRelayout(kernel, std::get<Relayout>(kernel.body), context);
  return static_cast<double>(timing.cumulative.back());
}

TEST(Estimate, ReductionsAreThoseOfTile) {
  for (bool overY : {false, true}) {
    MappingProblem problem = elementwise();
    KernelShape &reduce = problem.kernels[0];
    reduce.kind = "reduce";
    reduce.overX = !overY;
    reduce.overY = overY;
    reduce.results = 1;
    LaidOut laid = lay(problem);
    Reduce work = reduceWork(problem, laid, 0);
    EXPECT_EQ(work.vectorPerCore, overY ? 6 : 8);
    EXPECT_EQ(work.columns, 11);
    EXPECT_EQ(work.rows, 8);
    EXPECT_EQ(work.drain, overY);
    double tile = tileCycles(programOf(problem, laid, work));
    // Without the route and the end.
    double outside = static_cast<double>(problem.machine.rerouteCycles +
                                         problem.machine.completeCycles);
    EXPECT_NEAR(estimateKernel(problem, laid, 0, {}), tile - outside, 1);
  }
}

// A sum of scalars over all tokens goes back to all cores; it is no gradient.
TEST(Estimate, ASumOfScalarsIsBroadcast) {
  MappingProblem problem = elementwise();
  KernelShape &reduce = problem.kernels[0];
  reduce.kind = "reduce";
  reduce.overY = true;
  reduce.inClass = reduce.outClass = -1;
  reduce.results = 1;
  Reduce work = reduceWork(problem, lay(problem), 0);
  EXPECT_TRUE(work.broadcastBack);
  EXPECT_FALSE(work.drain);
  EXPECT_EQ(work.vectorPerCore, 1);
}

/// Nonzeros by chance, three times as many in some inputs and some outputs; the
/// heavy inputs are neighbours.
class SkewedMask : public MaskSource {
public:
  int64_t rows() const override { return 1536; }
  int64_t columns() const override { return 576; }
  void row(int64_t r, uint64_t *words) const override {
    std::fill(words, words + wordsPerRow(), 0);
    for (int64_t c = 0; c < columns(); ++c)
      if (chance(r, c) < (c < 60 ? 0.3 : 0.1) * (r % 50 == 0 ? 3 : 1))
        words[c / 64] |= uint64_t(1) << (c % 64);
  }
  std::string describe() const override { return "skewed"; }

private:
  static double chance(int64_t r, int64_t c) {
    uint64_t z = static_cast<uint64_t>(r * 576 + c + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return std::ldexp(static_cast<double>((z ^ (z >> 31)) >> 11), -53);
  }
};

/// Up and its gradients in SmolLM2's sizes, its mask counted.
MappingProblem skewedUp(const SkewedMask &mask) {
  MappingProblem problem = mlp();
  problem.machine = machineOf("cs3");
  problem.tokens = 524288;
  problem.seq = 512;
  problem.classes = {{"residual", 576}, {"hidden", 1536}};
  NonzeroSums sums = countSides(mask, 1);
  problem.counts = {{sums.columns, sums.rows}};
  double density = static_cast<double>(countNonzeros(mask, 1)) / (576 * 1536);
  KernelShape up = spmm("up", 0, 1, 1536, 576, density, 0);
  KernelShape dX = spmm("up dX", 1, 0, 1536, 576, density, 1);
  dX.transposed = true;
  KernelShape dW = spmm("up dW", 0, 1, 1536, 576, density, -1);
  dW.kind = "sddmm";
  problem.kernels = {up, dX, dW};
  for (KernelShape &kernel : problem.kernels)
    kernel.counts = 0;
  return problem;
}

// A skew that is dealt away or left alone: what the search compares is what
// tile fidelity measures.
TEST(Estimate, CountedSkewsAreWithinATenthOfTile) {
  auto mask = std::make_shared<SkewedMask>();
  MappingProblem problem = skewedUp(*mask);
  TokenLayout tokens =
      layTokens(524288, 512, 10, problem.machine.width, problem.machine.height);
  for (OrderKind kind : {OrderKind::Blocked, OrderKind::Dealt})
    for (size_t i = 0; i < 3; ++i)
      for (int64_t go : {1, 3, 12}) {
        const KernelShape &shape = problem.kernels[i];
        bool isSpmm = shape.kind == "spmm";
        if (!isSpmm && go > 1)
          continue;
        LaidOut laid = layOut(problem, tokens, 1, {kind, kind});
        KernelChoice choice;
        choice.outputGroups = go;
        choice.form = GroupForm::Interleaved;
        choice.buffers = 16;
        Program program;
        program.machine = problem.machine;
        program.tokens = tokens;
        for (int32_t cls : {0, 1})
          program.orders.push_back(
              layFeatures(problem, cls, kind, tokens.groupColumns, -1));
        program.weights = {{"up", 1536, 576, true, mask}};
        CostSwitches on;
        TileContext context{program, on};
        KernelTiming timing;
        if (isSpmm) {
          Spmm body{0,
                    shape.transposed,
                    shape.inClass,
                    shape.outClass,
                    go,
                    choice.form,
                    16};
          timing = timeSpmm({}, body, context);
        } else {
          Sddmm body{0, 0, 1, choice.broadcast, false, 16};
          timing = timeSddmm({}, body, context);
        }
        double tile = static_cast<double>(timing.cumulative.back());
        EXPECT_NEAR(estimateKernel(problem, laid, i, choice) / tile, 1, 0.1)
            << shape.name << " " << orderKindName(kind) << " " << go;
      }
}

/// LLaMA-2-7B's attention at 131,072 tokens.
MappingProblem attention7b(bool backward) {
  MappingProblem problem = attention(backward);
  problem.machine = machineOf("cs3");
  problem.tokens = 131072;
  problem.seq = 2048;
  problem.classes = {{"heads", 4096, 32, 128}};
  KernelShape &shape = problem.kernels[0];
  shape.heads = shape.kvHeads = 32;
  shape.headDim = 128;
  return problem;
}

TEST(Estimate, AttentionIsWithinATenthOfTile) {
  for (bool backward : {false, true})
    for (int64_t groups : {1, 4})
      for (int64_t keyBlock : {8, 32, 128}) {
        MappingProblem problem = attention7b(backward);
        LaidOut laid = lay(problem, groups);
        KernelChoice choice;
        choice.keyBlock = keyBlock;
        Attention body;
        body.backward = backward;
        body.heads = body.kvHeads = 32;
        body.headDim = 128;
        body.order = 0;
        body.keyBlock = keyBlock;
        double tile = tileCycles(programOf(problem, laid, body));
        EXPECT_NEAR(estimateKernel(problem, laid, 0, choice) / tile, 1, 0.1)
            << backward << " " << groups << " " << keyBlock;
      }
}

/// Short key blocks pay for their exchanges, long ones for the column whose
/// queries see all keys of a block.
TEST(Estimate, TheKeyBlockThatIsChosenIsTheBestOfTile) {
  for (bool backward : {false, true}) {
    MappingProblem problem = attention7b(backward);
    problem.fixedGt = 1;
    LaidOut laid = lay(problem, 1);
    std::map<double, int64_t> byCycles;
    for (int64_t keyBlock : {8, 16, 32, 64, 128}) {
      Attention body;
      body.backward = backward;
      body.heads = body.kvHeads = 32;
      body.headDim = 128;
      body.order = 0;
      body.keyBlock = keyBlock;
      byCycles.try_emplace(tileCycles(programOf(problem, laid, body)),
                           keyBlock);
    }
    EXPECT_EQ(solve(problem).choices[0].keyBlock, byCycles.begin()->second);
  }
}

TEST(Estimate, GathersAreThoseOfTile) {
  MappingProblem problem = mlp();
  LaidOut laid = lay(problem);
  for (auto form : {GroupForm::Contiguous, GroupForm::Interleaved}) {
    KernelChoice choice;
    choice.outputGroups = 2;
    choice.form = form;
    Relayout body;
    body.form = Relayout::Form::AllGather;
    body.fromOrder = body.toOrder = 0;
    body.outputGroups = 2;
    body.groupForm = form;
    double tile = tileCycles(programOf(problem, laid, body));
    double estimate = estimateGather(problem, laid, 0, choice);
    EXPECT_LT(estimate, tile);
    EXPECT_GT(estimate, 0.5 * tile); // dispatch, ramps and hops come on top
  }
}

// More partial sums than the one under way and the one in the ring let columns
// wait less for each other, but need scalar code at every row's end.
TEST(Estimate, TwoPartialSumsAreAsGoodAsAListOfThem) {
  MappingProblem problem;
  problem.machine = machineOf("cs3");
  problem.tokens = 131072;
  problem.seq = 2048;
  problem.classes = {{"residual", 4096}};
  for (double density : {1.0, 0.3, 0.1}) {
    problem.kernels = {spmm("o_proj", 0, 0, 4096, 4096, density, 0)};
    problem.live = {{{0}, {0}, {2}, 0}};
    problem.fixedGt = 1;
    problem.fixedGo = 1;
    MappingSolution solution = solve(problem);
    cost::StreamShape shape;
    shape.rows = 512;
    shape.features = 4096;
    shape.featureColumns = shape.rowColumns = 683;
    shape.density = density;
    shape.indexFree = density == 1;
    auto at = [&](int64_t buffers) {
      shape.buffers = buffers;
      return cost::simulateSpmm(problem.machine, solution.tokens, shape);
    };
    // Counted in the program that kept a list of rows that wait.
    double handOver = 23 * static_cast<double>(shape.rows);
    EXPECT_EQ(solution.choices[0].buffers, 2);
    EXPECT_LT(at(2), 1.03 * (at(32) + handOver)) << density;
  }
}

} // namespace
