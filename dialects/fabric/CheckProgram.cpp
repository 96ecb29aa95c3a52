//===- CheckProgram.cpp - Proofs over all cores of a program --------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each check is a question on sets: of all cores for which this op says one
// thing, is there one for which another op says something that contradicts, or
// for which nothing answers it? A set that is not empty gives the core that the
// error names.
//
//===----------------------------------------------------------------------===//
#include "dialects/fabric/CoreSet.h"
#include "dialects/fabric/Limits.h"

#include <map>
#include <vector>

using namespace mlir;

namespace waferflow::fabric {

namespace {

InFlightDiagnostic &operator<<(InFlightDiagnostic &error, Core core) {
  return error << "core (" << core.x << ", " << core.y << ")";
}

/// A route, edge or code of a program, with its cores as a set.
template <typename OpT> struct On {
  OpT op;
  CoreSet cores;
};

using Routes = std::vector<On<RouteOp>>;

class Checker {
public:
  Checker(ProgramOp program, const Limits &limits)
      : program(program), machine(limits.width, limits.height) {
    for (auto op : program.getBody().getOps<RouteOp>())
      routes[idOf(op.getColor())].push_back({op, CoreSet(op.getCores())});
    for (auto op : program.getBody().getOps<CodeOp>())
      codes.push_back({op, CoreSet(op.getCores())});
    for (auto op : program.getBody().getOps<DrainOp>())
      drains.push_back({op, CoreSet(op.getCores())});
    for (auto code : codes)
      for (auto queue : code.op.getBody().getOps<QueueOp>())
        if (queue.getKind() == QueueKind::Input)
          addListeners(queue, code.cores);
  }

  LogicalResult run() {
    if (failed(checkBody()) || failed(checkColors()) || failed(checkCodes()))
      return failure();
    for (auto &[id, of] : routes)
      if (failed(checkOneRoute(id, of)) || failed(checkTargets(id, of)))
        return failure();
    return checkEdges();
  }

private:
  static int64_t idOf(Value color) { return colorOf(color).getId(); }

  void addListeners(QueueOp queue, const CoreSet &cores) {
    for (auto [i, color] : llvm::enumerate(queue.getColors())) {
      CoreSet bound = cores;
      if (queue.getCores())
        bound =
            bound.intersect(CoreSet(cast<SelectAttr>((*queue.getCores())[i])));
      CoreSet &set = listeners[idOf(color)];
      set = set.unite(bound);
    }
  }

  LogicalResult checkBody() {
    for (Operation &op : program.getBody().front())
      if (!isa<ColorOp, RouteOp, ConnectOp, CodeOp, InjectOp, DrainOp>(op))
        return op.emitError()
               << "expected fabric.color, fabric.route, fabric.connect, "
                  "fabric.code, fabric.inject or fabric.drain in a program, "
                  "got '"
               << op.getName() << "'";
    return success();
  }

  LogicalResult checkColors() {
    llvm::SmallDenseMap<int64_t, ColorOp> declared;
    for (auto color : program.getBody().getOps<ColorOp>()) {
      auto [other, isNew] = declared.try_emplace(color.getId(), color);
      if (isNew)
        continue;
      auto error = color.emitOpError()
                   << "declares color " << color.getId() << " a second time";
      error.attachNote(other->second.getLoc()) << "it is declared here";
      return error;
    }
    return success();
  }

  /// One program a core.
  LogicalResult checkCodes() {
    for (size_t i = 0; i < codes.size(); ++i)
      for (size_t j = 0; j < i; ++j)
        if (auto core = codes[i].cores.intersect(codes[j].cores).sample()) {
          auto error = codes[i].op.emitOpError() << "puts a second code on ";
          error << *core;
          error.attachNote(codes[j].op.getLoc())
              << "the code that it has already";
          return error;
        }
    return success();
  }

  /// One route a color and core.
  LogicalResult checkOneRoute(int64_t id, const Routes &of) {
    for (size_t i = 0; i < of.size(); ++i)
      for (size_t j = 0; j < i; ++j)
        if (auto core = of[i].cores.intersect(of[j].cores).sample()) {
          RouteOp op = of[i].op, other = of[j].op;
          auto error = op.emitOpError()
                       << "routes color " << id << " a second time at ";
          error << *core << ", from " << sources(op) << " besides "
                << sources(other);
          error.attachNote(other.getLoc()) << "the route that it has already";
          return error;
        }
    return success();
  }

  static std::string sources(RouteOp route) {
    std::string text;
    for (auto position : route.getPositions().getAsRange<PositionAttr>())
      text += (text.empty() ? "" : "/") + stringifyEnum(position.getRx()).str();
    return text;
  }

  static bool takesFrom(RouteOp route, Link link) {
    return llvm::any_of(route.getPositions().getAsRange<PositionAttr>(),
                        [&](PositionAttr p) { return p.getRx() == link; });
  }
  static bool givesTo(RouteOp route, Link link) {
    return llvm::any_of(
        route.getPositions().getAsRange<PositionAttr>(),
        [&](PositionAttr p) { return llvm::is_contained(p.getTx(), link); });
  }

  /// Cores whose route of a color takes it from `link`, at any position.
  CoreSet accepting(const Routes &of, Link link) const {
    CoreSet set;
    for (const On<RouteOp> &route : of)
      if (takesFrom(route.op, link))
        set = set.unite(route.cores);
    return set;
  }

  /// What a route sends on arrives: at a core that listens, a router that takes
  /// it from that side, or a drain.
  LogicalResult checkTargets(int64_t id, const Routes &of) {
    for (const On<RouteOp> &route : of) {
      if (givesTo(route.op, Link::Ramp))
        if (auto core = route.cores.subtract(listeners[id]).sample()) {
          RouteOp op = route.op;
          auto error = op.emitOpError() << "delivers color " << id << " to ";
          return error << *core << ", which has no input queue of that color";
        }
      for (Link link : {Link::North, Link::East, Link::South, Link::West})
        if (givesTo(route.op, link) && failed(checkTarget(id, of, route, link)))
          return failure();
    }
    return success();
  }

  LogicalResult checkTarget(int64_t id, const Routes &of,
                            const On<RouteOp> &route, Link link) {
    CoreSet senders = route.cores;
    for (const On<DrainOp> &drain : drains) {
      DrainOp op = drain.op;
      if (op.getSide() == link && idOf(op.getColor()) == id)
        senders = senders.subtract(drain.cores);
    }
    CoreSet targets = senders.neighbours(link);
    RouteOp op = route.op;
    if (auto core = targets.subtract(machine).sample()) {
      auto error = op.emitOpError()
                   << "sends color " << id << " " << stringifyEnum(link)
                   << ", off the fabric, at ";
      return error << neighbour(*core, opposite(link))
                   << ", where no fabric.drain takes it";
    }
    Link from = opposite(link);
    auto core = targets.subtract(accepting(of, from)).sample();
    if (!core)
      return success();
    auto error = op.emitOpError() << "sends color " << id << " to ";
    error << *core << ", whose router has no route of it from "
          << stringifyEnum(from);
    for (const On<RouteOp> &other : of) {
      RouteOp otherOp = other.op;
      if (SelectAttr(otherOp.getCores()).contains(core->x, core->y))
        error.attachNote(otherOp.getLoc())
            << "it takes the color from " << sources(otherOp);
    }
    return error;
  }

  static Core neighbour(Core core, Link link) {
    int64_t dx = link == Link::East ? 1 : link == Link::West ? -1 : 0;
    int64_t dy = link == Link::South ? 1 : link == Link::North ? -1 : 0;
    return {core.x + dx, core.y + dy};
  }

  /// Routers at the edge take what is injected and send what is drained.
  LogicalResult checkEdges() {
    for (auto inject : program.getBody().getOps<InjectOp>()) {
      int64_t id = idOf(inject.getColor());
      CoreSet cores(inject.getCores());
      if (auto core = cores.subtract(accepting(routes[id], inject.getSide()))
                          .sample()) {
        auto error = inject.emitOpError() << "injects color " << id << " at ";
        return error << *core << ", whose router has no route of it from "
                     << stringifyEnum(inject.getSide());
      }
    }
    for (const On<DrainOp> &drain : drains) {
      DrainOp op = drain.op;
      int64_t id = idOf(op.getColor());
      CoreSet cores = drain.cores;
      for (const On<RouteOp> &route : routes[id])
        if (givesTo(route.op, op.getSide()))
          cores = cores.subtract(route.cores);
      if (auto core = cores.sample()) {
        auto error = op.emitOpError() << "drains color " << id << " at ";
        return error << *core << ", whose router has no route of it to "
                     << stringifyEnum(op.getSide());
      }
    }
    return success();
  }

  ProgramOp program;
  CoreSet machine;
  std::map<int64_t, Routes> routes; ///< by color
  std::vector<On<CodeOp>> codes;
  std::vector<On<DrainOp>> drains;
  std::map<int64_t, CoreSet> listeners; ///< cores with an input queue, by color
};

} // namespace

/// Where the fabric ends is part of the question: without a machine there is
/// nothing to prove yet.
LogicalResult ProgramOp::verifyRegions() {
  auto limits = limitsOf(*this);
  return limits ? Checker(*this, *limits).run() : success();
}

} // namespace waferflow::fabric
