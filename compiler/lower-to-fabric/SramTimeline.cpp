//===- SramTimeline.cpp - When what a core holds is there -----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/lower-to-fabric/SramTimeline.h"

using namespace mlir;

namespace waferflow::fabric {

std::vector<std::pair<Operation *, int64_t>> SramTimeline::mostBytes() const {
  std::map<int64_t, int64_t> changes;
  for (const SramBlock &block : blocks) {
    changes[block.begin] += block.bytes;
    if (block.end != kOpen)
      changes[block.end] -= block.bytes;
  }
  std::vector<std::pair<Operation *, int64_t>> result;
  int64_t now = 0;
  auto change = changes.begin();
  for (const auto &end : ends) {
    // First goes what the kernel before has used last.
    int64_t most = 0;
    for (; change != changes.end() && change->first <= end.second; ++change) {
      now += change->second;
      if (change->second > 0)
        most = std::max(most, now);
    }
    result.push_back({end.first, std::max(most, now)});
  }
  return result;
}

LogicalResult SramTimeline::place(int64_t bytes) {
  SramProblem problem{bytes, blocks};
  for (SramBlock &block : problem.blocks)
    if (block.end == kOpen)
      block.end = clock;
  auto bad = placeBlocks(problem, solution);
  if (!bad)
    return success();
  SramProblem::Load load = problem.load();
  for (size_t i = 0; i < blocks.size(); ++i)
    if (problem.blocks[i].begin == load.time)
      return kernels[i]->emitOpError()
             << "needs more SRAM than a core has behind the code: "
             << bad->what;
  llvm_unreachable("the load grows where a block begins");
}

} // namespace waferflow::fabric
