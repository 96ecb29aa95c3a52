//===- SramImageTest.cpp - Does a program find what the last one left? ----===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Small.h"

using namespace waferflow;
using namespace waferflow::cycle;
using namespace waferflow::cycle::test;

namespace {

using Values = std::vector<float>;

/// One core: "to" (at byte 64) = "from" (at 0) + "from", in f16.
FabricProgram doubled(const char *from, const char *to) {
  Vector add = parts::vector(VectorOp::Add, MemoryOperand{1, 0},
                             {MemoryOperand{0, 0}, MemoryOperand{0, 0}}, 4);
  FabricProgram program = oneCore(load("tiny"), DataType::F16, 4, add);
  program.cores[0].buffers[0] = {from, DataType::F16, 4, 0};
  program.cores[0].buffers[1] = {to, DataType::F16, 4, 64};
  return program;
}

/// Runs on the image and puts what is left back into it.
void runOn(SramImage &image, const FabricProgram &program) {
  auto created = FabricSimulation::create(program, std::move(image));
  ASSERT_TRUE(bool(created)) << created.str();
  auto error = created->run();
  ASSERT_FALSE(error) << error->str();
  image = created->takeImage();
}

} // namespace

TEST(SramImage, WhatAProgramLeavesTheNextFindsUnderAnyName) {
  FabricProgram first = doubled("a", "b"), second = doubled("c", "d");
  second.cores[0].buffers[0].address = 64;
  second.cores[0].buffers[1].address = 8;
  SramImage image(1, 1, 72);
  auto a = placeOf(first, 0, 0, "a");
  ASSERT_TRUE(bool(a)) << a.str();
  EXPECT_EQ(a->address, 0);
  EXPECT_FALSE(image.write(0, 0, *a, {1, 2, 3, 0.1f}));
  const uint8_t *memory = image.core(0, 0);
  runOn(image, first);
  runOn(image, second);
  EXPECT_EQ(image.core(0, 0), memory); // taken over, not copied
  auto d = placeOf(second, 0, 0, "d");
  ASSERT_TRUE(bool(d)) << d.str();
  auto values = image.read(0, 0, *d);
  ASSERT_TRUE(bool(values)) << values.str();
  EXPECT_EQ(*values, (Values{4, 8, 12, 0.39990234375f}));
  EXPECT_EQ(*image.read(0, 0, *a), (Values{1, 2, 3, 0.0999755859375f}));
}

TEST(SramImage, CoresLieByRowAndTheSameForAll) {
  SramImage image(3, 2, 10);
  EXPECT_EQ(image.bytesPerCore(), 16);
  EXPECT_EQ(image.core(1, 0) - image.core(0, 0), 16);
  EXPECT_EQ(image.core(0, 1) - image.core(0, 0), 48);
  BufferPlace place{DataType::I32, 2, 8};
  EXPECT_FALSE(image.write(2, 1, place, {-5, 7}));
  EXPECT_EQ(image.core(2, 1)[8], 0xfb);
  EXPECT_EQ(*image.read(2, 1, place), (Values{-5, 7}));
  EXPECT_EQ(*image.read(1, 1, place), (Values{0, 0}));
}

TEST(SramImage, WhatDoesNotFitIsRefusedAndTheImageKept) {
  FabricProgram program = doubled("a", "b");
  SramImage narrow(1, 1, 64), wide(2, 1, 72);
  auto created = FabricSimulation::create(program, std::move(narrow));
  EXPECT_EQ(created.str(), "core program 'one': its buffers end at byte 72; "
                           "the image has 64 a core");
  EXPECT_EQ(narrow.width(), 1);
  EXPECT_EQ(FabricSimulation::create(program, std::move(wide)).str(),
            "one: expected an image of 1 x 1 cores, got 2 x 1");
  BufferPlace place{DataType::F16, 4, 64};
  EXPECT_EQ(narrow.read(0, 0, place).str(),
            "core (0, 0): bytes 64 to 72 of an image with 64 bytes a core");
  EXPECT_EQ(narrow.read(1, 0, place).str(),
            "core (1, 0): outside the 1 x 1 cores of the image");
  EXPECT_EQ(narrow.write(0, 0, {DataType::F16, 2, 0}, {1})->str(),
            "core (0, 0): expected 2 values, got 1");
  EXPECT_EQ(placeOf(program, 0, 0, "c").str(), "core (0, 0): no buffer 'c'");
}

TEST(SramImage, ATakenImageIsGone) {
  FabricProgram program = doubled("a", "b");
  auto created = FabricSimulation::create(program, SramImage(1, 1, 72));
  ASSERT_TRUE(bool(created)) << created.str();
  EXPECT_FALSE(created->write(0, 0, "a", {1, 2, 3, 4}));
  ASSERT_FALSE(created->run());
  EXPECT_EQ(*created->read(0, 0, "b"), (Values{2, 4, 6, 8}));
  EXPECT_EQ(created->takeImage().bytesPerCore(), 72);
  EXPECT_EQ(created->read(0, 0, "b").str(),
            "buffer 'b': the memory's image has been taken");
}
