//===- LeastLoaded.cpp - Shortest paths round busy links ------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/problems/routing/RoutingProblem.h"

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>

#include <algorithm>
#include <numeric>

namespace waferflow {

namespace {

/// A router is two vertices: entered along x, or along y. Changing from one to
/// the other is an edge of its own, which makes turns cost.
struct Edge {
  int64_t link = -1; ///< -1: a turn
  int64_t cost = 0;
};
using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS,
                                    boost::no_property, Edge>;

constexpr int64_t turnCost = 1, hopCost = 1000;

class Router {
public:
  explicit Router(const RoutingProblem &problem)
      : problem(problem), load(problem.load),
        graph(2 * problem.width * problem.height) {
    load.resize(4 * problem.width * problem.height);
    for (const Demand &demand : problem.demands)
      largest = std::max(largest, demand.wavelets);
    for (int64_t y = 0; y < problem.height; ++y)
      for (int64_t x = 0; x < problem.width; ++x)
        addRouter({x, y});
  }

  Path route(const Demand &demand) {
    for (auto [edge, end] = boost::edges(graph); edge != end; ++edge) {
      Edge &e = graph[*edge];
      e.cost =
          e.link < 0 ? turnCost : hopCost + hopCost * load[e.link] / largest;
    }
    std::vector<int64_t> distance(boost::num_vertices(graph));
    std::vector<size_t> before(boost::num_vertices(graph));
    // Both vertices of the sender are a start: its first hop is no turn.
    size_t start = boost::add_vertex(graph);
    distance.push_back(0);
    before.push_back(start);
    for (int64_t along : {0, 1})
      boost::add_edge(start, vertex(demand.from, along), Edge{-1, 0}, graph);
    boost::dijkstra_shortest_paths(
        graph, start,
        boost::weight_map(boost::get(&Edge::cost, graph))
            .distance_map(boost::make_iterator_property_map(
                distance.begin(), boost::get(boost::vertex_index, graph)))
            .predecessor_map(boost::make_iterator_property_map(
                before.begin(), boost::get(boost::vertex_index, graph))));
    size_t at = vertex(demand.to, 0);
    if (distance[vertex(demand.to, 1)] < distance[at])
      at = vertex(demand.to, 1);
    Path path;
    for (; at != start; at = before[at])
      if (MeshCore core = coreOf(at); path.empty() || !(path.back() == core))
        path.push_back(core);
    std::reverse(path.begin(), path.end());
    boost::clear_vertex(start, graph);
    boost::remove_vertex(start, graph);
    for (size_t j = 1; j < path.size(); ++j)
      load[problem.linkOf(path[j - 1], path[j])] += demand.wavelets;
    return path;
  }

private:
  size_t vertex(MeshCore core, int64_t along) const {
    return 2 * (core.y * problem.width + core.x) + along;
  }
  MeshCore coreOf(size_t vertex) const {
    int64_t core = static_cast<int64_t>(vertex) / 2;
    return {core % problem.width, core / problem.width};
  }
  void addRouter(MeshCore core) {
    boost::add_edge(vertex(core, 0), vertex(core, 1), Edge{}, graph);
    boost::add_edge(vertex(core, 1), vertex(core, 0), Edge{}, graph);
    const MeshCore neighbours[] = {{core.x + 1, core.y},
                                   {core.x - 1, core.y},
                                   {core.x, core.y + 1},
                                   {core.x, core.y - 1}};
    for (int64_t i = 0; i < 4; ++i) {
      MeshCore to = neighbours[i];
      if (to.x < 0 || to.y < 0 || to.x >= problem.width ||
          to.y >= problem.height)
        continue;
      int64_t along = i / 2;
      boost::add_edge(vertex(core, along), vertex(to, along),
                      Edge{problem.linkOf(core, to), 0}, graph);
    }
  }

  const RoutingProblem &problem;
  std::vector<int64_t> load;
  int64_t largest = 1;
  Graph graph;
};

} // namespace

RoutingSolution routeLeastLoaded(const RoutingProblem &problem) {
  std::vector<size_t> order(problem.demands.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    int64_t left = problem.demands[a].wavelets;
    int64_t right = problem.demands[b].wavelets;
    return left != right ? left > right : a < b;
  });
  RoutingSolution solution;
  solution.paths.resize(problem.demands.size());
  Router router(problem);
  for (size_t i : order)
    solution.paths[i] = router.route(problem.demands[i]);
  return solution;
}

} // namespace waferflow
