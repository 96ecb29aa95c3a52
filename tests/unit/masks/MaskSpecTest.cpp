//===- MaskSpecTest.cpp - Does a mask's description give that mask, or a clear
// error? -===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/masks/MaskSpec.h"
#include "models/masks/Magnitude.h"
#include "models/masks/NofM.h"
#include "models/masks/Uniform.h"
#include "tests/unit/masks/Helpers.h"

#include <gtest/gtest.h>

using namespace waferflow;
using namespace waferflow::testing;

namespace {

MaskSpec spec(std::string kind, double sparsity = 0, int64_t n = 0,
              int64_t m = 0) {
  MaskSpec result;
  result.kind = std::move(kind);
  result.sparsity = sparsity;
  result.n = n;
  result.m = m;
  result.seed = 5;
  result.weight = "q_proj.weight";
  return result;
}

std::string message(const MaskSpec &spec, const TensorView *weights = nullptr) {
  auto mask = makeMaskOf(spec, 2, 4, weights);
  return mask.str();
}

TensorView weights() {
  return matrix<float>(DType::F32, 2, 4, {0, -3, 2, 0, 1, 0, -1, 0});
}

} // namespace

TEST(MaskSpec, MakesEveryKind) {
  TensorView w = weights();
  auto make = [&](const MaskSpec &spec, const TensorView *from) {
    return elements(**makeMaskOf(spec, 2, 4, from));
  };
  EXPECT_EQ(make(spec("uniform", 0.5), nullptr),
            elements(*uniformMask(2, 4, 0.5, 5, "q_proj.weight")));
  EXPECT_EQ(make(spec("magnitude", 0.75), &w),
            (std::vector<bool>{0, 1, 1, 0, 0, 0, 0, 0}));
  EXPECT_EQ(make(spec("nm", 0, 1, 4), &w),
            (std::vector<bool>{0, 1, 0, 0, 1, 0, 0, 0}));
  EXPECT_EQ(make(spec("nm", 0.75, 1, 4), nullptr),
            elements(*randomNOfMMask(2, 4, 1, 4, 5, "q_proj.weight")));
  EXPECT_EQ(make(spec("checkpoint"), &w),
            (std::vector<bool>{0, 1, 1, 0, 1, 0, 1, 0}));
  EXPECT_EQ(make(spec("checkpoint", 0.5), &w), make(spec("checkpoint"), &w));
  EXPECT_EQ((*makeMaskOf(spec("checkpoint"), 2, 4, &w))->describe(),
            "zeros of model.safetensors");
}

TEST(MaskSpec, SparsityOutOfRange) {
  std::string where = "mask uniform of q_proj.weight: ";
  EXPECT_EQ(message(spec("uniform", 1.2)),
            where + "expected a sparsity in [0, 1), got 1.2");
  EXPECT_EQ(message(spec("uniform", 1)),
            where + "expected a sparsity in [0, 1), got 1");
  EXPECT_EQ(message(spec("uniform", -0.1)),
            where + "expected a sparsity in [0, 1), got -0.1");
  EXPECT_EQ(message(spec("uniform", 0.0 / 0.0)).substr(0, where.size() + 30),
            where + "expected a sparsity in [0, 1),");
}

TEST(MaskSpec, UnknownKind) {
  EXPECT_EQ(message(spec("wanda", 0.5)),
            "mask wanda of q_proj.weight: expected a kind of uniform, "
            "magnitude, nm or "
            "checkpoint, got 'wanda'");
}

TEST(MaskSpec, PatternsThatFixTheSparsity) {
  std::string where = "mask nm of q_proj.weight: ";
  EXPECT_EQ(message(spec("nm", 0.7, 2, 4)),
            where + "2:4 fixes the sparsity at 0.5, got 0.7");
  EXPECT_EQ(message(spec("nm", 0, 0, 4)),
            where + "expected 1 <= n <= m <= 64, got 0:4");
  EXPECT_EQ(message(spec("nm", 0, 5, 4)),
            where + "expected 1 <= n <= m <= 64, got 5:4");
  EXPECT_EQ(message(spec("nm", 0, 2, 65)),
            where + "expected 1 <= n <= m <= 64, got 2:65");
  TensorView w = weights();
  EXPECT_EQ(message(spec("checkpoint", 0.7), &w),
            "mask checkpoint of q_proj.weight: the checkpoint fixes the "
            "sparsity at 0.5, "
            "got 0.7");
}

TEST(MaskSpec, KindsThatNeedWeights) {
  for (std::string kind : {"magnitude", "checkpoint"})
    EXPECT_EQ(message(spec(kind)),
              "mask " + kind +
                  " of q_proj.weight: expected the weights' values, got none: "
                  "the model has no checkpoint (uniform needs none)");
}

TEST(MaskSpec, WeightsOfAnotherShapeOrType) {
  TensorView w = matrix<float>(DType::F32, 4, 2, std::vector<float>(8));
  EXPECT_EQ(message(spec("magnitude", 0.5), &w),
            "model.safetensors: tensor w: expected shape [2, 4], got [4, 2]");
  w.dtype = DType::I32;
  EXPECT_EQ(
      message(spec("magnitude", 0.5), &w),
      "model.safetensors: tensor w: expected type F32, F16 or BF16, got I32");
  auto none = makeMaskOf(spec("uniform", 0.5), 0, 4, nullptr);
  ASSERT_FALSE(bool(none));
  EXPECT_EQ(
      none.str(),
      "mask uniform of q_proj.weight: expected a matrix, got shape [0, 4]");
}
