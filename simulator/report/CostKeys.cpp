//===- CostKeys.cpp - The ledger entries by name --------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/report/Report.h"

namespace waferflow {

namespace {

constexpr std::array<const char *, kNumCosts> keys = {
    "padding", "dot",           "launch",    "row_end", "rows",
    "columns", "reduction",     "ring",      "gather",  "relayout",
    "io",      "contention",    "attention", "head",    "elementwise",
    "reduce",  "recomputation", "fill"};

} // namespace

const char *costKey(Cost cost) { return keys[static_cast<int>(cost)]; }

std::optional<Cost> costOfKey(const std::string &key) {
  for (int i = 0; i < kNumCosts; ++i)
    if (key == keys[i])
      return static_cast<Cost>(i);
  return std::nullopt;
}

std::optional<Error> setSwitch(CostSwitches &switches,
                               const std::string &assignment) {
  const std::string prefix = "cost.";
  size_t equals = assignment.find('=');
  std::string name = assignment.substr(0, equals);
  std::string value =
      equals == std::string::npos ? "" : assignment.substr(equals + 1);
  std::optional<Cost> cost;
  if (name.compare(0, prefix.size(), prefix) == 0)
    cost = costOfKey(name.substr(prefix.size()));
  if (!cost) {
    std::string known;
    for (const char *key : keys)
      known += (known.empty() ? "" : ", ") + prefix + key;
    return Error{assignment,
                 "expected one of " + known + ", got '" + name + "'"};
  }
  if (value != "on" && value != "off")
    return Error{assignment,
                 "expected " + name + " to be on or off, got '" + value + "'"};
  switches.on[static_cast<int>(*cost)] = value == "on";
  return std::nullopt;
}

const char *phaseName(Phase phase) {
  switch (phase) {
  case Phase::Forward:
    return "forward";
  case Phase::Recompute:
    return "recompute";
  case Phase::Backward:
    return "backward";
  }
  return "forward";
}

} // namespace waferflow
