//===- FabricModule.h - A parsed and verified fabric module -----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_UNIT_TRANSLATE_FABRICMODULE_H
#define WAFERFLOW_TESTS_UNIT_TRANSLATE_FABRICMODULE_H

#include "dialects/flow/MachineAttr.h"
#include "runtime/translate/FabricToProgram.h"
#include "simulator/machine/Reader.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

namespace waferflow {

class FabricModule : public testing::Test {
protected:
  FabricModule() {
    context.loadDialect<fabric::FabricDialect, flow::FlowDialect,
                        mlir::arith::ArithDialect, mlir::math::MathDialect,
                        mlir::memref::MemRefDialect, mlir::scf::SCFDialect>();
  }

  /// Parses, puts the machine `tiny` in, verifies. The first program.
  fabric::ProgramOp parse(const std::string &text) {
    module = mlir::parseSourceString<mlir::ModuleOp>(
        text, mlir::ParserConfig(&context));
    return withMachine();
  }
  fabric::ProgramOp parseFile(const std::string &path) {
    module = mlir::parseSourceFile<mlir::ModuleOp>(
        path, mlir::ParserConfig(&context));
    return withMachine();
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;

private:
  fabric::ProgramOp withMachine() {
    if (!module)
      return {};
    Result<MachineFile> file = loadMachine("tiny", WAFERFLOW_MACHINES);
    EXPECT_TRUE(file) << file.str();
    (*module)->setAttr("flow.machine",
                       flow::machineToAttr(&context, file->machine));
    EXPECT_TRUE(mlir::succeeded(mlir::verify(*module)));
    return *module->getOps<fabric::ProgramOp>().begin();
  }
};

} // namespace waferflow

#endif // WAFERFLOW_TESTS_UNIT_TRANSLATE_FABRICMODULE_H
