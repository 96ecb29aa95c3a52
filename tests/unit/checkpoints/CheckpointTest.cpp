//===- CheckpointTest.cpp - Are all forms of a model's weights read alike?
//-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/checkpoints/Checkpoint.h"
#include "models/checkpoints/Hash.h"
#include "models/masks/MaskSpec.h"
#include "tests/unit/checkpoints/Writer.h"
#include "tests/unit/masks/Helpers.h"

using namespace waferflow;
using namespace waferflow::testing;

namespace {

// [3, 10]: two bytes of mask a row; the middle row is empty.
const std::vector<float> kDense{0, 1, 0, 2, 0, 0, 0, 0, 3, 0, //
                                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, //
                                4, 0, 0, 0, 0, 0, 0, 5, 0, 6};

struct Parts {
  std::vector<int64_t> shape{3, 10};
  std::vector<float> values{1, 2, 3, 4, 5, 6};
  std::vector<uint8_t> mask{0x0a, 0x01, 0x00, 0x00, 0x81, 0x02};
  std::vector<int64_t> offsets{0, 3, 3};

  Writer writer() const {
    return Writer()
        .add("p.bitmask", "U8", "[3, 2]", bytesOf(mask))
        .add("p.compressed", "F32", "[" + std::to_string(values.size()) + "]",
             bytesOf(values))
        .add("p.row_offsets", "I64", "[3]", bytesOf(offsets))
        .add("p.shape", "I64", "[2]", bytesOf(shape));
  }
};

std::string weightError(const std::string &bytes,
                        const std::string &name = "p.weight") {
  Folder folder;
  std::string path = folder.write("m.safetensors", bytes);
  auto checkpoint = Checkpoint::open(path);
  EXPECT_TRUE(bool(checkpoint)) << checkpoint.str();
  std::string text = (*checkpoint)->tensor(name).str();
  return text.empty() ? text : text.substr(path.size() + 2);
}

MaskSpec fromCheckpoint(const std::string &weight) {
  MaskSpec spec;
  spec.kind = "checkpoint";
  spec.weight = weight;
  return spec;
}

} // namespace

TEST(Checkpoint, FileDirectoryAndShardsAreOne) {
  Folder single, sharded;
  std::string a = bytesOf<float>({1, 2}), b = bytesOf<float>({3, 4});
  std::string file =
      single.write("model.safetensors", Writer()
                                            .add("a.weight", "F32", "[1, 2]", a)
                                            .add("b.weight", "F32", "[2, 1]", b)
                                            .str());
  sharded.write("x-1.safetensors",
                Writer().add("a.weight", "F32", "[1, 2]", a).str());
  sharded.write("x-2.safetensors",
                Writer().add("b.weight", "F32", "[2, 1]", b).str());
  std::string index = sharded.write(
      "model.safetensors.index.json",
      R"({"metadata": {"total_size": 16, "x": [1.5, null]},)"
      R"( "weight_map": {"a.weight": "x-1.safetensors", "b.weight": "x-2.safetensors"}})");
  std::vector<std::string> hashes;
  for (const std::string &path : {file, single.str(), index, sharded.str()}) {
    auto checkpoint = Checkpoint::open(path);
    ASSERT_TRUE(bool(checkpoint)) << checkpoint.str();
    EXPECT_EQ((*checkpoint)->names(),
              (std::vector<std::string>{"a.weight", "b.weight"}));
    EXPECT_TRUE((*checkpoint)->has("a.weight"));
    EXPECT_FALSE((*checkpoint)->has("c.weight"));
    float row[2];
    readRow(*(*checkpoint)->tensor("a.weight"), 0, row);
    EXPECT_EQ(row[1], 2);
    EXPECT_EQ((*checkpoint)->tensor("c.weight").str(),
              (*checkpoint)->path() + ": expected tensor c.weight, got none");
    hashes.push_back(*(*checkpoint)->hash("b.weight"));
  }
  EXPECT_EQ(hashes, std::vector<std::string>(4, hashes[0]));
}

TEST(Checkpoint, WhatIsWrongWithAnIndex) {
  Folder folder;
  EXPECT_EQ(
      Checkpoint::open(folder.str()).str(),
      folder.str() +
          ": expected model.safetensors or model.safetensors.index.json in "
          "the directory, got neither");
  folder.write("x.safetensors", Writer().add("a", "U8", "[0]", "").str());
  auto message = [&](const std::string &json) {
    std::string path = folder.write("model.safetensors.index.json", json);
    std::string text = Checkpoint::open(folder.str()).str();
    return text.substr(0, path.size()) == path ? text.substr(path.size())
                                               : text;
  };
  EXPECT_EQ(message(R"({"weight_map": {"a": "x.safetensors"}})"), "");
  EXPECT_EQ(message(""), ", byte 0: expected '{', got the end");
  EXPECT_EQ(message("{}"), ": expected a weight_map, got none");
  EXPECT_EQ(message(R"({"weight_map": {"b": "x.safetensors"}})"),
            ": expected tensor b in x.safetensors, got none");
  EXPECT_EQ(message(R"({"weight_map": {"a": "../x.safetensors"}})"),
            ", byte 39: expected the name of a file beside the index, got "
            "'../x.safetensors'");
  EXPECT_EQ(
      message(
          R"({"weight_map": {"a": "x.safetensors", "a": "x.safetensors"}})"),
      ", byte 58: there are two tensors a");
  EXPECT_EQ(message(R"({"weight_map": {"a": "y.safetensors"}})"),
            folder.str() +
                "/y.safetensors: cannot open: No such file or directory");
}

TEST(Checkpoint, BitMaskIsReadAsValuesAndAsAMask) {
  Folder folder;
  std::string path = folder.write("m.safetensors", Parts().writer().str());
  auto checkpoint = Checkpoint::open(path);
  ASSERT_TRUE(bool(checkpoint)) << checkpoint.str();
  EXPECT_EQ((*checkpoint)->names(), (std::vector<std::string>{"p.weight"}));
  EXPECT_TRUE((*checkpoint)->has("p.weight"));
  auto view = (*checkpoint)->tensor("p.weight");
  ASSERT_TRUE(bool(view)) << view.str();
  EXPECT_EQ(view->shape, (std::vector<int64_t>{3, 10}));
  std::vector<float> values(30);
  for (int64_t r = 0; r < 3; ++r)
    readRow(*view, r, &values[10 * r]);
  EXPECT_EQ(values, kDense);

  auto mask = makeMask(fromCheckpoint("p.weight"), 3, 10, checkpoint->get());
  ASSERT_TRUE(bool(mask)) << mask.str();
  std::vector<bool> expected;
  for (float value : kDense)
    expected.push_back(value != 0);
  bool clean = true;
  EXPECT_EQ(elements(**mask, &clean), expected);
  EXPECT_TRUE(clean);
  // The mask keeps the file alive.
  checkpoint.value.reset();
  EXPECT_EQ(elements(**mask), expected);

  // The same weight stored dense has the same hash and the same mask.
  std::string dense = folder.write(
      "d.safetensors",
      Writer().add("p.weight", "F32", "[3, 10]", bytesOf(kDense)).str());
  auto other = Checkpoint::open(dense);
  EXPECT_EQ(*(*other)->hash("p.weight"),
            *(*Checkpoint::open(path))->hash("p.weight"));
  EXPECT_EQ(
      elements(**makeMask(fromCheckpoint("p.weight"), 3, 10, other->get())),
      expected);
}

TEST(Checkpoint, TwoOfFourBitMask) {
  // Half precision; the second group of row 0 stores a zero.
  auto file = [](std::vector<uint8_t> mask) {
    return Writer()
        .add("p.bitmask", "U8", "[2, 1]", bytesOf(mask))
        .add("p.compressed", "F16", "[2, 4]",
             bytesOf<uint16_t>(
                 {0x3c00, 0x4000, 0x4200, 0, 0x4400, 0x4500, 0x4600, 0x4700}))
        .add("p.shape", "I64", "[2, 1]", bytesOf<int64_t>({2, 8}))
        .str();
  };
  Folder folder;
  auto checkpoint =
      Checkpoint::open(folder.write("m.safetensors", file({0x35, 0xca})));
  ASSERT_TRUE(bool(checkpoint)) << checkpoint.str();
  auto view = (*checkpoint)->tensor("p.weight");
  ASSERT_TRUE(bool(view)) << view.str();
  std::vector<float> values(16);
  for (int64_t r = 0; r < 2; ++r)
    readRow(*view, r, &values[8 * r]);
  EXPECT_EQ(values, (std::vector<float>{1, 0, 2, 0, 3, 0, 0, 0, 0, 4, 0, 5, 0,
                                        0, 6, 7}));
  auto mask = makeMask(fromCheckpoint("p.weight"), 2, 8, checkpoint->get());
  EXPECT_EQ(elements(**mask), (std::vector<bool>{1, 0, 1, 0, 1, 1, 0, 0, 0, 1,
                                                 0, 1, 0, 0, 1, 1}));
  EXPECT_EQ(weightError(file({0x35, 0xcb})),
            "tensor p.bitmask: row 1: expected 4 bits, got 5");
}

TEST(Checkpoint, BitMaskPartsThatDoNotFit) {
  EXPECT_EQ(weightError(Parts().writer().str()), "");
  Parts p;
  p.shape = {3, 11};
  EXPECT_EQ(weightError(p.writer().str()), "");
  p.shape = {3, 17};
  EXPECT_EQ(weightError(p.writer().str()),
            "tensor p.bitmask: expected U8 [3, 3], got U8 [3, 2]");
  p.shape = {0, 10};
  EXPECT_EQ(
      weightError(p.writer().str()),
      "tensor p.shape: expected rows and columns in [1, 2^31), got [0, 10]");
  p.shape = {3, 9};
  EXPECT_EQ(weightError(p.writer().str()),
            "tensor p.bitmask: row 2: expected no bits past column 8");
  p = Parts();
  p.offsets = {0, 2, 3};
  EXPECT_EQ(
      weightError(p.writer().str()),
      "tensor p.row_offsets: row 1: expected 3 bits set before it, got 2");
  p = Parts();
  p.values.pop_back();
  EXPECT_EQ(
      weightError(p.writer().str()),
      "tensor p.compressed: expected 6 values for the bits of the mask, got 5");
  EXPECT_EQ(weightError(Writer().add("p.compressed", "F32", "[0]", "").str()),
            "tensor p.compressed: expected p.shape too, got none");
  EXPECT_EQ(
      weightError(Writer()
                      .add("p.compressed", "I64", "[0]", "")
                      .add("p.bitmask", "U8", "[1, 1]", "\x01")
                      .add("p.shape", "I64", "[2]", bytesOf<int64_t>({1, 4}))
                      .str()),
      "tensor p.compressed: expected type F32, F16 or BF16, got I64");
  EXPECT_EQ(
      weightError(Writer()
                      .add("p.compressed", "F32", "[0]", "")
                      .add("p.bitmask", "U8", "[1, 1]", "\x01")
                      .add("p.shape", "I64", "[2]", bytesOf<int64_t>({1, 6}))
                      .str()),
      "tensor p.shape: expected a multiple of 4 columns for 2:4, got 6");
}

TEST(Checkpoint, AMaskOfOtherContentOrShapeIsRefused) {
  Folder folder;
  std::string path = folder.write("m.safetensors", Parts().writer().str());
  auto checkpoint = *Checkpoint::open(path);
  std::string hash = *checkpoint->hash("p.weight");
  for (std::string kind : {"checkpoint", "magnitude"}) {
    MaskSpec spec = fromCheckpoint("p.weight");
    spec.kind = kind;
    spec.hash = hash;
    EXPECT_TRUE(bool(makeMask(spec, 3, 10, checkpoint.get())));
    EXPECT_EQ(makeMask(spec, 10, 3, checkpoint.get()).str(),
              path + ": tensor p.weight: expected shape [10, 3], got [3, 10]");
    spec.hash = "xxh64:0000000000000000";
    EXPECT_EQ(
        makeMask(spec, 3, 10, checkpoint.get()).str(),
        path +
            ": tensor p.weight: expected content xxh64:0000000000000000, got " +
            hash);
    spec.hash = "";
    spec.tensor = "q.weight";
    EXPECT_EQ(makeMask(spec, 3, 10, checkpoint.get()).str(),
              path + ": expected tensor q.weight, got none");
  }
}

TEST(Checkpoint, UniformNeedsNoTensor) {
  Folder folder;
  auto checkpoint =
      *Checkpoint::open(folder.write("m.safetensors", Parts().writer().str()));
  MaskSpec spec = fromCheckpoint("elsewhere");
  spec.kind = "uniform";
  spec.sparsity = 0.5;
  EXPECT_TRUE(bool(makeMask(spec, 3, 10, checkpoint.get())));
  EXPECT_TRUE(bool(makeMask(spec, 3, 10, nullptr)));
}

TEST(Hash, KnownAnswersOfXxh64) {
  EXPECT_EQ(xxh64("", 0, 0), 0xef46db3751d8e999u);
  EXPECT_EQ(xxh64("a", 1, 0), 0xd24ec4f1a98c6e5bu);
  EXPECT_EQ(xxh64("abc", 3, 0), 0x44bc2cf5ad770999u);
  std::string text =
      "The quick brown fox jumps over the lazy dog"; // lanes, 8, 3 bytes
  EXPECT_EQ(xxh64(text.data(), text.size(), 0), 0x0b242d361fda71bcu);
}

TEST(Hash, TypeAndShapeCount) {
  std::vector<uint16_t> values{1, 2, 3, 4};
  auto hash = [&](DType dtype, int64_t rows, int64_t columns) {
    return contentHash(matrix(dtype, rows, columns, values));
  };
  std::string base = hash(DType::F16, 2, 2);
  EXPECT_EQ(base.substr(0, 6), "xxh64:");
  EXPECT_EQ(base.size(), 22u);
  EXPECT_NE(base, hash(DType::BF16, 2, 2));
  EXPECT_NE(base, hash(DType::F16, 1, 4));
  values[3] = 5;
  EXPECT_NE(base, hash(DType::F16, 2, 2));
}
