//===- MutationTest.cpp - Can any bytes crash the reader? -----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/checkpoints/Checkpoint.h"
#include "models/checkpoints/Hash.h"
#include "models/masks/MaskSpec.h"
#include "models/masks/Random.h"
#include "tests/unit/checkpoints/Writer.h"

using namespace waferflow;
using namespace waferflow::testing;

namespace {

/// One or a few bytes flipped or replaced, a stretch cut out or doubled, or the
/// end cut off; mostly in the first part, where the structure is.
std::string mutate(std::string bytes, uint64_t seed) {
  uint64_t counter = 0;
  auto random = [&](uint64_t limit) {
    return mix64(seed << 20 | counter++) % limit;
  };
  auto position = [&] {
    return random(4) ? random(std::min<uint64_t>(bytes.size(), 700))
                     : random(bytes.size());
  };
  for (uint64_t edits = 1 + random(3); edits && !bytes.empty(); --edits) {
    uint64_t at = position(), length = 1 + random(16);
    switch (random(5)) {
    case 0:
      bytes[at] = char(bytes[at] ^ 1 << random(8));
      break;
    case 1:
      bytes[at] = "0123456789{}[]\":,\\-eu\xff"[random(22)];
      break;
    case 2:
      bytes.erase(at, length);
      break;
    case 3:
      bytes.insert(at, bytes.substr(at, length));
      break;
    case 4:
      if (!random(4))
        bytes.resize(at);
      break;
    }
  }
  return bytes;
}

/// Whether all of it was read; touches every byte of every tensor.
bool readAll(const std::string &path) {
  auto checkpoint = Checkpoint::open(path);
  if (!checkpoint) {
    EXPECT_EQ(checkpoint.errors.size(), 1u);
    EXPECT_FALSE(checkpoint.errors[0].what.empty());
    return false;
  }
  bool good = true;
  for (const std::string &name : (*checkpoint)->names()) {
    EXPECT_TRUE((*checkpoint)->has(name));
    good &= bool((*checkpoint)->hash(name));
    MaskSpec spec;
    spec.kind = "magnitude";
    spec.sparsity = 0.5;
    spec.weight = name;
    good &= bool(makeMask(spec, 4, 24, checkpoint->get()));
    spec.kind = "checkpoint";
    spec.sparsity = 0;
    good &= bool(makeMask(spec, 4, 24, checkpoint->get()));
  }
  return good;
}

} // namespace

TEST(Mutation, EveryFileLoadsOrIsRefused) {
  std::string values(4 * 24 * 2, 'z');
  std::string valid =
      Writer()
          .add("a.weight", "F16", "[4, 24]", values)
          .add("p.bitmask", "U8", "[4, 3]", std::string(12, '\x33'))
          .add("p.compressed", "F16", "[48]", values.substr(0, 96))
          .add("p.row_offsets", "I64", "[4]", bytesOf<int64_t>({0, 12, 24, 36}))
          .add("p.shape", "I64", "[2]", bytesOf<int64_t>({4, 24}))
          .add("q.bitmask", "U8", "[4, 3]", std::string(12, '\x33'))
          .add("q.compressed", "BF16", "[4, 12]", values.substr(0, 96))
          .add("q.shape", "I64", "[2, 1]", bytesOf<int64_t>({4, 24}))
          .str();
  Folder folder;
  ASSERT_TRUE(readAll(folder.write("m.safetensors", valid)));
  int good = 0;
  for (uint64_t seed = 0; seed < 2000; ++seed)
    good += readAll(folder.write("m.safetensors", mutate(valid, seed)));
  // Neither is a formality: some edits hit values only, most break the file.
  EXPECT_GT(good, 20);
  EXPECT_LT(good, 1000);
}

TEST(Mutation, EveryIndexLoadsOrIsRefused) {
  Folder folder;
  folder.write(
      "x.safetensors",
      Writer().add("a.weight", "F16", "[4, 24]", std::string(192, 'z')).str());
  std::string valid = R"({"metadata": {"total_size": 192}, "weight_map": )"
                      R"({"a.weight": "x.safetensors"}})";
  folder.write("model.safetensors.index.json", valid);
  ASSERT_TRUE(readAll(folder.str()));
  int good = 0;
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    folder.write("model.safetensors.index.json", mutate(valid, seed));
    good += readAll(folder.str());
  }
  EXPECT_GT(good, 20);
  EXPECT_LT(good, 1000);
}
