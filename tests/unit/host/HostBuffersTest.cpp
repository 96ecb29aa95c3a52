//===- HostBuffersTest.cpp - Is SRAM what the form says? ------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/unit/host/HostModule.h"

#include "runtime/translate/HostBuffers.h"

using namespace waferflow;

namespace {

// Two sequences of five tokens. With one token group each has one of 3 rows of
// cores (the third row idles): a core has all 5 tokens. With two groups a
// sequence has 3 rows: row 0 has tokens 0 and 3 of it, row 1 has 1 and 4, row 2
// has 2 and padding.
class HostBuffersTest : public HostModule {
protected:
  HostBuffersTest() : image(4, 3, 512) {}

  void write(const std::string &host, const std::string &memref,
             int groups = 1) {
    parse("fabric.write <" + host + "> on <x 0 to 4, y 0 to 3> at 8 : memref<" +
              memref + ", #fabric.sram>",
          groups);
    HostTensor ids = HostTensor::zeros({2, 5}, true);
    ids.integers() = {7, 3, 9, 3, 1, 10, 20, 30, 40, 50};
    tensors["ids"] = ids;
    HostTensor x = HostTensor::zeros({10, 5}, false);
    for (int i = 0; i < 50; ++i)
      x.floats()[i] = static_cast<float>(i);
    tensors["x"] = x;
  }
  std::string error() {
    HostBuffers buffers(*side);
    auto bytes = buffers.write(first<fabric::WriteOp>(), tensors, image);
    return bytes ? "" : bytes.str();
  }
  /// The first elements of the buffer of a core, after the write.
  std::vector<float> core(int64_t x, int64_t y, cycle::DataType type,
                          int64_t extent) {
    EXPECT_EQ(error(), "");
    return *image.read(x, y, {type, extent, 8});
  }

  cycle::SramImage image;
};

using Floats = std::vector<float>;
constexpr auto I32 = cycle::DataType::I32;
constexpr auto F16 = cycle::DataType::F16;

TEST_F(HostBuffersTest, ActivationsAreSlotsOfTokens) {
  write("tensor = \"x\", form = \"activations\", features = <order = @in2>",
        "3x2xf16", 2);
  // Core (0, 0): features 0 to 2 of tokens 0 and 3.
  EXPECT_EQ(core(0, 0, F16, 6), (Floats{0, 15, 1, 16, 2, 17}));
  // Core (1, 2): features 3 and 4 of token 2; no third slot, no second token.
  EXPECT_EQ(core(1, 2, F16, 6), (Floats{13, 0, 14, 0, 0, 0}));
  // Core (3, 1): the second sequence's tokens 1 and 4.
  EXPECT_EQ(core(3, 1, F16, 6), (Floats{33, 48, 34, 49, 0, 0}));
}

TEST_F(HostBuffersTest, TokensShiftWithinTheirSequence) {
  write("tensor = \"ids\", form = \"tokens\", shift = 1, pad = -100", "5xi32");
  EXPECT_EQ(core(0, 0, I32, 5), (Floats{3, 9, 3, 1, -100}));
  EXPECT_EQ(core(3, 1, I32, 5), (Floats{20, 30, 40, 50, -100}));
  EXPECT_EQ(core(0, 2, I32, 5), (Floats{-100, -100, -100, -100, -100}));
  write("tensor = \"ids\", form = \"tokens\", pad = -1", "2xi32", 2);
  EXPECT_EQ(core(1, 1, I32, 2), (Floats{3, 1}));
  EXPECT_EQ(core(2, 2, I32, 2), (Floats{30, -1}));
}

TEST_F(HostBuffersTest, SortedTokensEndBehindAll) {
  write("tensor = \"ids\", form = \"sorted_tokens\"", "6xi32");
  EXPECT_EQ(core(0, 0, I32, 5), (Floats{1, 3, 3, 7, 9}));
  int32_t last = 0;
  std::memcpy(&last, image.core(0, 0) + 8 + 20, 4);
  EXPECT_EQ(last, 2147483647);
  std::memcpy(&last, image.core(0, 2) + 8, 4); // no tokens
  EXPECT_EQ(last, 2147483647);
  write("tensor = \"ids\", form = \"sorted_slots\"", "5xi32");
  EXPECT_EQ(core(0, 0, I32, 5), (Floats{4, 1, 3, 0, 2}));
}

TEST_F(HostBuffersTest, PositionsAreThoseInTheSequence) {
  write("form = \"positions\", features = <order = @in2>, value = dense<[[0.0, "
        "1.0, 2.0, 3.0, 4.0], [10.0, 11.0, 12.0, 13.0, 14.0], [20.0, 21.0, "
        "22.0, 23.0, 24.0], [30.0, 31.0, 32.0, 33.0, 34.0], [40.0, 41.0, 42.0, "
        "43.0, 44.0]]> : tensor<5x5xf32>",
        "6xf16", 2);
  for (int64_t group : {0, 2}) {
    EXPECT_EQ(core(group, 0, F16, 6), (Floats{0, 30, 1, 31, 2, 32}));
    EXPECT_EQ(core(group + 1, 2, F16, 6), (Floats{23, 0, 24, 0, 0, 0}));
  }
}

TEST_F(HostBuffersTest, PositionsOfSomeFeaturesAreRepeated) {
  write(
      "form = \"positions\", features = <order = @in2>, value = dense<[[1.0], "
      "[2.0], [3.0], [4.0], [5.0]]> : tensor<5x1xf32>",
      "6xf16", 2);
  EXPECT_EQ(core(0, 0, F16, 6), (Floats{1, 4, 1, 4, 1, 4}));
  EXPECT_EQ(core(1, 2, F16, 6), (Floats{3, 0, 3, 0, 0, 0}));
}

TEST_F(HostBuffersTest, FeaturesAreSlots) {
  write("form = \"features\", features = <order = @in2>, value = dense<[1.0, "
        "2.0, 3.0, 4.0, 5.0]> : tensor<5xf32>",
        "3xf32");
  EXPECT_EQ(core(0, 2, cycle::DataType::F32, 3), (Floats{1, 2, 3}));
  EXPECT_EQ(core(1, 0, cycle::DataType::F32, 3), (Floats{4, 5, 0}));
}

TEST_F(HostBuffersTest, WhatDoesNotFitIsSaid) {
  write("tensor = \"x\", form = \"activations\", features = <order = @in2>",
        "2x2xf16", 2);
  EXPECT_EQ(error(), "form activations of tensor 'x': expected a buffer of at "
                     "least 6 elements, 2 a slot, got 4");
  write("tensor = \"ids\", form = \"tokens\"", "4xi32");
  EXPECT_EQ(error(), "form tokens of tensor 'ids': expected a buffer of 5 "
                     "elements, got 4");
  write("tensor = \"ids\", form = \"tokens\"", "5xi16");
  tensors["ids"].integers()[2] = 70000;
  EXPECT_EQ(error(), "form tokens of tensor 'ids': expected integers of 16 "
                     "bits, got 70000");
  write("tensor = \"x\", form = \"activations\", features = <order = @out2>",
        "2x5xf16");
  EXPECT_EQ(error(), "form activations of tensor 'x': expected a tensor of 30 "
                     "elements, 3 features, got f32 [10, 5]");
  image = cycle::SramImage(4, 3, 16);
  write("tensor = \"ids\", form = \"tokens\"", "5xi32");
  EXPECT_EQ(error(),
            "form tokens of tensor 'ids': ends at byte 28; a core has 16");
}

TEST_F(HostBuffersTest, ReadsTakeEachElementFromTheFirstCoreThatHasIt) {
  for (int groups : {1, 2}) {
    write("tensor = \"x\", form = \"activations\", features = <order = @in2>",
          groups == 1 ? "3x5xf32" : "3x2xf32", groups);
    ASSERT_EQ(error(), "");
    parse("fabric.read <tensor = \"y\", form = \"activations\", features = "
          "<order = @in2>> on <x 0 to 4, y 0 to 3> at 8 : memref<" +
              std::string(groups == 1 ? "15" : "6") + "xf32, #fabric.sram>",
          groups);
    HostBuffers buffers(*side);
    HostTensors results;
    auto bytes = buffers.read(first<fabric::ReadOp>(), image, results);
    ASSERT_TRUE(bytes) << bytes.str();
    EXPECT_EQ(*bytes, 200);
    for (int i = 0; i < 50; ++i)
      EXPECT_EQ(results["y"].floats()[i], static_cast<float>(i));
  }
}

TEST_F(HostBuffersTest, ReadsOfPiecesAddUpToAResult) {
  HostTensors results;
  std::unique_ptr<HostBuffers> buffers;
  for (std::string piece : {"front", "rear"}) {
    std::string features =
        "form = \"activations\", features = <order = @" + piece + ">";
    std::string memory = piece == "front" ? "10xf32" : "5xf32";
    write("tensor = \"x\", " + features, memory);
    ASSERT_EQ(error(), "");
    parse("fabric.read <tensor = \"heads\", " + features +
          "> on <x 0 to 4, y 0 to 3> at 8 : memref<" + memory +
          ", #fabric.sram>");
    if (!buffers)
      buffers = std::make_unique<HostBuffers>(*side);
    HostBuffers fresh(*side);
    HostBuffers &reader = piece == "front" ? *buffers : fresh;
    auto bytes = reader.read(first<fabric::ReadOp>(), image, results);
    ASSERT_TRUE(bytes) << bytes.str();
    EXPECT_EQ(*bytes, piece == "front" ? 120 : 80);
    auto partly = reader.checkWhole();
    ASSERT_TRUE(partly);
    EXPECT_EQ(partly->str(), std::string("result 'heads': ") +
                                 (piece == "front" ? "20" : "30") +
                                 " of 50 elements are read from no core");
  }
  EXPECT_EQ(results["heads"].shape, (std::vector<int64_t>{2, 5, 1, 5}));
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(results["heads"].floats()[i], static_cast<float>(i));
}

TEST_F(HostBuffersTest, ReadsOfTokensAndScalars) {
  write("tensor = \"ids\", form = \"tokens\"", "2xi32", 2);
  ASSERT_EQ(error(), "");
  parse("fabric.read <tensor = \"ids_back\", form = \"tokens\"> on <x 0 to 4, "
        "y 0 to 3> at 8 : memref<2xi32, #fabric.sram>",
        2);
  HostTensors results;
  HostBuffers tokens(*side);
  ASSERT_TRUE(tokens.read(first<fabric::ReadOp>(), image, results));
  EXPECT_EQ(results["ids_back"].integers(),
            (std::vector<int64_t>{7, 3, 9, 3, 1, 10, 20, 30, 40, 50}));
  ASSERT_FALSE(image.write(2, 1, {cycle::DataType::F32, 1, 64}, {2.5f}));
  parse("fabric.read <tensor = \"loss\", form = \"scalar\"> on <x 2 to 3, y 1 "
        "to 2> at 64 : memref<1xf32, #fabric.sram>");
  HostBuffers scalar(*side);
  ASSERT_TRUE(scalar.read(first<fabric::ReadOp>(), image, results));
  EXPECT_EQ(results["loss"].floats(), (std::vector<float>{2.5f}));
  // The first column alone does not have all features.
  parse("fabric.read <tensor = \"y\", form = \"activations\", features = "
        "<order = @in2>> on <x 0 to 1, y 0 to 3> at 8 : memref<15xf32, "
        "#fabric.sram>");
  HostBuffers some(*side);
  auto bytes = some.read(first<fabric::ReadOp>(), image, results);
  EXPECT_EQ(bytes.str(),
            "form activations of tensor 'y': 20 of 50 elements are "
            "on no core that is read");
}

} // namespace
