//===- SramTimeline.h - When what a core holds is there ---------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_LOWERTOFABRIC_SRAMTIMELINE_H
#define WAFERFLOW_COMPILER_LOWERTOFABRIC_SRAMTIMELINE_H

#include "compiler/problems/sram/SramProblem.h"

#include "mlir/IR/Operation.h"

#include <map>

namespace waferflow::fabric {

/// Bytes that are taken and given back while a step is lowered. Addresses are
/// names until `place` knows all of them: no two blocks share one, whatever
/// their times, and what lies within a block has addresses within it. All cores
/// have the same.
class SramTimeline {
public:
  /// A block of `bytes` from now on, for `kernel`.
  int64_t allocate(int64_t bytes, mlir::Operation *kernel) {
    int64_t address = next;
    byAddress[address] = blocks.size();
    blocks.push_back({std::max<int64_t>(4, onFour(bytes)), clock++, kOpen});
    kernels.push_back(kernel);
    next += blocks.back().bytes;
    used += blocks.back().bytes;
    return address;
  }
  /// The block was there until now; of one that is freed again, so was it all
  /// the time between.
  void free(int64_t address) {
    SramBlock &block = blocks[byAddress.at(address)];
    used -= block.end == kOpen ? block.bytes : 0;
    block.end = clock++;
  }

  /// Bytes that nothing has freed.
  int64_t usedBytes() const { return used; }

  /// What was there since the kernel before is this kernel's.
  void endOf(mlir::Operation *kernel) { ends.push_back({kernel, clock++}); }
  /// Kernels that have ended, in their order, and the most bytes of each.
  std::vector<std::pair<mlir::Operation *, int64_t>> mostBytes() const;

  /// Gives each block its place among `bytes` bytes; an error at the kernel
  /// that holds most.
  mlir::LogicalResult place(int64_t bytes);
  /// The byte that `address` names.
  int64_t placed(int64_t address) const {
    auto it = std::prev(byAddress.upper_bound(address));
    return solution.address[it->second] + address - it->first;
  }

private:
  static constexpr int64_t kOpen = -1;
  int64_t next = 0, clock = 0, used = 0;
  std::vector<SramBlock> blocks;
  std::vector<mlir::Operation *> kernels; ///< by block
  std::map<int64_t, size_t> byAddress;
  std::vector<std::pair<mlir::Operation *, int64_t>> ends;
  SramSolution solution;
};

} // namespace waferflow::fabric

#endif // WAFERFLOW_COMPILER_LOWERTOFABRIC_SRAMTIMELINE_H
