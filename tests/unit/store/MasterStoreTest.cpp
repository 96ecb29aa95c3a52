//===- MasterStoreTest.cpp - Are weights updated as AdamW says? -----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/store/MasterStore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

using namespace waferflow;
using namespace waferflow::store;
using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;

static MasterStore make(StoreOptions options = {}) {
  auto store = MasterStore::create(options);
  EXPECT_TRUE(bool(store)) << store.str();
  return std::move(*store);
}

static std::string addError(MasterStore &store, const std::string &name,
                            const std::vector<float> &values,
                            std::vector<int64_t> positions) {
  auto error = store.add(name, values, ElementType::F32, positions);
  return error ? error->str() : "";
}

// The first update of AdamW moves a weight by the learning rate against the
// sign of its gradient, after decay: m / (1 - beta1) = g, v / (1 - beta2) =
// g^2.
TEST(MasterStore, TheFirstStepIsTheLearningRate) {
  StoreOptions options;
  options.adamw.learningRate = 0.125;
  options.adamw.weightDecay = 0.5;
  MasterStore store = make(options);
  ASSERT_FALSE(store.add("w", {1, -2, 4}, ElementType::F32));
  auto outcome = store.step({{"w", {3, -0.25, 0}}});
  ASSERT_TRUE(bool(outcome)) << outcome.str();
  EXPECT_TRUE(outcome->applied);
  EXPECT_EQ(outcome->updates, 3);
  EXPECT_THAT(*store.master("w").value,
              ElementsAre(FloatNear(0.9375 - 0.125, 1e-6),
                          FloatNear(-1.875 + 0.125, 1e-6),
                          FloatNear(3.75, 1e-6)));
}

// By hand, beta1 0.5, beta2 0.75, gradients 1 then 3: m = 0.5, 1.75; v = 0.25,
// 2.4375; corrected 1.75 / 0.75 and 2.4375 / 0.4375.
TEST(MasterStore, TheSecondStepCorrectsTheBiasOfTwo) {
  StoreOptions options;
  options.adamw = {0.5, 0.5, 0.75, 0, 0};
  MasterStore store = make(options);
  ASSERT_FALSE(store.add("w", {10}, ElementType::F32));
  ASSERT_TRUE(bool(store.step({{"w", {1}}})));
  EXPECT_FLOAT_EQ(store.master("w")->at(0), 9.5f);
  ASSERT_TRUE(bool(store.step({{"w", {3}}})));
  double moved = 0.5 * (1.75 / 0.75) / std::sqrt(2.4375 / 0.4375);
  EXPECT_FLOAT_EQ(store.master("w")->at(0), static_cast<float>(9.5 - moved));
  EXPECT_EQ(store.steps(), 2);
}

TEST(MasterStore, OnlyTheMaskExists) {
  MasterStore store = make();
  ASSERT_EQ(addError(store, "w", {0, 5, 0, 7}, {1, 2, 3}), "");
  EXPECT_EQ(*store.stored("w"), 3);
  // A dense gradient, and one of the mask's positions alone, are the same.
  MasterStore other = store;
  ASSERT_TRUE(bool(store.step({{"w", {9, 1, 1, 1}}})));
  ASSERT_TRUE(bool(other.step({{"w", {1, 1, 1}}})));
  auto values = *store.master("w");
  EXPECT_EQ(values, *other.master("w"));
  EXPECT_EQ(values[0], 0);
  EXPECT_NE(values[2], 0); // zero now, but of the mask
}

TEST(MasterStore, StreamsTheStorageTypeAndKeepsTheMaster) {
  StoreOptions options;
  options.adamw.learningRate = 1e-5; // far below half an f16 step at 1
  options.adamw.weightDecay = 0;
  MasterStore store = make(options);
  ASSERT_FALSE(store.add("w", {1}, ElementType::F16));
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(bool(store.step({{"w", {1}}})));
    EXPECT_EQ(store.streamed("w")->at(0), 1.0f) << i;
  }
  EXPECT_NEAR(store.master("w")->at(0), 1 - 20e-5, 1e-6);
  for (int i = 0; i < 10; ++i) // 1 - 2^-12 is half a step
    ASSERT_TRUE(bool(store.step({{"w", {1}}})));
  EXPECT_EQ(store.streamed("w")->at(0), 1 - 0x1p-11f);
}

TEST(MasterStore, StaticScaleIsDividedOutAndLeavesOutSteps) {
  StoreOptions options;
  MasterStore plain = make(options);
  options.lossScale = {LossScaleOptions::Kind::Static, 1024};
  MasterStore scaled = make(options);
  for (MasterStore *store : {&plain, &scaled})
    ASSERT_FALSE(store->add("w", {1, 2}, ElementType::F32));
  ASSERT_TRUE(bool(plain.step({{"w", {0.1f, -0.3f}}})));
  ASSERT_TRUE(bool(scaled.step({{"w", {1024 * 0.1f, 1024 * -0.3f}}})));
  EXPECT_EQ(*plain.master("w"), *scaled.master("w"));

  auto before = *scaled.master("w");
  auto outcome = scaled.step({{"w", {1, INFINITY}}});
  ASSERT_TRUE(bool(outcome));
  EXPECT_FALSE(outcome->applied);
  EXPECT_THAT(outcome->culprit, HasSubstr("gradient of weight 'w': value 1"));
  EXPECT_EQ(*scaled.master("w"), before);
  EXPECT_EQ(scaled.scale(), 1024);
  EXPECT_EQ(scaled.steps(), 1);
}

TEST(MasterStore, DynamicScaleBacksOffAndGrows) {
  StoreOptions options;
  options.lossScale = {LossScaleOptions::Kind::Dynamic, 64, 4, 0.5, 2};
  MasterStore store = make(options);
  ASSERT_FALSE(store.add("w", {1}, ElementType::F16));
  std::vector<double> scales;
  for (float gradient : {1.f, NAN, 1.f, 1.f, 1.f, INFINITY}) {
    ASSERT_TRUE(bool(store.step({{"w", {gradient}}})));
    scales.push_back(store.scale());
  }
  EXPECT_THAT(scales, ElementsAre(64, 32, 32, 128, 128, 64));
}

TEST(MasterStore, ClipsTheNormOfAllGradients) {
  StoreOptions options;
  options.clipNorm = 1;
  MasterStore store = make(options);
  ASSERT_FALSE(store.add("a", {1}, ElementType::F32));
  ASSERT_FALSE(store.add("b", {1}, ElementType::F32));
  EXPECT_TRUE(store.waitsForAllGradients());
  auto outcome = store.step({{"a", {3}}, {"b", {4}}});
  ASSERT_TRUE(bool(outcome));
  EXPECT_EQ(outcome->gradientNorm, 5);
  EXPECT_NEAR(outcome->clipFactor, 0.2, 1e-6);
  outcome = store.step({{"a", {0.3f}}, {"b", {0.4f}}});
  EXPECT_EQ(outcome->clipFactor, 1);
}

TEST(MasterStore, ABadStepChangesNothingAndSaysWhy) {
  MasterStore store = make();
  ASSERT_EQ(addError(store, "a", {0, 1}, {1}), "");
  ASSERT_FALSE(store.add("b", {1, 2}, ElementType::F32));
  auto message = [&](const Gradients &gradients) {
    auto outcome = store.step(gradients);
    return outcome ? "" : outcome.str();
  };
  EXPECT_EQ(message({{"a", {1}}}), "weight 'b': expected a gradient, got none");
  EXPECT_EQ(message({{"a", {1}}, {"b", {1, 1}}, {"c", {1}}}),
            "weight 'c': is not in the store");
  EXPECT_EQ(message({{"a", {1, 2, 3}}, {"b", {1, 1}}}),
            "gradient of weight 'a': expected 2 or, at the mask, 1 values, "
            "got 3");
  EXPECT_EQ(
      message({{"a", {1}}, {"b", {1, NAN}}}),
      "optimizer: gradient of weight 'b': value 1 of those stored is nan");
  EXPECT_EQ(store.steps(), 0);
  EXPECT_THAT(*store.master("b").value, ElementsAre(1, 2));
}

TEST(MasterStore, RefusesBadWeightsAndOptions) {
  MasterStore store = make();
  EXPECT_EQ(addError(store, "w", {1, 1}, {0}),
            "weight 'w': expected 0 outside the mask, got 1 at element 1");
  EXPECT_EQ(addError(store, "w", {1, 1}, {1, 0}),
            "weight 'w': expected ascending positions below 2, got 0 after 1");
  EXPECT_EQ(addError(store, "w", {1, 1}, {2}),
            "weight 'w': expected ascending positions below 2, got 2");
  EXPECT_EQ(addError(store, "w", {1, 1}, {0, 1}), "");
  EXPECT_EQ(addError(store, "w", {1, 1}, {0, 1}),
            "weight 'w': is in the store already");
  EXPECT_EQ(store.streamed("x").str(), "weight 'x': is not in the store");

  StoreOptions options;
  options.adamw.beta2 = 1;
  options.clipNorm = -1;
  options.lossScale.kind = LossScaleOptions::Kind::Dynamic;
  options.lossScale.backoff = 0;
  EXPECT_EQ(MasterStore::create(options).str(),
            "optimizer: expected 'beta2' in [0, 1), got 1\n"
            "loss scale: expected 'backoff' in (0, 1], got 0\n"
            "optimizer: expected 'clip_norm' of at least 0, got -1");
}
