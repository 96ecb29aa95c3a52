//===- RouteConnections.cpp - Routes for what is to be joined -------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/Wiring.h"

#include "compiler/Passes.h"
#include "compiler/problems/routing/RoutingProblem.h"
#include "dialects/fabric/Limits.h"

#include <map>

using namespace mlir;

namespace waferflow {

#define GEN_PASS_DEF_ROUTECONNECTIONS
#include "compiler/Passes.h.inc"

namespace fabric {

namespace {

Link towards(MeshCore from, MeshCore to) {
  if (to.x != from.x)
    return to.x > from.x ? Link::East : Link::West;
  return to.y > from.y ? Link::South : Link::North;
}

/// What a router does with a color.
using Pass = std::pair<Link, Link>;

/// The passes of all routers of one connection; nothing, and `meeting`, where
/// two paths differ in a router.
std::optional<std::map<std::pair<int64_t, int64_t>, Pass>>
passesOf(ArrayRef<Path> paths, MeshCore &meeting) {
  std::map<std::pair<int64_t, int64_t>, Pass> passes; // by (y, x)
  for (const Path &path : paths)
    for (size_t j = 0; j < path.size(); ++j) {
      Pass pass = {j == 0 ? Link::Ramp : towards(path[j], path[j - 1]),
                   j + 1 == path.size() ? Link::Ramp
                                        : towards(path[j], path[j + 1])};
      auto [it, isNew] = passes.try_emplace({path[j].y, path[j].x}, pass);
      if (!isNew) {
        meeting = path[j];
        return std::nullopt;
      }
    }
  return passes;
}

/// One route for neighbours in a row that do the same.
void emitRoutes(ConnectOp connect,
                const std::map<std::pair<int64_t, int64_t>, Pass> &passes) {
  OpBuilder b(connect);
  for (auto it = passes.begin(); it != passes.end();) {
    auto [y, x0] = it->first;
    Pass pass = it->second;
    int64_t x1 = x0;
    while (it != passes.end() && it->first == std::pair(y, x1) &&
           it->second == pass) {
      ++x1;
      ++it;
    }
    auto position = PositionAttr::get(b.getContext(), pass.first, pass.second);
    RouteOp::create(b, connect.getLoc(), connect.getColor(),
                    SelectAttr::get(b.getContext(), x0, x1, y, y + 1, {}),
                    b.getArrayAttr({position}), IntegerAttr(), UnitAttr(),
                    UnitAttr());
  }
}

class Wiring {
public:
  Wiring(ProgramOp program, const Limits &limits) : program(program) {
    problem.width = limits.width;
    problem.height = limits.height;
    for (auto connect : program.getBody().getOps<ConnectOp>()) {
      connects.push_back(connect);
      first.push_back(problem.demands.size());
      SelectAttr cores = connect.getCores();
      auto dx = static_cast<int64_t>(connect.getDx());
      auto dy = static_cast<int64_t>(connect.getDy());
      for (int64_t y = cores.getYBegin(); y < cores.getYEnd(); ++y)
        for (int64_t x = cores.getXBegin(); x < cores.getXEnd(); ++x)
          if (cores.contains(x, y))
            problem.demands.push_back(
                {{x, y},
                 {x + dx, y + dy},
                 static_cast<int64_t>(connect.getWavelets().value_or(1))});
    }
    first.push_back(problem.demands.size());
  }

  LogicalResult run() {
    if (connects.empty())
      return success();
    if (auto error = problem.check())
      return program.emitOpError() << error->str();
    std::vector<RoutingSolution> tries = {routeDimensionOrder(problem),
                                          routeLeastLoaded(problem)};
    if (busiestLink(problem, tries[1]) < busiestLink(problem, tries[0]))
      std::swap(tries[0], tries[1]);
    for (const RoutingSolution &solution : tries) {
      if (auto error = verify(problem, solution))
        return program.emitOpError() << error->str();
      if (emit(solution))
        return success();
    }
    auto error = meetingConnect.emitOpError()
                 << "has paths that meet at core (" << meeting.x << ", "
                 << meeting.y << ") on one color";
    return error;
  }

private:
  bool emit(const RoutingSolution &solution) {
    std::vector<std::map<std::pair<int64_t, int64_t>, Pass>> all;
    for (size_t i = 0; i < connects.size(); ++i) {
      auto passes = passesOf(
          ArrayRef(solution.paths).slice(first[i], first[i + 1] - first[i]),
          meeting);
      if (!passes) {
        meetingConnect = connects[i];
        return false;
      }
      all.push_back(std::move(*passes));
    }
    for (size_t i = 0; i < connects.size(); ++i) {
      emitRoutes(connects[i], all[i]);
      connects[i].erase();
    }
    return true;
  }

  ProgramOp program;
  RoutingProblem problem;
  SmallVector<ConnectOp> connects;
  std::vector<size_t> first; ///< demand of each connection
  MeshCore meeting;
  ConnectOp meetingConnect;
};

} // namespace

LogicalResult routeConnections(ProgramOp program) {
  auto limits = limitsOf(program);
  if (!limits)
    return program.emitOpError()
           << "expected a module with a flow.machine, got none";
  return Wiring(program, *limits).run();
}

} // namespace fabric

namespace {

struct RouteConnectionsPass : impl::RouteConnectionsBase<RouteConnectionsPass> {
  void runOnOperation() override {
    if (failed(fabric::routeConnections(getOperation())))
      signalPassFailure();
  }
};

} // namespace

} // namespace waferflow
