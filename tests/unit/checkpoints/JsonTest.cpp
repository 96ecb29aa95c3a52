//===- JsonTest.cpp - Is JSON read as its grammar says? -------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/checkpoints/Json.h"

#include <gtest/gtest.h>

using namespace waferflow;

namespace {

/// Why `text` is not one JSON value; "" where it is.
std::string skipError(const std::string &text) {
  JsonReader json(text, "t");
  json.skip();
  json.end();
  return json.failed() ? json.getErrors().front().str() : "";
}

std::string read(const std::string &text) {
  JsonReader json(text, "t");
  std::string value = json.string();
  return json.failed() ? json.getErrors().front().str() : value;
}

} // namespace

TEST(Json, SkipsAnyValue) {
  for (const char *text :
       {"{}", "[]", " [1, -2.5e3, true, false, null, \"x\", {\"a\": [[]]}] ",
        "{\"a\": {\"b\": {}}, \"c\": 1}"})
    EXPECT_EQ(skipError(text), "");
  EXPECT_EQ(skipError("[1,]"), "t, byte 3: expected a value, got ']'");
  EXPECT_EQ(skipError("[1 2]"), "t, byte 3: expected ',' or ']', got '2'");
  EXPECT_EQ(skipError("{\"a\" 1}"), "t, byte 5: expected ':', got '1'");
  EXPECT_EQ(skipError("nul"), "t, byte 0: expected a value, got 'n'");
  EXPECT_EQ(skipError(""), "t, byte 0: expected a value, got the end");
  EXPECT_EQ(skipError("{} {}"), "t, byte 3: expected the end, got '{'");
}

TEST(Json, DepthIsBounded) {
  std::string deep(32, '['), closed(32, ']');
  EXPECT_EQ(skipError(deep + closed), "");
  EXPECT_EQ(skipError("[" + deep),
            "t, byte 32: expected at most 32 levels of nesting, got "
            "more");
  EXPECT_EQ(skipError(std::string(1000000, '[')),
            "t, byte 32: expected at most 32 levels of nesting, got more");
}

TEST(Json, Strings) {
  EXPECT_EQ(read(R"("a\"\\\/\b\f\n\r\tz")"), "a\"\\/\b\f\n\r\tz");
  EXPECT_EQ(read(R"("\u0041\u00e9\u20AC\ud83d\ude00")"),
            "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  EXPECT_EQ(read("\"\xc3\xa9\""), "\xc3\xa9");
  EXPECT_EQ(read(R"("\ud83d")"),
            "t, byte 7: expected a pair of surrogates, got half of one");
  EXPECT_EQ(read(R"("\ud83d\u0041")"),
            "t, byte 13: expected a pair of surrogates, got half of one");
  EXPECT_EQ(read(R"("\x")"), "t, byte 2: expected an escape, got 'x'");
  EXPECT_EQ(read(R"("\u12g4")"),
            "t, byte 5: expected four hexadecimal digits, got 'g'");
  EXPECT_EQ(read("\"a\nb\""), "t, byte 2: expected '\"', got byte 0x0a");
  EXPECT_EQ(read("\"open"), "t, byte 5: expected '\"', got the end");
}

TEST(Json, Utf8) {
  for (std::string good :
       {"", "a", "\xc2\x80", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(isUtf8(good));
  // A lone continuation, overlong forms, a surrogate, beyond Unicode, cut
  // short.
  for (std::string bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80",
        "\xf4\x90\x80\x80", "\xf8\x80\x80\x80", "\xc3", "\xe2\x82"})
    EXPECT_FALSE(isUtf8(bad));
}

TEST(Json, TheFirstErrorStays) {
  JsonReader json("[x, y]", "t");
  json.array([&] { json.integer(); });
  json.end();
  ASSERT_EQ(json.getErrors().size(), 1u);
  EXPECT_EQ(json.getErrors().front().str(),
            "t, byte 1: expected a non-negative integer, got 'x'");
}
