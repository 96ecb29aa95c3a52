//===- PlaceBlocksTest.cpp - Do buffers that are there at once fit? -------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/problems/sram/SramProblem.h"
#include "compiler/problems/sram/Turns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

using namespace waferflow;

namespace {

TEST(PlaceBlocks, RejectsWhatIsNoProblem) {
  SramProblem problem{16, {{4, 0, 1}, {0, 0, 1}}};
  ASSERT_TRUE(problem.check());
  EXPECT_EQ(problem.check()->str(),
            "block 1: expected bytes and a time, got 0 bytes from 0 to 1");
  problem.blocks[1] = {4, 2, 2};
  EXPECT_TRUE(problem.check());
  problem.blocks[1] = {4, 2, 3};
  EXPECT_FALSE(problem.check());
}

TEST(PlaceBlocks, VerifiesByHand) {
  SramProblem problem{16, {{8, 0, 2}, {8, 1, 3}, {8, 2, 4}}};
  EXPECT_FALSE(verify(problem, {{0, 8, 0}, 16}));
  EXPECT_EQ(verify(problem, {{0, 4, 0}, 12})->str(),
            "block 0: expected bytes of its own, got some of block 1");
  EXPECT_EQ(verify(problem, {{0, 12, 0}, 20})->str(),
            "block 1: expected an address on 4 bytes from 0 to 8, got 12");
  EXPECT_TRUE(verify(problem, {{2, 10, 2}, 18}));
  EXPECT_TRUE(verify(problem, {{0, 8}, 16}));
}

// What ends when another begins leaves its place to it.
TEST(PlaceBlocks, LoadIsOfWhatIsThereAtOnce) {
  SramProblem problem{16, {{8, 0, 2}, {8, 1, 3}, {8, 2, 4}, {6, 3, 4}}};
  EXPECT_EQ(problem.load().bytes, 16);
  EXPECT_EQ(problem.load().time, 1);
}

// First fit in the order of begin leaves the long-lived block above a gap that
// is too small for the last one; known times put it at the end of SRAM.
TEST(PlaceBlocks, AvoidsGapsThatFirstFitLeaves) {
  SramProblem problem{12, {{4, 0, 1}, {4, 0, 3}, {8, 2, 3}}};
  SramSolution first = placeInOrder(problem, {0, 1, 2});
  EXPECT_EQ(first.top, 16);
  EXPECT_TRUE(verify(problem, first));
  SramSolution placed;
  ASSERT_FALSE(placeBlocks(problem, placed));
  EXPECT_EQ(placed.top, 12);
}

TEST(PlaceBlocks, SaysWhatDoesNotFit) {
  SramProblem problem{12, {{8, 0, 2}, {8, 1, 2}}};
  SramSolution placed;
  auto bad = placeBlocks(problem, placed);
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->str(), "sram: expected at most 12 bytes, got 16 as placed, of "
                        "which 16 hold values");
}

// Steps of a training step: kept inputs that end in the order opposite to that
// in which they begin, and short-lived blocks of many sizes.
TEST(PlaceBlocks, StaysCloseToTheLoadOnStepsLikeTraining) {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    SramProblem problem;
    int64_t clock = 0, layers = 4 + seed;
    std::vector<size_t> kept;
    auto brief = [&] {
      for (int i = 0; i < 6; ++i, ++clock)
        problem.blocks.push_back({4 + 4 * int64_t(random() % 1000), clock,
                                  clock + 1 + int64_t(random() % 4)});
    };
    for (int64_t layer = 0; layer < layers; ++layer, brief()) {
      kept.push_back(problem.blocks.size());
      problem.blocks.push_back({1368, clock++, 0});
    }
    for (; !kept.empty(); kept.pop_back(), brief())
      problem.blocks[kept.back()].end = ++clock;
    int64_t load = problem.load().bytes;
    problem.bytes = load + load / 20;
    SramSolution placed, again;
    EXPECT_FALSE(placeBlocks(problem, placed)) << "seed " << seed;
    EXPECT_FALSE(verify(problem, placed)) << "seed " << seed;
    EXPECT_FALSE(placeBlocks(problem, again));
    EXPECT_EQ(placed.address, again.address);
  }
}

// Kept inputs, and layers of short-lived blocks that just fit beside them.
SramProblem layersOf(uint32_t seed, int64_t layers) {
  std::mt19937 random(seed);
  SramProblem problem;
  for (int64_t layer = 0; layer < layers; ++layer) {
    problem.blocks.push_back({1368, 40 * layer, 40 * (2 * layers - layer)});
    for (int64_t clock = 0; clock < 40; ++clock)
      problem.blocks.push_back(
          {4 + 4 * int64_t(random() % 500), 40 * layer + clock,
           40 * layer + clock + 1 + int64_t(random() % 6)});
  }
  return problem;
}

// What a move does not concern stays where it is: the same as placing all.
TEST(Turns, MovesGiveWhatPlacingAllGives) {
  SramProblem problem = layersOf(3, 6);
  std::vector<size_t> order(problem.blocks.size());
  for (size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  Turns turns(problem, order);
  std::mt19937 random(5);
  for (int i = 0; i < 300; ++i) {
    size_t late = 1 + random() % (order.size() - 1), early = random() % late;
    std::vector<size_t> moved = order;
    bool swaps = random() % 2;
    if (swaps)
      std::swap(moved[early], moved[late]);
    else
      std::rotate(moved.begin() + early, moved.begin() + late,
                  moved.begin() + late + 1);
    SramSolution wanted = placeInOrder(problem, moved);
    int64_t most = turns.placed().top + int64_t(random() % 3) * 500;
    if (swaps)
      turns.swap(early, late, most);
    else
      turns.advance(late, early, most);
    if (wanted.top <= most)
      order = moved;
    else
      wanted = placeInOrder(problem, order);
    ASSERT_EQ(turns.placed().address, wanted.address) << "move " << i;
    ASSERT_EQ(turns.placed().top, wanted.top) << "move " << i;
    ASSERT_EQ(turns.turnOf(order[early]), early);
  }
}

// Equal layers with little to spare: moves of the highest block alone, whose
// top all layers share, do not come to the end.
TEST(PlaceBlocks, ManyLayersThatJustFit) {
  std::mt19937 random(3);
  std::vector<SramBlock> layer;
  for (int64_t clock = 0; clock < 40; ++clock)
    layer.push_back({4 + 4 * int64_t(random() % 500), clock,
                     clock + 1 + int64_t(random() % 12)});
  SramProblem problem;
  for (int64_t begin = 0; begin < 40 * 60; begin += 60) {
    int64_t group = begin / 480 * 480;
    problem.blocks.push_back({1368, group, group + 480});
    for (const SramBlock &block : layer)
      problem.blocks.push_back(
          {block.bytes, begin + block.begin, begin + block.end});
  }
  problem.bytes = problem.load().bytes * 101 / 100;
  SramSolution placed;
  auto bad = placeBlocks(problem, placed);
  ASSERT_FALSE(bad) << bad->str();
  EXPECT_FALSE(verify(problem, placed));
}

} // namespace
