//===- Gate.cpp -----------------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/tile/Gate.h"

namespace waferflow {

namespace {

/// The entry of the part of the step that a kernel serves.
std::optional<Cost> entryOfPart(const Kernel &kernel) {
  if (kernel.phase == Phase::Recompute)
    return Cost::Recomputation;
  if (kernel.section == Section::Head)
    return Cost::Head;
  return std::nullopt;
}

struct EntryOfKind {
  std::optional<Cost> operator()(const Spmm &) { return std::nullopt; }
  std::optional<Cost> operator()(const Sddmm &) { return std::nullopt; }
  std::optional<Cost> operator()(const Attention &) { return Cost::Attention; }
  std::optional<Cost> operator()(const Map &) { return Cost::Elementwise; }
  std::optional<Cost> operator()(const Reduce &) { return Cost::Reduce; }
  std::optional<Cost> operator()(const Gather &) { return Cost::Gather; }
  std::optional<Cost> operator()(const Relayout &body) {
    return body.form == Relayout::Form::AllGather ? Cost::Gather
                                                  : Cost::Relayout;
  }
};

} // namespace

std::optional<Cost> wholeEntry(const Kernel &kernel) {
  if (std::optional<Cost> part = entryOfPart(kernel))
    return part;
  return std::visit(EntryOfKind{}, kernel.body);
}

CumulativeCycles gate(const CumulativeCycles &cumulative, const Kernel &kernel,
                      const CostSwitches &switches) {
  std::optional<Cost> part = entryOfPart(kernel);
  if (!part)
    return cumulative;
  Cost entry = *part;

  constexpr int fillPlace = static_cast<int>(Cost::Fill);
  int64_t ideal = cumulative[0];
  int64_t above = cumulative[fillPlace] - ideal;
  int64_t fill = cumulative[kNumCosts] - cumulative[fillPlace];
  CumulativeCycles gated;
  gated.fill(ideal);
  for (int i = static_cast<int>(entry) + 1; i <= kNumCosts; ++i)
    gated[i] += switches[entry] ? above : 0;
  gated[kNumCosts] += fill;
  return gated;
}

} // namespace waferflow
