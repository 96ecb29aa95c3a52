//===- ExpectedTest.cpp - How far are the closed forms off? ---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/Expected.h"
#include "simulator/machine/Reader.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <gtest/gtest.h>

using namespace waferflow;
using namespace waferflow::cost;

namespace {

int64_t columnsOf(int64_t features, int64_t width) {
  int64_t f = (features + width - 1) / width;
  return (features + f - 1) / f;
}

/// Linears of a LLaMA-2-7B block in many mappings.
template <typename Visit> void forMappings(bool groups, Visit visit) {
  Machine machine = loadMachine("cs3", WAFERFLOW_MACHINES)->machine;
  const std::pair<int64_t, int64_t> linears[] = {{4096, 4096}, {4096, 11008}};
  for (int64_t gt : {1, 2, 4}) {
    TokenLayout tokens =
        layTokens(131072, 2048, gt, machine.width, machine.height);
    for (auto [rows, features] : linears)
      for (double density : {1.0, 0.5, 0.3, 0.1, 0.05})
        for (int64_t buffers : {2, 8, 32})
          for (int64_t go : {1, 3, 8})
            for (GroupForm form :
                 {GroupForm::Contiguous, GroupForm::Interleaved}) {
              if (go == 1 ? form == GroupForm::Interleaved : !groups)
                continue;
              StreamShape shape;
              shape.rows = rows;
              shape.features = features;
              shape.featureColumns = columnsOf(features, tokens.groupColumns);
              shape.rowColumns = columnsOf(rows, tokens.groupColumns);
              shape.density = density;
              shape.indexFree = density == 1;
              shape.outputGroups = go;
              shape.form = form;
              shape.buffers = buffers;
              visit(machine, tokens, shape);
            }
  }
}

/// Closed form over recurrence, by case.
void expectWithin(const char *kind, std::vector<double> ratios, double most) {
  std::sort(ratios.begin(), ratios.end());
  auto at = [&](double part) {
    return ratios[static_cast<size_t>(part *
                                      static_cast<double>(ratios.size() - 1))];
  };
  std::printf("%s: closed form / recurrence in %zu cases: least %.3f, 5 %% "
              "%.3f, median %.3f, 95 %% %.3f, most %.3f\n",
              kind, ratios.size(), at(0), at(0.05), at(0.5), at(0.95), at(1));
  EXPECT_GT(ratios.front(), 1 - most);
  EXPECT_LT(ratios.back(), 1 + most);
}

TEST(Expected, SpmmIsCloseToTheRecurrence) {
  std::vector<double> ratios;
  forMappings(true, [&](const Machine &machine, const TokenLayout &tokens,
                        const StreamShape &shape) {
    ratios.push_back(expectedSpmm(machine, tokens, shape) /
                     simulateSpmm(machine, tokens, shape));
  });
  expectWithin("spmm", ratios, 0.11);
}

TEST(Expected, SddmmIsCloseToTheRecurrence) {
  std::vector<double> ratios;
  forMappings(false, [&](const Machine &machine, const TokenLayout &tokens,
                         const StreamShape &shape) {
    ratios.push_back(expectedSddmm(machine, tokens, shape) /
                     simulateSddmm(machine, tokens, shape));
  });
  expectWithin("sddmm", ratios, 0.1);
}

TEST(Expected, TakesMicroseconds) {
  forMappings(true, [&](const Machine &machine, const TokenLayout &tokens,
                        const StreamShape &shape) {
    if (shape.buffers != 8 || shape.density != 0.3)
      return;
    double sum = 0;
    auto start = std::chrono::steady_clock::now();
    for (int repeat = 0; repeat < 1000; ++repeat)
      sum += expectedSpmm(machine, tokens, shape);
    double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
            .count();
    EXPECT_GT(sum, 0);
    EXPECT_LT(seconds, 1); // 1 ms each: a slow machine under load passes
  });
}

} // namespace
