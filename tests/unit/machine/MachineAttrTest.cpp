//===- MachineAttrTest.cpp - Is a machine the same after the module?
//----------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/flow/MachineAttr.h"
#include "simulator/machine/Reader.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>

#include <limits>

using namespace waferflow;
using namespace waferflow::flow;

namespace {

class MachineAttrTest : public testing::Test {
protected:
  MachineAttrTest() { context.loadDialect<FlowDialect>(); }

  Machine load(const std::string &name) {
    Result<MachineFile> file = loadMachine(name, WAFERFLOW_MACHINES);
    EXPECT_TRUE(file) << file.str();
    return file->machine;
  }

  mlir::MLIRContext context;
};

void expectSame(const Machine &a, const Machine &b) {
  EXPECT_EQ(a.name, b.name);
  for (const Parameter &parameter : parameters())
    EXPECT_EQ(get(a, parameter), get(b, parameter)) << parameter.key;
}

TEST_F(MachineAttrTest, HoldsEveryParameterOfEveryShippedMachine) {
  for (const std::string &name : machineNames(WAFERFLOW_MACHINES)) {
    Machine machine = load(name);
    MachineAttr attr = machineToAttr(&context, machine);
    Machine back = machineFromAttr(attr);
    expectSame(machine, back);
    EXPECT_TRUE(check(back).empty());
    EXPECT_EQ(machineToAttr(&context, back), attr);
  }
}

TEST_F(MachineAttrTest, ReadsBackFromItsTextToTheLastBit) {
  for (const std::string &name : machineNames(WAFERFLOW_MACHINES)) {
    Machine machine = load(name);
    machine.clockGhz = 1.0 / 3;
    MachineAttr attr = machineToAttr(&context, machine);
    std::string text;
    llvm::raw_string_ostream(text) << attr;
    EXPECT_EQ(mlir::parseAttribute(text, &context), attr) << text;
  }
}

TEST_F(MachineAttrTest, RefusesAMachineThatTheTableRefuses) {
  std::string said;
  mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &d) {
    said = d.str();
    return mlir::success();
  });
  auto build = [&](const Machine &machine) {
    said.clear();
    MachineAttr attr = machineToAttr(&context, load("tiny"));
    mlir::NamedAttrList params(attr.getParams());
    mlir::Builder builder(&context);
    for (const Parameter &parameter : parameters())
      if (std::vector<double> numbers = get(machine, parameter);
          !numbers.empty() && parameter.kind == Parameter::Kind::Real)
        params.set(parameter.key, builder.getF64FloatAttr(numbers[0]));
    return MachineAttr::getChecked(
        [&] { return mlir::emitError(mlir::UnknownLoc::get(&context)); },
        &context, llvm::StringRef(machine.name),
        params.getDictionary(&context));
  };
  Machine machine = load("tiny");
  EXPECT_TRUE(build(machine));
  EXPECT_EQ(said, "");
  machine.clockGhz = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(build(machine));
  EXPECT_EQ(said, "expected 'clock.ghz' between 0.001 and 100 GHz, got nan");
  machine = load("tiny");
  machine.name = "";
  EXPECT_FALSE(build(machine));
  EXPECT_EQ(said, "expected a machine with a name");
}

} // namespace
