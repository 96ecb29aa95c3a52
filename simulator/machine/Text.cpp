//===- Text.cpp - Numbers and words of machine files ----------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/machine/Parameters.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace waferflow {

std::string numberText(double number) {
  // Whole numbers up to 2^53 in full: bytes and rows are read by people.
  if (std::floor(number) == number && std::fabs(number) < 9007199254740992.0)
    return std::to_string(static_cast<int64_t>(number));
  char buffer[64];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
  return std::string(buffer, end);
}

std::optional<double> readNumber(const std::string &text,
                                 Parameter::Kind kind) {
  const char *first = text.data(), *last = first + text.size();
  if (kind != Parameter::Kind::Real) {
    int64_t integer = 0;
    auto read = std::from_chars(first, last, integer);
    // Beyond 2^53 a double would not hold it, and every range ends before.
    if (read.ec != std::errc() || read.ptr != last ||
        integer > (int64_t(1) << 53) || integer < -(int64_t(1) << 53))
      return std::nullopt;
    return static_cast<double>(integer);
  }
  double real = 0;
  auto read = std::from_chars(first, last, real);
  if (read.ec != std::errc() || read.ptr != last || !std::isfinite(real))
    return std::nullopt;
  return real;
}

static size_t editDistance(const std::string &a, const std::string &b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

std::string nearest(const std::string &word,
                    const std::vector<std::string> &candidates) {
  if (word.empty() || word.size() > 200)
    return "";
  // A forgotten group ("sram_bytes") is closer than any misspelling.
  for (const std::string &candidate : candidates)
    if (candidate.size() > word.size() + 1 &&
        candidate.compare(candidate.size() - word.size() - 1, std::string::npos,
                          "." + word) == 0)
      return candidate;
  std::string best;
  size_t bestDistance = std::max<size_t>(2, word.size() / 4) + 1;
  for (const std::string &candidate : candidates) {
    size_t distance = editDistance(word, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

} // namespace waferflow
