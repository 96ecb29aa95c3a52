//===- ReaderTest.cpp - Is a wrong machine file refused where it is wrong?
//----===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "MachineText.h"

#include <algorithm>

using namespace waferflow;

namespace {

// The entry that these tests spoil, as tiny.yaml has it.
const std::string sram =
    "sram_bytes: {value: 49152, unit: bytes, trust: P,\n"
    "               source: \"Hot Chips 36 (2024), WSE-3 architecture talk: "
    "48 KiB a core\"}";

std::string withSram(const std::string &entry) { return edited(sram, entry); }

TEST(Reader, ReadsValueEndsSourceAndTrust) {
  Result<MachineFile> file = parseMachine(tinyText(), "m.yaml");
  ASSERT_TRUE(file) << file.str();
  EXPECT_EQ(file->machine.name, "tiny");
  EXPECT_EQ(file->machine.sramBytes, 49152);
  EXPECT_EQ(file->machine.launchCycles, 2);
  EXPECT_EQ(file->machine.rate("axpy.f16.memory"), 4);
  EXPECT_EQ(file->machine.facts.at("core.input_queues_wavelets"),
            (std::vector<double>{8, 8, 4, 4, 4, 4, 4, 4}));
  const MachineEntry *launch = file->find("pe.launch_cycles");
  ASSERT_TRUE(launch);
  EXPECT_EQ(launch->low, 0);
  EXPECT_EQ(launch->high, 16);
  EXPECT_EQ(launch->trust, 'I');
  const MachineEntry *bytes = file->find("pe.sram_bytes");
  ASSERT_TRUE(bytes);
  EXPECT_FALSE(bytes->low);
  EXPECT_EQ(bytes->source,
            "Hot Chips 36 (2024), WSE-3 architecture talk: 48 KiB a core");
  EXPECT_EQ(bytes->trust, 'P');
}

TEST(Reader, SuggestsTheKeyThatWasMeant) {
  std::string text =
      edited("sram_bytes: {value: 49152", "sram_byte: {value: 49152");
  EXPECT_EQ(errorsOf(text),
            placeOf(text, "sram_byte:") +
                "unknown key 'pe.sram_byte', did you mean 'pe.sram_bytes'?\n" +
                placeOf(text, "pe:\n") +
                "missing key 'pe.sram_bytes' (bytes: SRAM of a core, for code "
                "and data)");
}

TEST(Reader, LocatesAMissingKeyAtItsGroupAndAMissingGroupAtTheTop) {
  std::string text = edited("  " + sram + "\n", "");
  EXPECT_EQ(errorsOf(text), placeOf(text, "pe:\n") +
                                "missing key 'pe.sram_bytes' (bytes: SRAM of a "
                                "core, for code and data)");
  std::string first = errorsOf("# nothing else\nname: x\n");
  EXPECT_EQ(first.substr(0, first.find('\n')),
            "m.yaml:2:1: missing key 'clock.ghz' (GHz: core clock)");
}

TEST(Reader, RefusesDuplicates) {
  std::string text = withSram(sram + "\n  " + sram);
  size_t second = text.find(sram, text.find(sram) + 1);
  std::string line =
      std::to_string(1 + std::count(text.begin(), text.begin() + second, '\n'));
  EXPECT_EQ(errorsOf(text),
            "m.yaml:" + line + ":3: duplicate key 'sram_bytes'");
  // The same key in two spellings.
  text = tinyText() + "pe.sram_bytes: {value: 1024}\n";
  EXPECT_EQ(errorsOf(text),
            placeOf(text, "pe.sram_bytes:") + "duplicate key 'pe.sram_bytes'");
}

TEST(Reader, RefusesWrongTypes) {
  const std::string rest = ", unit: bytes, trust: P, source: s}";
  std::string text = withSram("sram_bytes: {value: many" + rest);
  EXPECT_EQ(errorsOf(text),
            placeOf(text, "many") +
                "expected 'pe.sram_bytes' to be an integer, got 'many'");
  text = withSram("sram_bytes: {value: 1024.5" + rest);
  EXPECT_EQ(errorsOf(text),
            placeOf(text, "1024.5") +
                "expected 'pe.sram_bytes' to be an integer, got '1024.5'");
  text = withSram("sram_bytes: {value: \"4096\"" + rest);
  EXPECT_EQ(errorsOf(text),
            placeOf(text, "\"4096\"") +
                "expected 'pe.sram_bytes' to be an integer, got the text "
                "\"4096\"");
  text = withSram("sram_bytes: {value: [1024, 2048]" + rest);
  EXPECT_EQ(errorsOf(text),
            placeOf(text, "1024, 2048") +
                "expected 'pe.sram_bytes' to be an integer, got a list");
  text = withSram("sram_bytes: 49152");
  EXPECT_EQ(errorsOf(text),
            placeOf(text, "49152") +
                "expected 'pe.sram_bytes' to be {value: ..., unit: bytes, "
                "source: ..., trust: ...}, got '49152'");
  text = edited("ghz: {value: 0.875", "ghz: {value: nan");
  EXPECT_EQ(errorsOf(text),
            placeOf(text, "nan") +
                "expected 'clock.ghz' to be a number, got 'nan'");
  text = edited("[8, 8, 4, 4, 4, 4, 4, 4]", "88");
  EXPECT_EQ(errorsOf(text),
            placeOf(text, "88, unit: wavelets") +
                "expected 'core.input_queues_wavelets' to be a list of "
                "integers, got '88'");
}

TEST(Reader, SaysTheRangeOfAValueOutsideIt) {
  std::string text =
      withSram("sram_bytes: {value: 12, unit: bytes, trust: P, source: s}");
  EXPECT_EQ(errorsOf(text),
            placeOf(text, "12, unit: bytes, trust: P, source: s") +
                "expected 'pe.sram_bytes' between 1024 and 1073741824 bytes, "
                "got 12");
}

TEST(Reader, DemandsUnitSourceAndTrust) {
  std::string text = withSram("sram_bytes: {value: 49152}");
  std::string at = placeOf(text, "sram_bytes:");
  EXPECT_EQ(errorsOf(text),
            at + "missing field 'unit' of 'pe.sram_bytes'\n" + at +
                "missing field 'source' of 'pe.sram_bytes'\n" + at +
                "missing field 'trust' of 'pe.sram_bytes'");
  text = withSram("sram_bytes: {value: 49152, unit: KiB, trust: Q, source: s}");
  EXPECT_EQ(errorsOf(text),
            placeOf(text, "KiB, trust: Q") +
                "expected unit 'bytes' of 'pe.sram_bytes', got 'KiB'\n" +
                placeOf(text, "Q, source: s") +
                "expected trust P, S, M or I of 'pe.sram_bytes', got 'Q'");
  text =
      withSram("sram_bytes: {vlaue: 49152, unit: bytes, trust: P, source: s}");
  EXPECT_EQ(errorsOf(text),
            placeOf(text, "vlaue") +
                "unknown field 'vlaue' of 'pe.sram_bytes', did you mean "
                "'value'?\n" +
                placeOf(text, "sram_bytes:") +
                "missing field 'value' of 'pe.sram_bytes'");
}

TEST(Reader, DemandsBothEndsOfAGuess) {
  std::string text = edited("launch_cycles: {value: 2, low: 0, high: 16,",
                            "launch_cycles: {value: 2, low: 0,");
  EXPECT_EQ(errorsOf(text),
            placeOf(text, "launch_cycles:") +
                "missing field 'high' of 'pe.launch_cycles', which is a guess");
  text = edited("launch_cycles: {value: 2, low: 0, high: 16,",
                "launch_cycles: {value: 2, low: 3, high: 16,");
  EXPECT_EQ(
      errorsOf(text),
      placeOf(text, "launch_cycles:") +
          "expected low <= value <= high of 'pe.launch_cycles', got 3, 2, "
          "16");
  text =
      withSram("sram_bytes: {value: 49152, low: 2048, unit: bytes, trust: P, "
               "source: s}");
  EXPECT_EQ(errorsOf(text), placeOf(text, "sram_bytes:") +
                                "expected both 'low' and 'high' of "
                                "'pe.sram_bytes', or neither");
}

TEST(Reader, ChecksLimitsThatTieTwoParameters) {
  std::string text =
      edited("reserved_colors: {value: 3,", "reserved_colors: {value: 24,");
  EXPECT_EQ(errorsOf(text),
            "m.yaml:3:1: expected 'fabric.reserved_colors' below the 24 of "
            "'fabric.colors', got 24");
}

TEST(Reader, RefusesWhatIsNotAMachine) {
  EXPECT_EQ(errorsOf(""), "m.yaml:1:1: expected a machine, a mapping with "
                          "'name', got nothing");
  EXPECT_EQ(errorsOf("- a\n- b\n"), "m.yaml:1:1: expected a machine, a mapping "
                                    "with 'name', got a list");
  EXPECT_EQ(errorsOf("name: [\n"), "m.yaml:1:8: Could not find closing ]!");
  EXPECT_EQ(errorsOf(std::string("name: a\0b", 9)),
            "m.yaml: expected text, got a NUL byte");
  EXPECT_EQ(errorsOf("name: &a x\n"),
            "m.yaml:1:10: anchors and aliases are not supported");
  std::string text = tinyText() + "---\nname: again\n";
  EXPECT_EQ(errorsOf(text), "m.yaml:3:1: expected one YAML document, got more");
  std::string deep(40, '[');
  EXPECT_EQ(errorsOf("name: " + deep + std::string(40, ']')),
            "m.yaml:1:24: nested deeper than 16");
}

TEST(Reader, SaysWhichFileItCannotRead) {
  EXPECT_EQ(readMachine("/nonexistent/m.yaml").str(),
            "/nonexistent/m.yaml: cannot read: No such file or directory");
  EXPECT_EQ(readMachine("/").str(), "/: cannot read: Is a directory");
}

} // namespace
