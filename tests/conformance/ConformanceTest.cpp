//===- ConformanceTest.cpp - Do random programs compute what they say? ----===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/conformance/Harness.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

using namespace waferflow;
using namespace waferflow::conformance;

namespace {

int64_t environment(const char *name, int64_t otherwise) {
  const char *text = std::getenv(name);
  return text ? std::atoll(text) : otherwise;
}

class Conformance : public testing::TestWithParam<KernelKind> {};

/// `share` of `values` are not above this.
double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(share * (values.size() - 1) + 0.5)];
}

TEST_P(Conformance, ReferenceOracleAndOrderOfCoresAgree) {
  const auto &[kind, generate] = GetParam();
  int64_t first = environment("WAFERFLOW_FIRST", 1);
  int64_t count = environment("WAFERFLOW_CASES", 50);
  std::vector<double> ratios;
  std::map<std::string, double> gaps;
  int64_t nonzeros = 0;
  for (int64_t seed = first; seed < first + count; ++seed) {
    Case which = generate(static_cast<uint64_t>(seed));
    which.kind = kind;
    which.seed = static_cast<uint64_t>(seed);
    Outcome outcome = run(which);
    EXPECT_EQ(outcome.failure, "");
    if (!outcome.failure.empty())
      continue;
    ratios.push_back(static_cast<double>(outcome.tileCycles) / outcome.cycles);
    if (std::getenv("WAFERFLOW_PRINT"))
      std::cout << kind << " seed " << seed << ": " << outcome.cycles
                << " cycles, tile " << outcome.tileCycles << ", oracle off by "
                << outcome.oracleGap << " (" << which.what << ")\n";
    double &gap = gaps[which.type];
    gap = std::max(gap, outcome.oracleGap);
    nonzeros += outcome.counts.nonzeros;
  }
  if (ratios.empty())
    return;
  std::cout << kind << ": " << ratios.size() << " programs, " << nonzeros
            << " weights streamed; tile / cycle " << quantile(ratios, 0)
            << " least, " << quantile(ratios, 0.1) << " (10 %), "
            << quantile(ratios, 0.5) << " (median), " << quantile(ratios, 0.9)
            << " (90 %), " << quantile(ratios, 1) << " most; oracle off by";
  for (const auto &[type, gap] : gaps)
    std::cout << " " << gap << " (" << type << ")";
  std::cout << " x size\n";
}

INSTANTIATE_TEST_SUITE_P(
    Kernels, Conformance, testing::ValuesIn(generators()),
    [](const testing::TestParamInfo<Conformance::ParamType> &info) {
      return info.param.name;
    });

} // namespace
