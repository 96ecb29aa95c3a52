//===- RoutingProblem.h - Which way from core to core? ----------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_PROBLEMS_ROUTING_ROUTINGPROBLEM_H
#define WAFERFLOW_COMPILER_PROBLEMS_ROUTING_ROUTINGPROBLEM_H

#include "simulator/machine/Machine.h"

#include <optional>
#include <vector>

namespace waferflow {

/// A core of the mesh: x from the west, y from the north.
struct MeshCore {
  int64_t x = 0, y = 0;
  bool operator==(const MeshCore &o) const { return x == o.x && y == o.y; }
};

/// One sender, one receiver, and how much goes from one to the other.
struct Demand {
  MeshCore from, to;
  int64_t wavelets = 1;
};

/// Demands on a mesh of `width` x `height` routers, whose links carry what is
/// there already (`load`, by link; see linkOf) and one wavelet a cycle.
struct RoutingProblem {
  int64_t width = 0, height = 0;
  std::vector<Demand> demands;
  std::vector<int64_t> load; ///< wavelets by link; empty: none

  /// Cores on the mesh, sender and receiver different, wavelets positive.
  std::optional<Error> check() const;
  /// The number of the link from a core to a neighbour (east, west, south,
  /// north: 0 to 3), in [0, 4 * width * height).
  int64_t linkOf(MeshCore from, MeshCore to) const;
};

/// Cores that a demand passes, its sender first, its receiver last.
using Path = std::vector<MeshCore>;

struct RoutingSolution {
  std::vector<Path> paths; ///< by demand
};

/// Every path goes from its sender to its receiver by neighbours, no core
/// twice.
std::optional<Error> verify(const RoutingProblem &problem,
                            const RoutingSolution &solution);

/// Wavelets on the busiest link: cycles that the links need at least.
int64_t busiestLink(const RoutingProblem &problem,
                    const RoutingSolution &solution);

/// First along x, then along y.
RoutingSolution routeDimensionOrder(const RoutingProblem &problem);

/// One demand after the other, the largest first, by Dijkstra's shortest path:
/// a link costs one hop more for each wavelet that it already carries, in units
/// of the largest demand. Of equal paths the one that turns least.
RoutingSolution routeLeastLoaded(const RoutingProblem &problem);

} // namespace waferflow

#endif // WAFERFLOW_COMPILER_PROBLEMS_ROUTING_ROUTINGPROBLEM_H
