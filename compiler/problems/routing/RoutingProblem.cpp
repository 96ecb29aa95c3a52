//===- RoutingProblem.cpp - Which way from core to core? ------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/problems/routing/RoutingProblem.h"

#include <algorithm>
#include <set>

namespace waferflow {

static std::string textOf(MeshCore core) {
  return "(" + std::to_string(core.x) + ", " + std::to_string(core.y) + ")";
}

std::optional<Error> RoutingProblem::check() const {
  if (width < 1 || height < 1)
    return Error{"mesh", "expected at least one core, got " +
                             std::to_string(width) + " x " +
                             std::to_string(height)};
  if (!load.empty() && load.size() != static_cast<size_t>(4 * width * height))
    return Error{"load", "expected " + std::to_string(4 * width * height) +
                             " links, got " + std::to_string(load.size())};
  for (size_t i = 0; i < demands.size(); ++i) {
    const Demand &demand = demands[i];
    std::string name = "demand " + std::to_string(i);
    for (MeshCore core : {demand.from, demand.to})
      if (core.x < 0 || core.y < 0 || core.x >= width || core.y >= height)
        return Error{
            name, "expected cores of a mesh of " + std::to_string(width) +
                      " x " + std::to_string(height) + ", got " + textOf(core)};
    if (demand.from == demand.to)
      return Error{name, "sends from " + textOf(demand.from) + " to itself"};
    if (demand.wavelets < 1)
      return Error{name, "expected at least 1 wavelet, got " +
                             std::to_string(demand.wavelets)};
  }
  return std::nullopt;
}

int64_t RoutingProblem::linkOf(MeshCore from, MeshCore to) const {
  int64_t side = to.x > from.x ? 0 : to.x < from.x ? 1 : to.y > from.y ? 2 : 3;
  return 4 * (from.y * width + from.x) + side;
}

std::optional<Error> verify(const RoutingProblem &problem,
                            const RoutingSolution &solution) {
  if (solution.paths.size() != problem.demands.size())
    return Error{"solution", "expected a path for each of " +
                                 std::to_string(problem.demands.size()) +
                                 " demands, got " +
                                 std::to_string(solution.paths.size())};
  for (size_t i = 0; i < solution.paths.size(); ++i) {
    const Path &path = solution.paths[i];
    std::string name = "path " + std::to_string(i);
    if (path.empty() || !(path.front() == problem.demands[i].from) ||
        !(path.back() == problem.demands[i].to))
      return Error{name, "expected to go from " +
                             textOf(problem.demands[i].from) + " to " +
                             textOf(problem.demands[i].to)};
    std::set<std::pair<int64_t, int64_t>> seen;
    for (size_t j = 0; j < path.size(); ++j) {
      if (path[j].x < 0 || path[j].y < 0 || path[j].x >= problem.width ||
          path[j].y >= problem.height)
        return Error{name, "leaves the mesh at " + textOf(path[j])};
      if (!seen.insert({path[j].x, path[j].y}).second)
        return Error{name, "passes " + textOf(path[j]) + " twice"};
      if (j > 0 && std::abs(path[j].x - path[j - 1].x) +
                           std::abs(path[j].y - path[j - 1].y) !=
                       1)
        return Error{name, "jumps from " + textOf(path[j - 1]) + " to " +
                               textOf(path[j])};
    }
  }
  return std::nullopt;
}

int64_t busiestLink(const RoutingProblem &problem,
                    const RoutingSolution &solution) {
  std::vector<int64_t> load = problem.load;
  load.resize(4 * problem.width * problem.height);
  for (size_t i = 0; i < solution.paths.size(); ++i)
    for (size_t j = 1; j < solution.paths[i].size(); ++j)
      load[problem.linkOf(solution.paths[i][j - 1], solution.paths[i][j])] +=
          problem.demands[i].wavelets;
  return load.empty() ? 0 : *std::max_element(load.begin(), load.end());
}

RoutingSolution routeDimensionOrder(const RoutingProblem &problem) {
  RoutingSolution solution;
  for (const Demand &demand : problem.demands) {
    Path path = {demand.from};
    for (MeshCore at = demand.from; !(at == demand.to);) {
      if (at.x != demand.to.x)
        at.x += at.x < demand.to.x ? 1 : -1;
      else
        at.y += at.y < demand.to.y ? 1 : -1;
      path.push_back(at);
    }
    solution.paths.push_back(std::move(path));
  }
  return solution;
}

} // namespace waferflow
