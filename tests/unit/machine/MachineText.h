//===- MachineText.h - The tiny machine's file as editable text
//---------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_UNIT_MACHINE_MACHINETEXT_H
#define WAFERFLOW_TESTS_UNIT_MACHINE_MACHINETEXT_H

#include "simulator/machine/Reader.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

inline std::string tinyText() {
  std::ifstream stream(WAFERFLOW_MACHINES "/tiny.yaml");
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// tiny.yaml with the one occurrence of `from` replaced.
inline std::string edited(const std::string &from, const std::string &to) {
  std::string text = tinyText();
  size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  EXPECT_EQ(text.find(from, at + 1), std::string::npos) << from;
  if (at != std::string::npos)
    text.replace(at, from.size(), to);
  return text;
}

/// All errors of reading `text` as m.yaml, one a line.
inline std::string errorsOf(const std::string &text) {
  return waferflow::parseMachine(text, "m.yaml").str();
}

/// "m.yaml:LINE:COLUMN: " of the first place where `at` stands in `text`.
inline std::string placeOf(const std::string &text, const std::string &at) {
  size_t offset = text.find(at);
  EXPECT_NE(offset, std::string::npos) << at;
  int line = 1, column = 1;
  for (size_t i = 0; i < offset && i < text.size(); ++i) {
    column = text[i] == '\n' ? 1 : column + 1;
    line += text[i] == '\n';
  }
  return "m.yaml:" + std::to_string(line) + ":" + std::to_string(column) + ": ";
}

#endif // WAFERFLOW_TESTS_UNIT_MACHINE_MACHINETEXT_H
