//===- Page.h - The validation page says what the tests print ---*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_VALIDATION_PAGE_H
#define WAFERFLOW_TESTS_VALIDATION_PAGE_H

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace waferflow::validation {

/// `value` with so many digits behind the point.
inline std::string fixed(double value, int digits, bool sign = false) {
  char text[64];
  std::snprintf(text, sizeof text, sign ? "%+.*f" : "%.*f", digits, value);
  return text;
}

inline std::string percent(double share) {
  return fixed(100 * share, 2, true) + " %";
}

/// Prints a row of a table, and fails where tests/validation/README.md does not
/// have it: the page can be written from the output, and never lies.
inline void row(const std::vector<std::string> &cells) {
  static const std::string page = [] {
    std::ifstream file(WAFERFLOW_VALIDATION_PAGE);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }();
  std::string line = "|";
  for (const std::string &cell : cells)
    line += " " + cell + " |";
  std::printf("%s\n", line.c_str());
  EXPECT_TRUE(page.find("\n" + line + "\n") != std::string::npos)
      << "tests/validation/README.md has no row\n"
      << line;
}

} // namespace waferflow::validation

#endif // WAFERFLOW_TESTS_VALIDATION_PAGE_H
