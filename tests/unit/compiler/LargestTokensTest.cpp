//===- LargestTokensTest.cpp - Is the largest step the largest? -----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/ChooseMapping.h"
#include "runtime/engine/Diagnostics.h"
#include "runtime/engine/Session.h"

#include <gtest/gtest.h>

using namespace waferflow;

namespace {

constexpr int64_t kSeq = 64;

Request tinyRequest(std::optional<int64_t> tokens, int64_t sramBytes = 49152) {
  Request request;
  request.model = "tiny";
  request.config = WAFERFLOW_SOURCE "/models/configs/tiny.json";
  request.machine = "tiny";
  request.machinesDir = WAFERFLOW_SOURCE "/machines";
  request.machineOverrides = {"pe.sram_bytes=" + std::to_string(sramBytes)};
  request.tokens = tokens;
  request.seq = kSeq;
  request.threads = 1;
  return request;
}

/// The largest tokens of a step that was built for `tokens`.
int64_t largest(int64_t tokens, int64_t most, int64_t sramBytes = 49152) {
  auto session = Session::open(tinyRequest(tokens, sramBytes));
  EXPECT_TRUE(session) << session.str();
  auto module = (*session)->flow(0);
  EXPECT_TRUE(module) << module.str();
  auto found = flow::findLargestTokens(**module, most);
  EXPECT_TRUE(succeeded(found));
  return *found;
}

std::string placeError(int64_t tokens) {
  auto session = Session::open(tinyRequest(tokens));
  EXPECT_TRUE(session) << session.str();
  MaskCache masks;
  auto placed = (*session)->placed(0, masks);
  return placed ? "" : placed.str();
}

TEST(LargestTokens, FitAndOneSequenceMoreDoesNot) {
  int64_t tokens = largest(kSeq, 1 << 24);
  EXPECT_GT(tokens, 4 * kSeq);
  EXPECT_EQ(tokens % kSeq, 0);
  EXPECT_EQ(placeError(tokens), "");
  EXPECT_NE(placeError(tokens + kSeq).find("bytes of SRAM a core"),
            std::string::npos);
}

TEST(LargestTokens, DoNotDependOnTheTokensOfTheStep) {
  EXPECT_EQ(largest(kSeq, 1 << 24), largest(5 * kSeq, 1 << 24));
}

TEST(LargestTokens, AreNoMoreThanOneAsksFor) {
  EXPECT_EQ(largest(kSeq, 3 * kSeq + 5), 3 * kSeq);
  EXPECT_EQ(largest(kSeq, kSeq - 1), 0);
}

TEST(LargestTokens, AreNoneWhereOneSequenceDoesNotFit) {
  EXPECT_EQ(largest(kSeq, 1 << 24, 12400), 0);
}

TEST(LargestTokens, AreWhatARunWithoutTokensTakes) {
  auto session = Session::open(tinyRequest(std::nullopt));
  ASSERT_TRUE(session) << session.str();
  EXPECT_EQ((*session)->tokens(), largest(kSeq, 1 << 24));
}

} // namespace
