//===- BadProgramsTest.cpp - Does a bad program say what, where, why? -----===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// programs/KIND.mlir goes the way of every program: read, verified, translated,
// checked, run on the machine `tiny`. README.md says for each kind who refuses
// it and with which words; both must be exactly so, and neither may have a kind
// that the other lacks.
//
//===----------------------------------------------------------------------===//
#include "dialects/flow/MachineAttr.h"
#include "runtime/engine/ReadProgram.h"
#include "runtime/translate/FabricToProgram.h"
#include "simulator/cycle/FabricSimulation.h"
#include "simulator/machine/Reader.h"

#include "mlir/IR/Verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

using namespace mlir;
using namespace waferflow;

namespace {

/// Who says it, and what.
struct Verdict {
  std::string who, says;
  bool operator==(const Verdict &o) const {
    return who == o.who && says == o.says;
  }
};

std::ostream &operator<<(std::ostream &out, const Verdict &verdict) {
  return out << verdict.who << " | " << verdict.says;
}

std::string contents(const std::filesystem::path &path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// Line, column and words of the first error while it lives.
class FirstError {
public:
  explicit FirstError(MLIRContext &context)
      : handler(&context, [this](Diagnostic &diagnostic) {
          if (text.empty() &&
              diagnostic.getSeverity() == DiagnosticSeverity::Error) {
            if (auto at = dyn_cast<FileLineColLoc>(diagnostic.getLocation()))
              text = at.getFilename().str() + ":" +
                     std::to_string(at.getLine()) + ":" +
                     std::to_string(at.getColumn()) + ": ";
            text += diagnostic.str();
          }
          return success();
        }) {}
  std::string text;

private:
  ScopedDiagnosticHandler handler;
};

/// Four wavelets of 1.0 in every lane.
Result<std::vector<cycle::Wavelet>> stream(fabric::InjectOp, int64_t) {
  return std::vector<cycle::Wavelet>(4, {0x3f800000u, false});
}

Verdict judge(const std::string &bytes) {
  auto context = makeProgramContext();
  auto module = readProgram(bytes, *context);
  if (!module)
    return {"reader", module.str()};
  FirstError error(*context);
  auto machine = loadMachine("tiny", WAFERFLOW_MACHINES);
  (**module)->setAttr("flow.machine",
                      flow::machineToAttr(context.get(), machine->machine));
  if (failed(verify(**module)))
    return {"verifier", error.text};
  auto programs = (**module).getOps<fabric::ProgramOp>();
  auto program = translateFabric(*programs.begin(), stream);
  if (failed(program))
    return {"translation", error.text};
  cycle::CycleOptions options;
  options.maxCycles = 100000;
  auto simulation = cycle::FabricSimulation::create(*program, options);
  if (!simulation)
    return {"check", simulation.str()};
  auto failure = simulation->run();
  return failure ? Verdict{"simulator", failure->str()} : Verdict{"nobody", ""};
}

/// The rows `| kind | who | says |` of the README.
std::map<std::string, Verdict> readme() {
  std::map<std::string, Verdict> rows;
  std::istringstream lines(contents(WAFERFLOW_BAD_PROGRAMS "/README.md"));
  for (std::string line; std::getline(lines, line);) {
    if (line.compare(0, 3, "| `") != 0)
      continue;
    size_t kindEnd = line.find("` | ", 3), who = kindEnd + 4;
    size_t whoEnd = line.find(" | `", who), says = whoEnd + 4;
    if (kindEnd == std::string::npos || whoEnd == std::string::npos)
      continue;
    rows[line.substr(3, kindEnd - 3)] = {
        line.substr(who, whoEnd - who),
        line.substr(says, line.rfind("` |") - says)};
  }
  return rows;
}

std::vector<std::string> kinds() {
  std::vector<std::string> names;
  for (auto &entry :
       std::filesystem::directory_iterator(WAFERFLOW_BAD_PROGRAMS "/programs"))
    names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

class BadPrograms : public testing::TestWithParam<std::string> {};

TEST_P(BadPrograms, SaysWhatIsWrong) {
  auto rows = readme();
  Verdict got = judge(contents(std::filesystem::path(WAFERFLOW_BAD_PROGRAMS) /
                               "programs" / (GetParam() + ".mlir")));
  ASSERT_TRUE(rows.count(GetParam()))
      << "no row of README.md: | `" << GetParam() << "` | " << got.who << " | `"
      << got.says << "` |";
  EXPECT_EQ(got, rows[GetParam()]);
}

INSTANTIATE_TEST_SUITE_P(Kinds, BadPrograms, testing::ValuesIn(kinds()),
                         [](const auto &info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(BadProgramsReadme, HasNoKindWithoutAProgram) {
  std::vector<std::string> written;
  for (const auto &[kind, verdict] : readme())
    written.push_back(kind);
  EXPECT_EQ(written, kinds());
}

TEST(BadProgramsReadme, TwentyKindsAndMore) { EXPECT_GE(kinds().size(), 20u); }

} // namespace
