//===- StatementsTest.cpp - What does the mapping page claim? -------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Statements about the mapping that were made before there was a simulator.
// Each test prints what the simulator says; the bounds are wide, nothing is
// tuned to them. README.md lists the differences.
//
//===----------------------------------------------------------------------===//
#include "simulator/cost/Expected.h"
#include "simulator/machine/Reader.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <gtest/gtest.h>
#include <random>

using namespace waferflow;
using namespace waferflow::cost;

namespace {

Machine cs3() { return loadMachine("cs3", WAFERFLOW_MACHINES)->machine; }

/// A 4096 x 4096 weight on 683 columns of 6 features, 114 tokens a core.
struct Residual {
  static constexpr int64_t rows = 4096, columns = 683, features = 6;
  std::vector<uint8_t> counts;
  RecurrenceProblem problem;
  double mean = 0; ///< cycles if every column had the mean and never waited

  Residual(double density, int64_t buffers, bool scattered) {
    std::mt19937_64 random(1);
    std::binomial_distribution<int> binomial(features, density);
    for (int64_t i = 0; i < rows * columns; ++i)
      counts.push_back(static_cast<uint8_t>(binomial(random)));
    problem.counts.bytes = counts.data();
    problem.counts.columns = columns;
    problem.holds.assign(columns, true);
    problem.largest = features;
    problem.buffers = buffers;
    problem.waveletsIn.assign(rows, 0);
    for (int64_t r = 0; r < rows; ++r)
      problem.owner.push_back(static_cast<int32_t>(r / features));
    if (scattered)
      std::shuffle(problem.owner.begin(), problem.owner.end(), random);
    RowShape shape;
    shape.tokens = 114;
    shape.members = columns;
    RecurrenceVariant v = spmmRow(cs3(), CostSwitches(), shape);
    v.ring = true;
    problem.variants.push_back(v);
    mean = rows * (features * density * v.perNonzero + v.rowEnd + v.slots);
  }
  double efficiency() const { return mean / runSpmmRecurrence(problem)[0]; }
};

TEST(Statements, OwnersInOrderMakeTheRingAWave) {
  for (double density : {0.5, 0.3, 0.1}) {
    double eight = Residual(density, 8, false).efficiency();
    double many = Residual(density, 64, false).efficiency();
    std::printf("density %.1f: B = 8 %.3f, B = 64 %.3f of the mean column "
                "(page: 0.90, 0.95)\n",
                density, eight, many);
    EXPECT_GT(eight, 0.85);
    EXPECT_LT(eight, many);
    EXPECT_GT(many, 0.93);
    EXPECT_LT(many, 1.0);
  }
}

TEST(Statements, ScatteredOwnersWaitForTrips) {
  double scattered = Residual(0.3, 8, true).efficiency();
  std::printf("scattered owners, B = 8: %.3f of the mean column (page: 0.2)\n",
              scattered);
  EXPECT_LT(scattered, 0.25);
}

TEST(Statements, ATripOverTheResidualIsMuchLongerThanARow) {
  Residual residual(0.3, 8, false);
  const RecurrenceVariant &v = residual.problem.variants[0];
  EXPECT_EQ(v.stage, 7);
  // 682 stages are the page's 4,800 cycles; the way back is 1,364 hops' cycles.
  EXPECT_EQ(v.stage * (Residual::columns - 1), 4774);
  EXPECT_EQ(v.wrap, 5 + 2 * 682);
}

/// Best cycles of the linears of a block of LLaMA-2-7B in one direction.
class Linears {
public:
  enum class Gather { None, Serial, Hidden, Small };

  /// Forward of q, k, v, o, gate, up and down under one token group count; each
  /// takes its best output groups.
  static double best(double density, Gather gather) {
    Machine machine = cs3();
    double least = INFINITY;
    for (int64_t groups = 1; groups <= 16; ++groups) {
      TokenLayout tokens =
          layTokens(131072, 2048, groups, machine.width, machine.height);
      double total = 4 * kernel(machine, tokens, 4096, 4096, density, gather) +
                     2 * kernel(machine, tokens, 11008, 4096, density, gather) +
                     kernel(machine, tokens, 4096, 11008, density, gather);
      least = std::min(least, total);
    }
    return least;
  }

  /// Speedup over dense, in parts of 1 / density.
  static double ofTheory(double density, Gather gather) {
    return best(1, gather) / best(density, gather) * density;
  }

private:
  static int64_t columnsOf(int64_t features, int64_t width) {
    int64_t f = (features + width - 1) / width;
    return (features + f - 1) / f;
  }
  static double kernel(const Machine &machine, const TokenLayout &tokens,
                       int64_t rows, int64_t features, double density,
                       Gather gather) {
    StreamShape shape;
    shape.rows = rows;
    shape.features = features;
    shape.featureColumns = columnsOf(features, tokens.groupColumns);
    shape.rowColumns = columnsOf(rows, tokens.groupColumns);
    shape.density = density;
    shape.indexFree = density == 1;
    shape.buffers = 8;
    double least = INFINITY;
    for (int64_t groups : {1, 2, 3, 4, 6, 8, 12, 16}) {
      if (groups > 1 && gather == Gather::None)
        break;
      shape.outputGroups = groups;
      shape.form = GroupForm::Interleaved;
      double cycles = expectedSpmm(machine, tokens, shape);
      shape.form = GroupForm::Contiguous;
      cycles = std::min(cycles, expectedSpmm(machine, tokens, shape));
      double replica = std::ceil(static_cast<double>(features * groups) /
                                 static_cast<double>(shape.featureColumns)) *
                       static_cast<double>(tokens.tokensPerCore);
      if (groups > 1 && gather == Gather::Serial)
        cycles += replica / 2;
      if (groups > 1 && gather == Gather::Small && 2 * replica > 8192)
        continue;
      least = std::min(least, cycles);
    }
    return least;
  }
};

TEST(Statements, GroupsMoveTheLinearsTowardsTheory) {
  using G = Linears::Gather;
  struct Row {
    const char *name;
    G gather;
    double page70, page90;
  };
  double alone70 = 0, alone90 = 0;
  for (const Row &row :
       {Row{"token groups alone", G::None, 0.85, 0.67},
        Row{"output groups, serial gather", G::Serial, 0.88, 0.75},
        Row{"output groups, hidden gather", G::Hidden, 0.96, 0.84},
        Row{"hidden gather, replica <= 8 KB", G::Small, 0.91, 0.80}}) {
    double at70 = Linears::ofTheory(0.3, row.gather);
    double at90 = Linears::ofTheory(0.1, row.gather);
    std::printf("%s: %.3f at 70 %%, %.3f at 90 %% of theory (page: %.2f, "
                "%.2f)\n",
                row.name, at70, at90, row.page70, row.page90);
    if (row.gather == G::None) {
      alone70 = at70;
      alone90 = at90;
    }
    EXPECT_GE(at70, alone70 - 0.02);
    EXPECT_GE(at90, alone90 - 0.02);
    EXPECT_LT(at70, 1.0);
    EXPECT_LT(at90, at70);
  }
}

} // namespace
