//===- ElementsTest.cpp - Are elements computed one after the other? ------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Small.h"

using namespace waferflow;
using namespace waferflow::cycle;
using namespace waferflow::cycle::test;
using namespace waferflow::cycle::parts;

/// "data" after one instruction on 0, 1, ... 99, f16.
static std::vector<float> after(Vector vector) {
  FabricProgram program =
      oneCore(load("tiny"), DataType::F16, 100, std::move(vector));
  auto created = FabricSimulation::create(program);
  EXPECT_TRUE(bool(created)) << created.str();
  std::vector<float> values(100);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(i);
  EXPECT_FALSE(created->write(0, 0, "data", values));
  auto error = created->run();
  EXPECT_FALSE(error) << error->str();
  return *created->read(0, 0, "data");
}

/// However many elements a slot has, one sees what the one before wrote.
TEST(Elements, EachSeesWhatTheOneBeforeWrote) {
  auto sums = after(vector(VectorOp::Add, MemoryOperand{0, 1},
                           {MemoryOperand{0, 0}, MemoryOperand{0, 1}}, 40));
  for (int64_t i = 1; i <= 40; ++i)
    EXPECT_EQ(sums[i], i * (i + 1) / 2) << i;
  auto copies = after(
      vector(VectorOp::Mov, MemoryOperand{0, 1}, {MemoryOperand{0, 0}}, 99));
  EXPECT_EQ(copies, std::vector<float>(100, 0));
}

TEST(Elements, ManyOntoOne) {
  MemoryOperand last{0, 99, 0}, rows{0, 98, 1, 2, 0};
  auto one = after(vector(VectorOp::Fmac, last,
                          {ImmediateOperand{1}, MemoryOperand{0, 0}}, 50));
  EXPECT_EQ(one[99], 99 + 49 * 50 / 2);
  auto two = after(vector(VectorOp::Fmac, rows,
                          {ImmediateOperand{1}, MemoryOperand{0, 0}}, 20));
  EXPECT_EQ(two[98], 98 + 0 + 2 + 4 + 6 + 8 + 10 + 12 + 14 + 16 + 18);
  EXPECT_EQ(two[99], 99 + 1 + 3 + 5 + 7 + 9 + 11 + 13 + 15 + 17 + 19);
}

TEST(Elements, LongVectorsInPlace) {
  auto doubled = after(vector(VectorOp::Add, MemoryOperand{0, 0},
                              {MemoryOperand{0, 0}, MemoryOperand{0, 0}}, 100));
  for (size_t i = 0; i < doubled.size(); ++i)
    EXPECT_EQ(doubled[i], 2 * i);
}
