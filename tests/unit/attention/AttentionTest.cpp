//===- AttentionTest.cpp - Do the cores compute attention? ----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/unit/attention/AttentionRun.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

using namespace waferflow;

namespace {

std::map<std::string, Rows> randomInputs(const AttentionCase &c,
                                         float size = 1) {
  std::mt19937 generator(7);
  std::normal_distribution<float> normal(0, size);
  std::map<std::string, Rows> inputs;
  for (auto [name, heads] : {std::pair("q", c.heads), std::pair("k", c.kv),
                             std::pair("v", c.kv), std::pair("g", c.heads)}) {
    Rows &rows = inputs[name];
    rows.resize(c.tokens() * heads * c.dim);
    for (float &value : rows)
      value = normal(generator);
  }
  return inputs;
}

class AttentionTest : public testing::TestWithParam<AttentionCase> {};

std::vector<AttentionCase> cases() {
  std::vector<AttentionCase> result;
  auto add = [&](const char *name, AttentionCase c) {
    c.name = name;
    result.push_back(c);
  };
  // 12 columns, 4 heads: 6, 6 and 4 dims a column; 2 rows a sequence.
  AttentionCase tiny;
  add("tiny", tiny);
  AttentionCase c = tiny;
  c.causal = false;
  add("everyKey", c);
  // 3 rows of 5, 5 and 4 tokens; a key block that doesn't divide; one row left.
  c = tiny;
  c.batch = 3, c.seq = 14, c.keyBlock = 3;
  add("threeRows", c);
  c.causal = false;
  add("threeRowsEveryKey", c);
  // 5 rows of 3, 3, 3, 2 and 2 tokens: chunks of one query.
  c = tiny;
  c.batch = 2, c.seq = 13, c.keyBlock = 2;
  add("fiveRows", c);
  c.causal = false;
  add("fiveRowsEveryKey", c);
  // A token a core: columns without a query of their own.
  c = tiny;
  c.batch = 1, c.seq = 4, c.keyBlock = 1;
  add("oneTokenACore", c);
  c = tiny;
  c.batch = 10, c.seq = 7;
  add("oneRow", c);
  // 3, 3 and 1 sequences a row.
  c = tiny;
  c.batch = 7, c.seq = 5, c.height = 3;
  add("severalSequencesARow", c);
  c.causal = false;
  add("severalSequencesARowEveryKey", c);
  // Two token groups, of two sequences and of one.
  c = tiny;
  c.gt = 2, c.batch = 3, c.seq = 9;
  add("twoGroups", c);
  c.width = 27, c.height = 4;
  add("twoGroupsOfTeams", c);
  // Whole heads in a column: 2 and 1; three columns left over.
  c = tiny;
  c.heads = c.kv = 3, c.dim = 8, c.width = 2, c.batch = 2;
  add("headsInAColumn", c);
  c.heads = 6, c.kv = 2, c.width = 3, c.height = 1, c.batch = 3, c.seq = 6;
  add("headsInAColumnSequencesInARow", c);
  c = tiny;
  c.width = 11;
  add("columnsLeftOver", c);
  c = tiny;
  c.heads = c.kv = 2, c.dim = 10, c.batch = 2, c.seq = 8;
  add("everyHeadItsOwnKeys", c);
  c.heads = 3, c.kv = 1, c.dim = 6, c.width = 10;
  add("oneKeyHead", c);
  return result;
}

/// What the counters say is what is counted beforehand, and that is two
/// products forward, seven backward and the sum of o and its gradient.
void expectCounts(const AttentionResults &got, const AttentionCase &c,
                  bool backward) {
  const fabric::attention::Counts &expected = got.expected;
  EXPECT_GT(expected.axpys, 0);
  EXPECT_EQ(got.attention.axpys, expected.axpys);
  EXPECT_EQ(got.attention.dots, expected.dots);
  EXPECT_EQ(got.attention.multiplyAdds,
            expected.multiplyAdds() - expected.firstProducts);
  EXPECT_EQ(expected.rowProducts, backward ? c.tokens() * c.heads * c.dim : 0);
  EXPECT_EQ(expected.multiplyAdds() - expected.rowProducts,
            backward ? got.multiplyAdds / 5 * 7 : got.multiplyAdds);
}

/// Every value is near what is expected, counted in the products of which it is
/// a sum.
void expectNear(const AttentionResults &got,
                std::map<std::string, std::vector<double>> &expected) {
  for (const auto &[name, values] : got.values) {
    const std::vector<double> &wanted = expected[name];
    const std::vector<double> &size = expected[name + ".size"];
    ASSERT_EQ(values.size(), size.size()) << name;
    double worst = 0;
    for (size_t i = 0; i < size.size(); ++i) {
      ASSERT_TRUE(std::isfinite(values[i])) << name << " element " << i;
      worst = std::max(worst, std::abs(values[i] - wanted[i]) / size[i]);
    }
    EXPECT_LT(worst, 1e-5) << name;
    testing::Test::RecordProperty(name, std::to_string(worst));
  }
}

TEST_P(AttentionTest, EqualsTheOracle) {
  const AttentionCase &c = GetParam();
  auto inputs = randomInputs(c);
  auto expected = attentionByDefinition(c, inputs);
  for (bool backward : {false, true}) {
    AttentionResults oracle = runOnCpu(c, backward, inputs);
    ASSERT_EQ(oracle.error, "");
    expectNear(oracle, expected);
    for (const auto &[name, values] : oracle.values)
      expected[name].assign(values.begin(), values.end());
    AttentionResults got = runOnFabric(c, backward, inputs);
    ASSERT_EQ(got.error, "");
    EXPECT_EQ(got.padding, 0);
    EXPECT_EQ(got.values.size(), backward ? 3u : 1u);
    expectCounts(got, c, backward);
    expectNear(got, expected);
  }
}

/// A backward pass behind its forward pass takes five products instead of
/// seven, and gives the same.
TEST_P(AttentionTest, BackwardTakesWhatForwardLeft) {
  const AttentionCase &c = GetParam();
  auto inputs = randomInputs(c);
  AttentionResults got = runBothOnFabric(c, inputs);
  ASSERT_EQ(got.error, "");
  EXPECT_EQ(got.padding, 0);
  EXPECT_EQ(got.values.size(), 4u);
  const fabric::attention::Counts &expected = got.expected;
  EXPECT_EQ(got.attention.axpys, expected.axpys);
  EXPECT_EQ(got.attention.dots, expected.dots);
  EXPECT_EQ(got.attention.multiplyAdds,
            expected.multiplyAdds() - expected.firstProducts);
  EXPECT_EQ(expected.multiplyAdds() - expected.rowProducts, got.multiplyAdds);
  auto byDefinition = attentionByDefinition(c, inputs);
  expectNear(got, byDefinition);
}

/// What is computed does not depend on the order in which cores are visited.
TEST(AttentionOrderTest, TheOrderOfCoresChangesNothing) {
  AttentionCase c;
  c.batch = 2, c.seq = 10, c.height = 6;
  auto inputs = randomInputs(c);
  for (bool backward : {false, true}) {
    AttentionResults once = runOnFabric(c, backward, inputs);
    ASSERT_EQ(once.error, "");
    AttentionResults again = runOnFabric(c, backward, inputs, /*seed=*/3);
    ASSERT_EQ(again.error, "");
    EXPECT_EQ(once.cycles, again.cycles);
    EXPECT_EQ(once.values, again.values);
  }
}

/// 16-bit types: finite, and near what f32 inputs give. The gap is reported.
TEST(AttentionTypesTest, SixteenBitsAreNearTheDefinition) {
  for (const char *type : {"f16", "bf16"})
    for (const char *accumulate : {"storage", "f32"}) {
      AttentionCase c;
      c.batch = 2, c.seq = 13, c.type = type, c.accumulate = accumulate;
      auto inputs = randomInputs(c);
      auto expected = attentionByDefinition(c, inputs);
      for (bool backward : {false, true}) {
        AttentionResults got = runOnFabric(c, backward, inputs);
        ASSERT_EQ(got.error, "");
        EXPECT_EQ(got.padding, 0);
        expectCounts(got, c, backward);
        for (const auto &[name, values] : got.values) {
          double worst = 0, most = 0;
          for (size_t i = 0; i < values.size(); ++i) {
            ASSERT_TRUE(std::isfinite(values[i])) << name << " element " << i;
            worst = std::max(worst, std::abs(values[i] - expected[name][i]));
            most = std::max(most, std::abs(expected[name][i]));
          }
          std::printf("%s, sums in %s, %s: max error / max %.2e\n", type,
                      accumulate, name.c_str(), worst / most);
          EXPECT_LT(worst / most, type[0] == 'f' ? 4e-3 : 4e-2) << name;
        }
      }
    }
}

/// Scores of hundreds: a softmax that is one or zero, and nothing overflows.
TEST(AttentionTypesTest, LargeScoresStayFinite) {
  for (const char *type : {"f32", "f16"}) {
    AttentionCase c;
    c.batch = 2, c.seq = 13, c.type = type;
    auto inputs = randomInputs(c);
    for (float &q : inputs["q"])
      q *= 40;
    auto expected = attentionByDefinition(c, inputs);
    for (bool backward : {false, true}) {
      AttentionResults got = runOnFabric(c, backward, inputs);
      ASSERT_EQ(got.error, "");
      for (const auto &[name, values] : got.values)
        for (size_t i = 0; i < values.size(); ++i) {
          ASSERT_TRUE(std::isfinite(values[i])) << name << " element " << i;
          if (type[1] == '3') {
            EXPECT_NEAR(values[i], expected[name][i],
                        1e-3 * expected[name + ".size"][i])
                << name << " element " << i;
          }
        }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, AttentionTest, testing::ValuesIn(cases()),
                         [](const testing::TestParamInfo<AttentionCase> &info) {
                           return info.param.name;
                         });

} // namespace
