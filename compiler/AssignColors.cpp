//===- AssignColors.cpp - Few colors for a program's channels -------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/Wiring.h"

#include "compiler/Passes.h"
#include "compiler/problems/colors/ColorProblem.h"
#include "dialects/fabric/CoreSet.h"
#include "dialects/fabric/Limits.h"

using namespace mlir;

namespace waferflow {

#define GEN_PASS_DEF_ASSIGNCOLORS
#include "compiler/Passes.h.inc"

namespace fabric {

LogicalResult assignColors(ProgramOp program) {
  auto limits = limitsOf(program);
  if (!limits)
    return program.emitOpError()
           << "expected a module with a flow.machine, got none";
  SmallVector<ColorOp> channels(program.getBody().getOps<ColorOp>());
  ColorProblem problem;
  problem.colors = limits->colors - limits->reservedColors;
  std::vector<CoreSet> routers(channels.size());
  llvm::SmallDenseMap<Value, size_t> number;
  for (auto [i, channel] : llvm::enumerate(channels)) {
    problem.channels.push_back(std::to_string(channel.getId()));
    number[channel] = i;
  }
  for (auto route : program.getBody().getOps<RouteOp>()) {
    CoreSet &set = routers[number.lookup(route.getColor())];
    set = set.unite(CoreSet(route.getCores()));
  }
  for (int32_t i = 0; i < static_cast<int32_t>(channels.size()); ++i)
    for (int32_t j = 0; j < i; ++j)
      if (!routers[i].intersect(routers[j]).empty())
        problem.interferences.push_back({j, i});
  ColorSolution solution;
  if (auto error = waferflow::assignColors(problem, solution))
    return program.emitOpError() << error->str();

  // One fabric.color a color, where its first channel was.
  llvm::SmallDenseMap<int32_t, Value> colors;
  for (auto [i, channel] : llvm::enumerate(channels)) {
    Value &color = colors[solution.color[i]];
    if (!color) {
      OpBuilder b(channel);
      color = ColorOp::create(b, channel.getLoc(), channel.getType(),
                              solution.color[i]);
    }
    channel.replaceAllUsesWith(color);
  }
  // Behind the loop: the builder stands at the first of them.
  for (ColorOp channel : channels)
    channel.erase();
  return success();
}

} // namespace fabric

namespace {

struct AssignColorsPass : impl::AssignColorsBase<AssignColorsPass> {
  void runOnOperation() override {
    if (failed(fabric::assignColors(getOperation())))
      signalPassFailure();
  }
};

} // namespace

} // namespace waferflow
