//===- Banks.cpp - Streams that meet in a bank of the SRAM ----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/Engine.h"

#include <algorithm>

namespace waferflow::cycle {

/// Cycles of a slot in 1/256, on average over the instruction. Words of a
/// read's width lie in the banks in turn; a bank serves one word in a cycle. In
/// a slot its reads meet, and the write of the slot before.
int32_t Engine::costWithBanks(const Core &core, const Thread &thread) const {
  const VectorPlan &plan = *thread.plan;
  int64_t perSlot = thread.rate.perSlot;
  // Where streams stand to each other repeats after so many slots at most.
  int64_t slotCount = std::min<int64_t>(
      banks * bankBytes, (thread.extent + perSlot - 1) / perSlot);
  if (slotCount < 1)
    return thread.rate.cost256;

  std::vector<int64_t> words;
  auto touch = [&](const OperandPlan &operand, int64_t at, int64_t slotNumber) {
    int64_t width = dataBytes(operand.type);
    int64_t first = slotNumber * perSlot;
    int64_t count = std::min(perSlot, thread.extent - first);
    int64_t begin = at - int64_t(core.sram) * 8;
    if (operand.contiguous()) { // the access is shifted to whole words
      int64_t word = (begin + first * width) / bankBytes;
      int64_t length = (count * width + bankBytes - 1) / bankBytes;
      for (int64_t i = 0; i < length; ++i)
        words.push_back(word + i);
      return;
    }
    for (int64_t i = first; i < first + count; ++i)
      words.push_back((begin + operand.position(i) * width) / bankBytes);
  };
  auto unique = [&](size_t from) {
    std::sort(words.begin() + static_cast<std::ptrdiff_t>(from), words.end());
    words.erase(std::unique(words.begin() + static_cast<std::ptrdiff_t>(from),
                            words.end()),
                words.end());
  };
  bool memory = plan.destination.kind == OperandPlan::Kind::Memory &&
                !plan.toScalar && !thread.rate.cached;
  int64_t total = 0;
  std::vector<int64_t> busy(static_cast<size_t>(banks));
  for (int64_t k = 0; k < slotCount; ++k) {
    words.clear();
    for (int32_t i = 0; i < plan.sourceCount; ++i)
      if (plan.sources[i].kind == OperandPlan::Kind::Memory)
        touch(plan.sources[i], thread.at[i + 1], k);
    if (memory && plan.op == VectorOp::Fmac)
      touch(plan.destination, thread.at[0], k);
    unique(0); // a word that two streams read is read once
    size_t reads = words.size();
    if (memory && k > 0)
      touch(plan.destination, thread.at[0], k - 1);
    unique(reads);
    std::fill(busy.begin(), busy.end(), 0);
    int64_t cycles = 1;
    for (int64_t word : words)
      cycles = std::max(cycles, ++busy[static_cast<size_t>(word % banks)]);
    total += std::max<int64_t>(thread.rate.cost256, 256 * cycles);
  }
  return static_cast<int32_t>((total + slotCount / 2) / slotCount);
}

} // namespace waferflow::cycle
