//===- ColorProblem.cpp - Which channels may share a color? ---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/problems/colors/ColorProblem.h"

// smallest_last_ordering.hpp of Boost 1.74 forgets what it uses.
#include <boost/property_map/shared_array_property_map.hpp>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/sequential_vertex_coloring.hpp>
#include <boost/graph/smallest_last_ordering.hpp>

#include <numeric>
#include <set>

namespace waferflow {

namespace {

using Graph =
    boost::adjacency_list<boost::setS, boost::vecS, boost::undirectedS>;
using Vertex = boost::graph_traits<Graph>::vertex_descriptor;

Graph graphOf(const ColorProblem &problem) {
  Graph graph(problem.channels.size());
  for (auto [a, b] : problem.interferences)
    boost::add_edge(a, b, graph);
  return graph;
}

ColorSolution colorIn(const Graph &graph, std::vector<Vertex> order) {
  std::vector<Vertex> color(boost::num_vertices(graph));
  auto index = boost::get(boost::vertex_index, graph);
  boost::sequential_vertex_coloring(
      graph, boost::make_iterator_property_map(order.begin(), index),
      boost::make_iterator_property_map(color.begin(), index));
  ColorSolution solution;
  solution.color.assign(color.begin(), color.end());
  return solution;
}

} // namespace

std::optional<Error> ColorProblem::check() const {
  if (colors < 1)
    return Error{"colors",
                 "expected at least 1 color, got " + std::to_string(colors)};
  auto count = static_cast<int32_t>(channels.size());
  for (auto [a, b] : interferences) {
    if (a < 0 || b < 0 || a >= count || b >= count)
      return Error{"interferences", "expected channels 0 to " +
                                        std::to_string(count - 1) + ", got (" +
                                        std::to_string(a) + ", " +
                                        std::to_string(b) + ")"};
    if (a == b)
      return Error{"interferences",
                   "channel " + channels[a] + " interferes with itself"};
  }
  return std::nullopt;
}

int64_t ColorSolution::used() const {
  return static_cast<int64_t>(
      std::set<int32_t>(color.begin(), color.end()).size());
}

std::optional<Error> verify(const ColorProblem &problem,
                            const ColorSolution &solution) {
  if (solution.color.size() != problem.channels.size())
    return Error{"solution", "expected a color for each of " +
                                 std::to_string(problem.channels.size()) +
                                 " channels, got " +
                                 std::to_string(solution.color.size())};
  for (size_t i = 0; i < solution.color.size(); ++i)
    if (solution.color[i] < 0 || solution.color[i] >= problem.colors)
      return Error{"channel " + problem.channels[i],
                   "expected a color below " + std::to_string(problem.colors) +
                       ", got " + std::to_string(solution.color[i])};
  for (auto [a, b] : problem.interferences)
    if (solution.color[a] == solution.color[b])
      return Error{"channel " + problem.channels[a],
                   "meets channel " + problem.channels[b] +
                       " in a router, and both have color " +
                       std::to_string(solution.color[a])};
  return std::nullopt;
}

ColorSolution colorInOrder(const ColorProblem &problem) {
  std::vector<Vertex> order(problem.channels.size());
  std::iota(order.begin(), order.end(), 0);
  return colorIn(graphOf(problem), std::move(order));
}

ColorSolution colorSmallestLast(const ColorProblem &problem) {
  if (problem.channels.empty()) // which Boost's ordering does not expect
    return {};
  Graph graph = graphOf(problem);
  std::vector<Vertex> order(problem.channels.size());
  auto index = boost::get(boost::vertex_index, graph);
  boost::smallest_last_vertex_ordering(
      graph, boost::make_iterator_property_map(order.begin(), index));
  return colorIn(graph, std::move(order));
}

std::optional<Error> assignColors(const ColorProblem &problem,
                                  ColorSolution &solution) {
  if (auto error = problem.check())
    return error;
  solution = colorInOrder(problem);
  ColorSolution other = colorSmallestLast(problem);
  if (other.used() < solution.used())
    solution = std::move(other);
  if (solution.used() > problem.colors)
    return Error{"colors",
                 "the channels need " + std::to_string(solution.used()) +
                     " colors; the machine has " +
                     std::to_string(problem.colors) + " that are not reserved"};
  return verify(problem, solution);
}

} // namespace waferflow
