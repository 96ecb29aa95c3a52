//===- RoutingTest.cpp - Are paths right, and busy links avoided? ---------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/problems/routing/RoutingProblem.h"

#include <gmock/gmock.h>

#include <random>

using namespace waferflow;
using testing::HasSubstr;

namespace {

RoutingProblem square(std::vector<Demand> demands) {
  RoutingProblem problem;
  problem.width = problem.height = 3;
  problem.demands = std::move(demands);
  return problem;
}

TEST(RoutingProblem, SaysWhatIsWrongWithIt) {
  EXPECT_FALSE(square({{{0, 0}, {2, 2}, 1}}).check());
  EXPECT_THAT(square({{{0, 0}, {3, 0}, 1}}).check()->str(),
              HasSubstr("demand 0: expected cores of a mesh of 3 x 3, got "
                        "(3, 0)"));
  EXPECT_THAT(square({{{1, 1}, {1, 1}, 1}}).check()->str(),
              HasSubstr("sends from (1, 1) to itself"));
  EXPECT_THAT(square({{{1, 1}, {1, 2}, 0}}).check()->str(),
              HasSubstr("at least 1 wavelet, got 0"));
  RoutingProblem problem = square({});
  problem.load = {1};
  EXPECT_THAT(problem.check()->str(), HasSubstr("expected 36 links, got 1"));
}

TEST(RoutingProblem, GoodAndBadPathsMadeByHand) {
  RoutingProblem problem = square({{{0, 0}, {1, 1}, 1}});
  EXPECT_FALSE(verify(problem, {{{{0, 0}, {0, 1}, {1, 1}}}}));
  EXPECT_THAT(verify(problem, {{{{0, 0}, {1, 1}}}})->str(),
              HasSubstr("jumps from (0, 0) to (1, 1)"));
  EXPECT_THAT(verify(problem, {{{{0, 0}, {0, 1}}}})->str(),
              HasSubstr("expected to go from (0, 0) to (1, 1)"));
  EXPECT_THAT(
      verify(problem, {{{{0, 0}, {0, 1}, {0, 0}, {1, 0}, {1, 1}}}})->str(),
      HasSubstr("passes (0, 0) twice"));
  EXPECT_THAT(
      verify(problem, {{{{0, 0}, {0, -1}, {1, -1}, {1, 0}, {1, 1}}}})->str(),
      HasSubstr("leaves the mesh at (0, -1)"));
  EXPECT_THAT(verify(problem, {})->str(), HasSubstr("each of 1 demands"));
}

TEST(RoutingProblem, DimensionOrderGoesAlongXFirst) {
  RoutingProblem problem = square({{{2, 0}, {0, 1}, 1}});
  Path path = routeDimensionOrder(problem).paths[0];
  EXPECT_TRUE(path == (Path{{2, 0}, {1, 0}, {0, 0}, {0, 1}}));
}

TEST(RoutingProblem, ALoadedLinkIsGoneRound) {
  // Two demands share the links of row 0 in dimension order.
  RoutingProblem problem = square({{{0, 0}, {2, 0}, 10}, {{0, 0}, {2, 1}, 10}});
  EXPECT_EQ(busiestLink(problem, routeDimensionOrder(problem)), 20);
  RoutingSolution solution = routeLeastLoaded(problem);
  EXPECT_FALSE(verify(problem, solution));
  EXPECT_EQ(busiestLink(problem, solution), 10);
}

TEST(RoutingProblem, WithoutLoadTheShortestPathTurnsOnce) {
  RoutingProblem problem;
  problem.width = problem.height = 8;
  problem.demands = {{{1, 1}, {6, 5}, 1}};
  Path path = routeLeastLoaded(problem).paths[0];
  EXPECT_EQ(path.size(), 10u);
  int turns = 0;
  for (size_t i = 2; i < path.size(); ++i)
    turns += (path[i].x == path[i - 1].x) != (path[i - 1].x == path[i - 2].x);
  EXPECT_EQ(turns, 1);
}

TEST(RoutingProblem, RandomDemandsAreRoutedRightAndNotWorse) {
  std::mt19937 random(3);
  int better = 0;
  for (int round = 0; round < 20; ++round) {
    RoutingProblem problem;
    problem.width = 7;
    problem.height = 5;
    for (int i = 0; i < 12; ++i) {
      auto core = [&] {
        return MeshCore{static_cast<int64_t>(random() % 7),
                        static_cast<int64_t>(random() % 5)};
      };
      Demand demand{core(), core(), static_cast<int64_t>(1 + random() % 100)};
      if (!(demand.from == demand.to))
        problem.demands.push_back(demand);
    }
    RoutingSolution a = routeDimensionOrder(problem),
                    b = routeLeastLoaded(problem);
    EXPECT_FALSE(verify(problem, a));
    EXPECT_FALSE(verify(problem, b));
    better += busiestLink(problem, b) < busiestLink(problem, a);
  }
  EXPECT_GE(better, 10);
}

} // namespace
