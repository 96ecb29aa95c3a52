//===- ParametersTest.cpp - Is the table of parameters sound?
//-----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "MachineText.h"

#include <set>

using namespace waferflow;

namespace {

TEST(Parameters, KeysAreUniqueAndRangesHoldExactIntegers) {
  std::set<std::string> keys;
  for (const Parameter &parameter : parameters()) {
    EXPECT_TRUE(keys.insert(parameter.key).second) << parameter.key;
    EXPECT_NE(parameter.key.find('.'), std::string::npos) << parameter.key;
    EXPECT_LT(parameter.lowest, parameter.highest) << parameter.key;
    EXPECT_FALSE(parameter.unit.empty() || parameter.meaning.empty());
    if (parameter.kind != Parameter::Kind::Real) {
      EXPECT_LT(parameter.highest, 9007199254740992.0) << parameter.key;
    }
  }
}

TEST(Parameters, GetReturnsWhatSetStored) {
  Machine machine;
  double number = 1;
  for (const Parameter &parameter : parameters()) {
    std::vector<double> numbers = {number++};
    if (parameter.kind == Parameter::Kind::Integers)
      numbers.push_back(number++);
    set(machine, parameter, numbers);
    EXPECT_EQ(get(machine, parameter), numbers) << parameter.key;
  }
  // No two parameters share a place.
  number = 1;
  for (const Parameter &parameter : parameters()) {
    EXPECT_EQ(get(machine, parameter)[0], number++) << parameter.key;
    number += parameter.kind == Parameter::Kind::Integers;
  }
}

TEST(Parameters, AnEmptyMachineIsNotOne) {
  Machine machine;
  machine.name = "none";
  std::string text;
  for (const Error &error : check(machine))
    text += error.str() + "\n";
  EXPECT_NE(text.find("machine 'none': expected 'clock.ghz' between 0.001 and "
                      "100 GHz, got 0\n"),
            std::string::npos);
  EXPECT_NE(text.find("machine 'none': missing key "
                      "'instruction.axpy.f16.memory'\n"),
            std::string::npos);
  EXPECT_EQ(text.find("measured."), std::string::npos);
}

TEST(Text, NumbersReadBackAsTheyWere) {
  for (double number : {0.0, 1.0, -3.0, 0.1, 1.0 / 3, 150e9, 1e-7, 2.4576e12})
    EXPECT_EQ(readNumber(numberText(number), Parameter::Kind::Real), number);
  EXPECT_EQ(numberText(150e9), "150000000000");
  EXPECT_EQ(numberText(0.44), "0.44");
}

TEST(Text, NearestPrefersTheForgottenGroupAndGivesUpInTime) {
  std::vector<std::string> words = {"pe.sram_bytes", "pe.code_bytes"};
  EXPECT_EQ(nearest("sram_bytes", words), "pe.sram_bytes");
  EXPECT_EQ(nearest("pe.cod_bytes", words), "pe.code_bytes");
  EXPECT_EQ(nearest("completely else", words), "");
  EXPECT_EQ(nearest("", words), "");
}

} // namespace
