//===- SafetensorsTest.cpp - Are good files read and bad ones refused, each for
// its reason? -===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/checkpoints/Safetensors.h"
#include "tests/unit/checkpoints/Writer.h"

using namespace waferflow;
using namespace waferflow::testing;

namespace {

/// The message for a file of these bytes, its path left out; "" where it loads.
std::string message(const std::string &bytes) {
  Folder folder;
  std::string path = folder.write("f.safetensors", bytes);
  std::string text = readSafetensors(path).str();
  return text.empty() ? text
         : text.substr(0, 2 + path.size()) == path + ": "
             ? text.substr(2 + path.size())
             : "elsewhere: " + text;
}

/// The same for a header and `bytes` bytes of data.
std::string header(const std::string &text, size_t bytes) {
  return message(rawFile(text, std::string(bytes, 'x')));
}

std::string tensor(const std::string &fields) {
  return "{\"w\": {" + fields + "}}";
}

} // namespace

TEST(Safetensors, ReadsEveryFloatType) {
  Folder folder;
  // Names and paddings that leave every tensor at an odd address.
  std::string file = folder.write(
      "a.safetensors", Writer()
                           .add("pad", "U8", "[1]", "x")
                           .add("single", "F32", "[2, 2]",
                                bytesOf<float>({1, -2.5f, 1e-30f, 3e30f}))
                           .add("half", "F16", "[1, 6]",
                                bytesOf<uint16_t>({0x3c00, 0xc100, 0x0001,
                                                   0x8000, 0x7bff, 0x83ff}))
                           .add("brain", "BF16", "[3, 1]",
                                bytesOf<uint16_t>({0x3f80, 0xc020, 0x0001}))
                           .str());
  auto tensors = readSafetensors(file);
  ASSERT_TRUE(bool(tensors)) << tensors.str();
  ASSERT_EQ(tensors->size(), 4u);
  const TensorView &single = tensors->at("single");
  EXPECT_EQ(single.shape, (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(single.where(), file + ": tensor single");
  float row[6];
  readRow(single, 1, row);
  EXPECT_EQ(row[0], 1e-30f);
  EXPECT_EQ(row[1], 3e30f);
  readRow(tensors->at("half"), 0, row);
  EXPECT_EQ(
      std::vector<float>(row, row + 6),
      (std::vector<float>{1, -2.5f, 0x1p-24f, 0, 65504, -1023 * 0x1p-24f}));
  EXPECT_TRUE(std::signbit(row[3]));
  readRow(tensors->at("brain"), 1, row);
  EXPECT_EQ(row[0], -2.5f);
}

TEST(Safetensors, HalvesAreReadExactly) {
  // All 65,536 against the definition.
  std::vector<uint16_t> all(65536);
  for (size_t i = 0; i < all.size(); ++i)
    all[i] = uint16_t(i);
  Folder folder;
  auto tensors = readSafetensors(
      folder.write("h.safetensors",
                   Writer().add("h", "F16", "[1, 65536]", bytesOf(all)).str()));
  std::vector<float> row(65536);
  readRow(tensors->at("h"), 0, row.data());
  for (uint32_t i = 0; i < 65536; ++i) {
    int exponent = int(i >> 10 & 31);
    double fraction = i & 1023;
    double value = exponent == 0 ? std::ldexp(fraction, -24)
                   : exponent < 31
                       ? std::ldexp(1024 + fraction, exponent - 25)
                       : (fraction != 0 ? double(NAN) : double(INFINITY));
    if (i >> 15)
      value = -value;
    if (std::isnan(value))
      ASSERT_TRUE(std::isnan(row[i])) << i;
    else
      ASSERT_EQ(row[i], value) << i;
  }
}

TEST(Safetensors, EmptyFilesTensorsAndMetadata) {
  EXPECT_EQ(header("{}", 0), "");
  EXPECT_EQ(header("{}   ", 0), "");
  EXPECT_EQ(header("{\"__metadata__\": {\"format\": \"pt\"}}", 0), "");
  EXPECT_EQ(
      header(tensor(R"("dtype": "F32", "shape": [], "data_offsets": [0, 4])"),
             4),
      "");
  EXPECT_EQ(
      header(tensor(R"("dtype": "F32", "shape": [0, 4000000000, 4000000000],)"
                    R"( "data_offsets": [0, 0])"),
             0),
      "");
}

TEST(Safetensors, TruncatedHeader) {
  EXPECT_EQ(message(""), "expected 8 bytes of header length, got a file of 0");
  EXPECT_EQ(message("abc"),
            "expected 8 bytes of header length, got a file of 3");
  EXPECT_EQ(message(rawFile("{}", "").substr(0, 9)),
            "expected a header of at most 1 bytes, got a length of 2");
  EXPECT_EQ(message(std::string(8, '\xff') + "{}"),
            "expected a header of at most 2 bytes, got a length of "
            "18446744073709551615");
}

TEST(Safetensors, HeaderThatIsNotItsJson) {
  EXPECT_EQ(header("", 0), "header, byte 0: expected '{', got the end");
  EXPECT_EQ(header("[]", 0), "header, byte 0: expected '{', got '['");
  EXPECT_EQ(header("{\"w\": 3}", 0), "header, byte 6: expected '{', got '3'");
  EXPECT_EQ(header("{} x", 0), "header, byte 3: expected the end, got 'x'");
  EXPECT_EQ(header("{\"w\"", 0), "header, byte 4: expected ':', got the end");
  EXPECT_EQ(header("{\"\xff\": 1}", 0),
            "header, byte 3: expected UTF-8, got other bytes in a string");
  EXPECT_EQ(header(std::string(100000, '['), 0),
            "header, byte 0: expected '{', got '['");
  EXPECT_EQ(header(tensor(R"("dtype": "F32", "color": 1)"), 0),
            "header, byte 31: tensor w: unknown field 'color'");
  EXPECT_EQ(header(tensor(R"("dtype": "F32", "dtype": "F32")"), 0),
            "header, byte 31: tensor w has two fields 'dtype'");
  EXPECT_EQ(header(tensor(R"("dtype": "F32", "shape": [1])"), 4),
            "header, byte 36: tensor w: expected dtype, shape and "
            "data_offsets, got fewer");
  EXPECT_EQ(header(tensor(R"("dtype": "F32", "shape": [-1])"), 4),
            "header, byte 33: expected a non-negative integer, got '-'");
  EXPECT_EQ(header(tensor(R"("dtype": "F32", "shape": [1.5])"), 4),
            "header, byte 34: expected a non-negative integer, got '.'");
  EXPECT_EQ(
      header(tensor(R"("dtype": "F32", "shape": [99999999999999999999])"), 4),
      "header, byte 51: expected an integer up to 2^63 - 1, got a larger one");
  EXPECT_EQ(
      header(
          tensor(R"("dtype": "F32", "shape": [1], "data_offsets": [0, 4, 8])"),
          4),
      "header, byte 62: tensor w: expected 2 data_offsets, got 3");
}

TEST(Safetensors, UnknownType) {
  EXPECT_EQ(
      header(tensor(R"("dtype": "F4", "shape": [2], "data_offsets": [0, 1])"),
             1),
      "header, byte 20: tensor w: unknown dtype 'F4'");
}

TEST(Safetensors, SizesThatDoNotFit) {
  EXPECT_EQ(
      header(
          tensor(R"("dtype": "F16", "shape": [2, 3], "data_offsets": [0, 10])"),
          10),
      "tensor w: expected 12 bytes for F16 [2, 3], got 10");
  EXPECT_EQ(
      header(tensor(R"("dtype": "F16", "shape": [4294967296, 4294967296],)"
                    R"( "data_offsets": [0, 10])"),
             10),
      "tensor w: expected more than 2^63 bytes for F16 [4294967296, "
      "4294967296], got "
      "10");
}

TEST(Safetensors, OffsetsOutOfRange) {
  EXPECT_EQ(
      header(tensor(R"("dtype": "F16", "shape": [6], "data_offsets": [0, 12])"),
             10),
      "tensor w: expected offsets within 10 bytes of data, got bytes [0, 12)");
  EXPECT_EQ(
      header(tensor(R"("dtype": "F16", "shape": [6], "data_offsets": [12, 0])"),
             12),
      "tensor w: expected offsets within 12 bytes of data, got bytes [12, 0)");
}

TEST(Safetensors, OverlapsAndHoles) {
  auto two = [](const std::string &first, const std::string &second) {
    return "{\"a\": {\"dtype\": \"U8\", \"shape\": [4], \"data_offsets\": " +
           first +
           "}, \"b\": {\"dtype\": \"U8\", \"shape\": [4], \"data_offsets\": " +
           second + "}}";
  };
  EXPECT_EQ(header(two("[0, 4]", "[4, 8]"), 8), "");
  EXPECT_EQ(header(two("[4, 8]", "[0, 4]"), 8), "");
  EXPECT_EQ(header(two("[0, 4]", "[3, 7]"), 7),
            "tensor b: bytes [3, 7) overlap tensor a, bytes [0, 4)");
  EXPECT_EQ(header(two("[0, 4]", "[5, 9]"), 9),
            "expected a tensor at byte 4 of 9 bytes of data, got none");
  EXPECT_EQ(header(two("[0, 4]", "[4, 8]"), 9),
            "expected a tensor at byte 8 of 9 bytes of data, got none");
}

TEST(Safetensors, TwoTensorsOfOneName) {
  std::string w =
      R"("w": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]})";
  EXPECT_EQ(header("{" + w + ", " + w + "}", 0),
            "header, byte 65: there are two tensors w");
}

TEST(Safetensors, NoFile) {
  EXPECT_EQ(readSafetensors("/nowhere/f").str(),
            "/nowhere/f: cannot open: No such file or directory");
  Folder folder;
  EXPECT_EQ(readSafetensors(folder.str()).str(),
            folder.str() + ": expected a regular file");
}
