//===- HostStreamsTest.cpp - Is a lane what the form says? ----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/unit/host/HostModule.h"

#include "runtime/translate/HostStreams.h"
#include "simulator/cycle/Numbers.h"

#include <gmock/gmock.h>

using namespace waferflow;

namespace {

/// Data words, and control wavelets as "task:data".
using Words = std::vector<std::string>;

std::string word(uint32_t bits) {
  char text[16];
  std::snprintf(text, sizeof(text), "%08x", bits);
  return text;
}
std::string word(float value) { return word(cycle::bitsOfFloat(value)); }
/// Value and index of a nonzero in f16.
std::string nonzero(float value, uint32_t slot) {
  return word(cycle::toF16(value) | slot << 16);
}
/// Two f16 elements.
std::string pair(float low, float high) {
  return word(cycle::toF16(low) | static_cast<uint32_t>(cycle::toF16(high))
                                      << 16);
}

class HostStreamsTest : public HostModule {
protected:
  /// A program with one inject over all columns.
  void inject(const std::string &host, const std::string &type,
              const std::string &flags = "", int groups = 1) {
    parse("fabric.program @p { %c = fabric.color 0\n"
          "fabric.route %c on <x 0 to 4, y 0 to 1> [<north -> ramp>]\n"
          "fabric.inject %c north on <x 0 to 4, y 0 to 1> \"s\" " +
              flags + " host <" + host + "> : " + type + " }",
          groups);
  }
  /// A program with one drain over all columns.
  void drain(const std::string &host, const std::string &type, int groups = 1) {
    parse(
        "fabric.program @p { %c = fabric.color 0\n"
        "fabric.route %c on <x 0 to 4, y 2 to 3> [<ramp -> south>]\n"
        "fabric.drain %c south on <x 0 to 4, y 2 to 3> \"s\" extent 1 host <" +
            host + "> : " + type + " }",
        groups);
  }

  Words lane(int64_t lane) {
    HostStreams streams(*side);
    auto stream = streams.stream(first<fabric::InjectOp>(), lane, tensors);
    EXPECT_TRUE(stream) << stream.str();
    Words words;
    if (!stream)
      return words;
    nonzeros += stream->nonzeros;
    for (const cycle::Wavelet &wavelet : stream->wavelets) {
      cycle::Control control = cycle::decodeControl(wavelet.data);
      words.push_back(wavelet.control ? std::to_string(control.task) + ":" +
                                            std::to_string(control.data)
                                      : word(wavelet.data));
      if (wavelet.control) {
        EXPECT_EQ(control.change, cycle::Control::Switch::Keep);
      }
    }
    return words;
  }

  std::string errorOfLane(int64_t lane) {
    HostStreams streams(*side);
    auto stream = streams.stream(first<fabric::InjectOp>(), lane, tensors);
    EXPECT_FALSE(stream);
    return stream.str();
  }

  /// Collects wavelets of lanes of the drain; the result.
  std::vector<float> collect(const std::vector<std::vector<uint32_t>> &lanes) {
    HostStreams streams(*side);
    HostTensors results;
    auto op = first<fabric::DrainOp>();
    for (size_t i = 0; i < lanes.size(); ++i) {
      auto expected = streams.expectedWavelets(op, i);
      EXPECT_TRUE(expected) << expected.str();
      EXPECT_EQ(*expected, static_cast<int64_t>(lanes[i].size())) << i;
      auto error = streams.collect(op, i, lanes[i], results);
      EXPECT_FALSE(error) << error->str();
    }
    EXPECT_EQ(results.size(), 1u);
    return results.begin()->second.floats();
  }

  int64_t nonzeros = 0;
};

std::vector<uint32_t> bitsOf(const std::vector<float> &values) {
  std::vector<uint32_t> bits;
  for (float value : values)
    bits.push_back(cycle::bitsOfFloat(value));
  return bits;
}

const std::string kForward =
    "tensor = \"w\", form = \"weights\", features = <order = @in>, rows = "
    "<order = @out>";
const std::string kBackward =
    "tensor = \"w\", form = \"weights\", features = <order = @out>, rows = "
    "<order = @in>, transposed = true";

TEST_F(HostStreamsTest, NonzerosComeByOwnerWithTheRolesOfTheRing) {
  inject(kForward, "f16", "indexed ends 24 roles");
  EXPECT_EQ(lane(0),
            (Words{nonzero(1, 0), "26:0", nonzero(12, 1), "25:0", "25:0"}));
  // The zero at (0, 3) is of the mask and is sent.
  EXPECT_EQ(lane(1),
            (Words{nonzero(0, 1), "24:0", nonzero(13, 0), "26:0", "25:0"}));
  EXPECT_EQ(lane(2), (Words{nonzero(5, 0), "25:0", "24:0", "26:0"}));
  // A member without features still passes sums on.
  EXPECT_EQ(lane(3), (Words{"25:0", "25:0", "24:0"}));
  EXPECT_EQ(nonzeros, 5);
}

TEST_F(HostStreamsTest, WideNonzerosTakeTwoWavelets) {
  inject(kForward, "f32", "indexed ends 7");
  EXPECT_EQ(lane(1), (Words{word(1u), word(0.0f), "7:0", word(0u), word(13.0f),
                            "7:0", "7:0"}));
}

TEST_F(HostStreamsTest, TransposedRowsAreTheWeightsColumns) {
  inject(kBackward, "bf16", "indexed ends 24 roles");
  auto bf16 = [](float value, uint32_t slot) {
    return word(cycle::toBF16(value) | slot << 16);
  };
  // Rows 0 and 1 belong to column 0 (slots 0, 1), 2 and 3 to column 1, 4 to 2.
  EXPECT_EQ(lane(0), (Words{bf16(1, 0), "26:0", "26:1", "25:0", bf16(0, 0),
                            "25:1", bf16(5, 0), "25:0"}));
  EXPECT_EQ(lane(1), (Words{"24:0", bf16(12, 0), "24:1", bf16(13, 0), "26:0",
                            "26:1", "25:0"}));
}

TEST_F(HostStreamsTest, OutputGroupsHaveReplicasAndTheirOwnRows) {
  std::string groups = ", go = 2, form = \"interleaved\"";
  inject("tensor = \"w\", form = \"weights\", features = <order = @in" +
             groups + ">, rows = <order = @out" + groups + ">",
         "f16", "indexed ends 24 roles");
  // Columns 0 and 2 hold features 0 to 2 and 3 to 4, and compute rows 0 and 2.
  EXPECT_EQ(lane(0), (Words{nonzero(1, 0), "26:0", "24:0"}));
  EXPECT_EQ(lane(2), (Words{nonzero(0, 0), nonzero(5, 1), "24:0", "26:0"}));
  // Columns 1 and 3 compute row 1.
  EXPECT_EQ(lane(1), (Words{nonzero(12, 1), nonzero(13, 2), "26:0"}));
  EXPECT_EQ(lane(3), (Words{"24:0"}));
  EXPECT_EQ(nonzeros, 5);
}

TEST_F(HostStreamsTest, AMemberAloneOwnsEveryRow) {
  std::string groups = ", go = 4";
  inject("tensor = \"w\", form = \"weights\", features = <order = @in" +
             groups + ">, rows = <order = @out" + groups + ">",
         "f16", "indexed ends 24 roles");
  EXPECT_EQ(lane(0),
            (Words{nonzero(1, 0), nonzero(0, 3), nonzero(5, 4), "26:0"}));
  EXPECT_EQ(lane(1), (Words{nonzero(12, 1), nonzero(13, 2), "26:0"}));
  EXPECT_EQ(lane(2), (Words{"26:0"}));
  EXPECT_EQ(lane(3), Words{});
}

TEST_F(HostStreamsTest, ColumnsThatNoOutputGroupHasGetNothing) {
  std::string groups = ", go = 3";
  inject("tensor = \"w\", form = \"weights\", features = <order = @in" +
             groups + ">, rows = <order = @out" + groups + ">",
         "f16", "indexed ends 24");
  EXPECT_EQ(lane(3), Words{});
}

TEST_F(HostStreamsTest, TokenGroupsGetCopies) {
  inject("tensor = \"w\", form = \"weights\", features = <order = @in2>, rows "
         "= <order = @out2>",
         "f16", "indexed ends 24 roles", 2);
  // Rows 0 and 1 belong to column 0, row 2 to column 1.
  Words west = {nonzero(1, 0),  "26:0", nonzero(12, 1),
                nonzero(13, 2), "26:1", "24:0"};
  Words east = {nonzero(0, 0), nonzero(5, 1), "24:0", "24:1", "26:0"};
  EXPECT_EQ(lane(0), west);
  EXPECT_EQ(lane(1), east);
  EXPECT_EQ(lane(2), west);
  EXPECT_EQ(lane(3), east);
}

TEST_F(HostStreamsTest, DenseWeightsGoTwoAWaveletAndRowsArePadded) {
  std::string host = "tensor = \"d\", form = \"weights\", features = <order = "
                     "@in2>, rows = <order = @out2>";
  inject(host, "f16", "ends 3");
  EXPECT_EQ(lane(0),
            (Words{pair(1, 2), pair(3, 0), "3:0", pair(11, 12), pair(13, 0),
                   "3:0", pair(21, 22), pair(23, 0), "3:0"}));
  EXPECT_EQ(lane(1), (Words{pair(4, 5), "3:0", pair(14, 15), "3:0",
                            pair(24, 25), "3:0"}));
  EXPECT_EQ(nonzeros, 15);
  inject(host, "f32", "ends 3");
  EXPECT_EQ(lane(1),
            (Words{word(4.0f), word(5.0f), "3:0", word(14.0f), word(15.0f),
                   "3:0", word(24.0f), word(25.0f), "3:0"}));
}

TEST_F(HostStreamsTest, PositionsSayWhereTheirResultsGo) {
  // Columns have up to 3 slots. Rows take two vectors of 3 results in turn, and
  // say at their end how many they have.
  inject("tensor = \"w\", form = \"mask\", features = <order = @in2>, rows = "
         "<order = @out2>",
         "i32", "ends 5 places 2");
  EXPECT_EQ(lane(0), (Words{word(0u), "5:1", word(0x30001u), word(0x40002u),
                            "5:2", "5:0"}));
  // Rows without positions take none: the fifth row comes back to the first.
  inject("tensor = \"w\", form = \"mask\", features = <order = @out>, rows = "
         "<order = @in>, transposed = true",
         "i32", "ends 5 places 2");
  EXPECT_EQ(lane(0), (Words{word(0u), "5:1", "5:0", "5:0", word(0x10000u),
                            "5:1", word(0u), "5:1"}));
  inject("tensor = \"w\", form = \"mask\", features = <order = @in2>, rows = "
         "<order = @out2>",
         "i32", "ends 5 places 10923");
  EXPECT_THAT(errorOfLane(0), testing::HasSubstr("expected at most 32768 "
                                                 "places, got 10923 x 3"));
}

TEST_F(HostStreamsTest, AMaskIsItsPositionsAlone) {
  inject("tensor = \"w\", form = \"mask\", features = <order = @in>, rows = "
         "<order = @out>",
         "f16", "ends 5");
  EXPECT_EQ(lane(0), (Words{word(0u), "5:0", word(1u), "5:0", "5:0"}));
  EXPECT_EQ(lane(1), (Words{word(1u), "5:0", word(0u), "5:0", "5:0"}));
  EXPECT_EQ(nonzeros, 0);
}

TEST_F(HostStreamsTest, TablesAndFeaturesArePlainElements) {
  HostTensor table = HostTensor::zeros({2, 5}, false);
  for (int i = 0; i < 10; ++i)
    table.floats()[i] = static_cast<float>(i + 1);
  inject("tensor = \"table\", form = \"table\", features = <order = @in2>",
         "f16");
  tensors["table"] = table;
  EXPECT_EQ(lane(0), (Words{pair(1, 2), pair(3, 0), pair(6, 7), pair(8, 0)}));
  EXPECT_EQ(lane(1), (Words{pair(4, 5), pair(9, 10)}));
  EXPECT_EQ(lane(2), (Words{}));
  inject("tensor = \"norm\", form = \"features\", features = <order = @in2>",
         "f32");
  HostTensor norm = HostTensor::zeros({5}, false);
  norm.floats() = {1, 2, 3, 4, 5};
  tensors["norm"] = norm;
  EXPECT_EQ(lane(0), (Words{word(1.0f), word(2.0f), word(3.0f)}));
  EXPECT_EQ(lane(1), (Words{word(4.0f), word(5.0f)}));
}

TEST_F(HostStreamsTest, GradientsLieWhereTheMaskSaysAndGroupsAddUp) {
  std::string host = ", form = \"gradient\", features = <order = @in2>, rows = "
                     "<order = @out2>";
  drain("tensor = \"dw\"" + host, "f32", 2);
  EXPECT_EQ(
      collect({bitsOf({1, 2, 3}), bitsOf({4, 5}), bitsOf({10, 20, 30}),
               bitsOf({40, 50})}),
      (std::vector<float>{11, 0, 0, 44, 55, 0, 22, 33, 0, 0, 0, 0, 0, 0, 0}));
  drain("tensor = \"dd\"" + host, "f32");
  std::vector<float> west, east, whole;
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 5; ++c) {
      whole.push_back(static_cast<float>(5 * r + c));
      (c < 3 ? west : east).push_back(whole.back());
    }
  EXPECT_EQ(collect({bitsOf(west), bitsOf(east), {}, {}}), whole);
}

TEST_F(HostStreamsTest, TableAndFeatureGradientsComeAsTablesGo) {
  drain("tensor = \"dtable\", form = \"table_gradient\", features = <order = "
        "@in2>",
        "f16");
  auto two = [](float low, float high) {
    return cycle::toF16(low) | static_cast<uint32_t>(cycle::toF16(high)) << 16;
  };
  EXPECT_EQ(collect({{two(1, 2), two(3, 99), two(6, 7), two(8, 99)},
                     {two(4, 5), two(9, 10)}}),
            (std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  drain("tensor = \"dnorm\", form = \"feature_gradient\", features = <order = "
        "@in2>",
        "f32", 2);
  EXPECT_EQ(collect({bitsOf({1, 2, 3}), bitsOf({4, 5}), bitsOf({10, 20, 30}),
                     bitsOf({40, 50})}),
            (std::vector<float>{11, 22, 33, 44, 55}));
}

TEST_F(HostStreamsTest, WhatDoesNotFitIsSaid) {
  inject(
      "tensor = \"w\", form = \"weights\", features = <order = @out>, rows = "
      "<order = @out>",
      "f16", "indexed");
  EXPECT_EQ(errorOfLane(0),
            "form weights of tensor 'w': expected orders of 3 rows and 5 "
            "features, got 3 and 3");
  inject("tensor = \"d\", form = \"mask\", features = <order = @in>, rows = "
         "<order = @out>",
         "f16");
  EXPECT_EQ(errorOfLane(0), "form mask of tensor 'd': expected a weight with a "
                            "mask, got a dense one");
  inject("tensor = \"v\", form = \"weights\", features = <order = @in>, rows = "
         "<order = @out>",
         "f16");
  EXPECT_EQ(errorOfLane(0), "tensor 'v': expected an argument or a gradient of "
                            "that name, got none");
  inject("tensor = \"w\", form = \"weights\", features = <order = @in>, rows = "
         "<order = @out>",
         "f16", "", 2);
  EXPECT_EQ(errorOfLane(0), "order @in: expected at most 2 columns, those of a "
                            "token group, got 3");
}

} // namespace
