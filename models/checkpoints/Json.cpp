//===- Json.cpp - A small, strict JSON reader -----------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "models/checkpoints/Json.h"

#include <cstring>
#include <limits>

using namespace waferflow;

namespace {

constexpr int kMaxDepth = 32;

bool isDigit(char c) { return c >= '0' && c <= '9'; }

void appendUtf8(std::string &out, uint32_t code) {
  if (code < 0x80) {
    out += char(code);
  } else if (code < 0x800) {
    out += char(0xc0 | code >> 6);
    out += char(0x80 | (code & 63));
  } else if (code < 0x10000) {
    out += char(0xe0 | code >> 12);
    out += char(0x80 | (code >> 6 & 63));
    out += char(0x80 | (code & 63));
  } else {
    out += char(0xf0 | code >> 18);
    out += char(0x80 | (code >> 12 & 63));
    out += char(0x80 | (code >> 6 & 63));
    out += char(0x80 | (code & 63));
  }
}

/// What stands in a message for the byte that was found.
std::string quoted(std::string_view text, size_t at) {
  if (at >= text.size())
    return "the end";
  unsigned char c = static_cast<unsigned char>(text[at]);
  if (c >= 0x20 && c < 0x7f)
    return std::string("'") + char(c) + "'";
  constexpr char kHex[] = "0123456789abcdef";
  return std::string("byte 0x") + kHex[c >> 4] + kHex[c & 15];
}

} // namespace

bool waferflow::isUtf8(std::string_view bytes) {
  for (size_t i = 0; i < bytes.size();) {
    auto byte = [&](size_t k) -> uint32_t {
      return k < bytes.size() ? static_cast<unsigned char>(bytes[k]) : 0;
    };
    uint32_t first = byte(i);
    int more = first < 0x80       ? 0
               : first >> 5 == 6  ? 1
               : first >> 4 == 14 ? 2
               : first >> 3 == 30 ? 3
                                  : -1;
    if (more < 0)
      return false;
    uint32_t code = more ? first & (0x3f >> more) : first;
    for (int k = 1; k <= more; ++k) {
      if (byte(i + k) >> 6 != 2)
        return false;
      code = code << 6 | (byte(i + k) & 63);
    }
    constexpr uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
    if (code < kLeast[more] || code > 0x10ffff ||
        (code >= 0xd800 && code < 0xe000))
      return false;
    i += more + 1;
  }
  return true;
}

void JsonReader::fail(std::string what) {
  if (!failed())
    errors.push_back({where + ", byte " + std::to_string(at), std::move(what)});
}

void JsonReader::space() {
  while (at < text.size() && text[at] && std::strchr(" \t\r\n", text[at]))
    ++at;
}

bool JsonReader::accept(char c) {
  if (failed())
    return false;
  space();
  if (at >= text.size() || text[at] != c)
    return false;
  ++at;
  return true;
}

void JsonReader::expect(char c) {
  if (!accept(c))
    fail(std::string("expected '") + c + "', got " + quoted(text, at));
}

/// False where there is nothing between the brackets, or an error.
bool JsonReader::open(char opening, char closing) {
  expect(opening);
  return !failed() && !accept(closing);
}

bool JsonReader::more(char closing) {
  if (failed())
    return false;
  if (accept(','))
    return true;
  if (!accept(closing))
    fail(std::string("expected ',' or '") + closing + "', got " +
         quoted(text, at));
  return false;
}

uint32_t JsonReader::hex4() {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    const char *digits = "0123456789abcdef0123456789ABCDEF";
    const char *digit =
        at < text.size() && text[at] ? std::strchr(digits, text[at]) : nullptr;
    if (!digit) {
      fail("expected four hexadecimal digits, got " + quoted(text, at));
      return 0;
    }
    value = value << 4 | uint32_t((digit - digits) & 15);
    ++at;
  }
  return value;
}

void JsonReader::escape(std::string &out) {
  char c = at < text.size() ? text[at] : 0;
  constexpr char kFrom[] = "\"\\/bfnrt", kTo[] = "\"\\/\b\f\n\r\t";
  if (const char *known = c ? std::strchr(kFrom, c) : nullptr) {
    ++at;
    out += kTo[known - kFrom];
    return;
  }
  if (c != 'u') {
    fail("expected an escape, got " + quoted(text, at));
    return;
  }
  ++at;
  uint32_t code = hex4();
  if (code >= 0xd800 && code < 0xdc00 && text.substr(at, 2) == "\\u") {
    at += 2;
    uint32_t low = hex4();
    code = low >= 0xdc00 && low < 0xe000
               ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
               : 0xd800;
  }
  if (code >= 0xd800 && code < 0xe000)
    fail("expected a pair of surrogates, got half of one");
  else
    appendUtf8(out, code);
}

std::string JsonReader::string() {
  std::string out;
  expect('"');
  while (!failed()) {
    if (at >= text.size() || static_cast<unsigned char>(text[at]) < 0x20) {
      fail("expected '\"', got " + quoted(text, at));
    } else if (text[at] == '"') {
      if (!isUtf8(out)) {
        fail("expected UTF-8, got other bytes in a string");
        break;
      }
      ++at;
      return out;
    } else if (text[at] == '\\') {
      ++at;
      escape(out);
    } else {
      out += text[at++];
    }
  }
  return {};
}

int64_t JsonReader::integer() {
  if (failed())
    return 0;
  space();
  size_t first = at;
  int64_t value = 0;
  while (at < text.size() && isDigit(text[at])) {
    if (__builtin_mul_overflow(value, 10, &value) ||
        __builtin_add_overflow(value, text[at] - '0', &value)) {
      fail("expected an integer up to 2^63 - 1, got a larger one");
      return 0;
    }
    ++at;
  }
  bool leadingZero = at - first > 1 && text[first] == '0';
  bool fraction = at < text.size() && text[at] && std::strchr(".eE", text[at]);
  if (at == first || leadingZero || fraction) {
    fail("expected a non-negative integer, got " +
         quoted(text, fraction ? at : first));
    return 0;
  }
  return value;
}

void JsonReader::skip() { skip(0); }

void JsonReader::skip(int depth) {
  if (failed())
    return;
  space();
  char c = at < text.size() ? text[at] : 0;
  if ((c == '{' || c == '[') && depth == kMaxDepth) {
    fail("expected at most " + std::to_string(kMaxDepth) +
         " levels of nesting, got more");
  } else if (c == '{') {
    object([&](const std::string &) { skip(depth + 1); });
  } else if (c == '[') {
    array([&] { skip(depth + 1); });
  } else if (c == '"') {
    string();
  } else {
    for (std::string_view word : {"true", "false", "null"})
      if (text.substr(at, word.size()) == word) {
        at += word.size();
        return;
      }
    size_t first = at;
    while (at < text.size() && text[at] &&
           (isDigit(text[at]) || std::strchr("+-.eE", text[at])))
      ++at;
    if (at == first)
      fail("expected a value, got " + quoted(text, at));
  }
}

void JsonReader::end() {
  if (failed())
    return;
  space();
  if (at < text.size())
    fail("expected the end, got " + quoted(text, at));
}
