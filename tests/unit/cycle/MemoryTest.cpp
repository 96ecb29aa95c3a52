//===- MemoryTest.cpp - Which elements does a memory operand name? --------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Small.h"

#include <gmock/gmock.h>

using namespace waferflow;
using namespace waferflow::cycle;
using namespace waferflow::cycle::test;
using namespace waferflow::cycle::parts;

/// Copies `extent` elements of a buffer 0, 1, ... 11 as `source` names them.
static FabricProgram copy(MemoryOperand source, int64_t extent) {
  source.buffer = 0;
  return oneCore(load("cs2"), DataType::F32, 12,
                 vector(VectorOp::Mov, MemoryOperand{1, 0}, {source}, extent));
}

static std::vector<float> copied(MemoryOperand source, int64_t extent) {
  FabricProgram program = copy(std::move(source), extent);
  auto created = FabricSimulation::create(program);
  EXPECT_TRUE(bool(created)) << created.str();
  std::vector<float> values(12);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(i);
  EXPECT_FALSE(created->write(0, 0, "data", values));
  auto error = created->run();
  EXPECT_FALSE(error) << error->str();
  std::vector<float> result = *created->read(0, 0, "y");
  result.resize(extent);
  return result;
}

TEST(Memory, OneAndTwoDimensions) {
  using V = std::vector<float>;
  EXPECT_EQ(copied({0, 1, 2}, 4), (V{1, 3, 5, 7}));
  EXPECT_EQ(copied({0, 11, -3}, 4), (V{11, 8, 5, 2}));
  EXPECT_EQ(copied({0, 1, 1, 2, 4}, 6), (V{1, 2, 5, 6, 9, 10}));
  EXPECT_EQ(copied({0, 1, 1, 3, 4}, 5), (V{1, 2, 3, 5, 6})); // a part of a row
  EXPECT_EQ(copied({0, 8, 2, 2, -4}, 6), (V{8, 10, 4, 6, 0, 2}));
}

TEST(Memory, RowsOutsideTheBuffer) {
  auto outside = [](MemoryOperand source, int64_t extent) {
    FabricProgram program = copy(std::move(source), extent);
    auto created = FabricSimulation::create(program);
    auto error = created->run();
    return error ? error->str() : "";
  };
  EXPECT_EQ(outside({0, 0, 1, 4, 4}, 12), "");
  // 0, 6, 12; 4, 10, 16; 8.
  EXPECT_THAT(outside({0, 0, 6, 3, 4}, 7),
              testing::HasSubstr("elements 0 to 16 of buffer 'data', which "
                                 "has 12"));
  EXPECT_THAT(outside({0, 2, 1, 2, -4}, 4),
              testing::HasSubstr("elements -2 to 3 of buffer 'data'"));
}

TEST(Memory, RowsThatMeanNothing) {
  auto rejected = [](int64_t row, int64_t rowStride) {
    FabricProgram program = copy({0, 0, 1, row, rowStride}, 4);
    auto created = FabricSimulation::create(program);
    return created ? "" : created.str();
  };
  EXPECT_THAT(rejected(-2, 4),
              testing::HasSubstr("a memory operand with rows of -2 elements"));
  EXPECT_THAT(rejected(0, 4),
              testing::HasSubstr("expected rows of 1 or more, or neither"));
}
