//===- CpuProgramTest.cpp - Does the CPU oracle run what it is given? -----===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/oracle/CpuProgram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

using namespace waferflow;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

/// Two rows of x are exchanged with columns: a copy between two layouts; row
/// numbers outside [0, 3) fail an assertion.
const char *const program = R"mlir(
module {
  func.func @pick(%x: tensor<3x2xf32> {flow.weight = #flow.weight<name = "x">},
                  %row: tensor<i64>) -> (tensor<2xf32>, tensor<2x3xf32>) {
    %none = tensor.empty() : tensor<2x3xf32>
    %turned = linalg.transpose ins(%x : tensor<3x2xf32>)
        outs(%none : tensor<2x3xf32>) permutation = [1, 0]
    %number = tensor.extract %row[] : tensor<i64>
    %r = arith.index_cast %number : i64 to index
    %three = arith.constant 3 : index
    %inside = arith.cmpi ult, %r, %three : index
    cf.assert %inside, "row must be below 3"
    %picked = tensor.extract_slice %x[%r, 0] [1, 2] [1, 1]
        : tensor<3x2xf32> to tensor<2xf32>
    return %picked, %turned : tensor<2xf32>, tensor<2x3xf32>
  }
})mlir";

const float x[] = {1, 2, 3, 4, 5, 6};

std::unique_ptr<CpuProgram> compile(const char *text, const char *entry) {
  return llvm::cantFail(CpuProgram::compile(text, entry));
}

std::string compileError(const char *text, const char *entry) {
  auto result = CpuProgram::compile(text, entry);
  return result ? "no error" : llvm::toString(result.takeError());
}

std::vector<float> floats(const Array &array) {
  std::vector<float> values(array.type.elements());
  std::memcpy(values.data(), array.data.data(), array.data.size());
  return values;
}

} // namespace

TEST(CpuProgram, RunsAgainAndAgainWithoutTouchingItsInputs) {
  auto pick = compile(program, "pick");
  for (int64_t row : {2, 0, 2}) {
    auto results =
        llvm::cantFail(pick->run({{{"f32", {3, 2}}, x}, {{"i64", {}}, &row}}));
    ASSERT_EQ(results.size(), 2u);
    EXPECT_THAT(floats(results[0]),
                ElementsAre(row == 2 ? 5 : 1, row == 2 ? 6 : 2));
    EXPECT_THAT(floats(results[1]), ElementsAre(1, 3, 5, 2, 4, 6));
  }
  EXPECT_EQ(x[5], 6);
}

TEST(CpuProgram, AFailedAssertionIsAnErrorAndTheNextRunWorks) {
  auto pick = compile(program, "pick");
  int64_t row = 3;
  auto failed = pick->run({{{"f32", {3, 2}}, x}, {{"i64", {}}, &row}});
  ASSERT_FALSE(failed);
  EXPECT_EQ(llvm::toString(failed.takeError()), "@pick: row must be below 3");
  row = 1;
  auto results =
      llvm::cantFail(pick->run({{{"f32", {3, 2}}, x}, {{"i64", {}}, &row}}));
  EXPECT_THAT(floats(results[0]), ElementsAre(3, 4));
}

TEST(CpuProgram, OptimizedCodeGivesTheSame) {
  auto pick = llvm::cantFail(CpuProgram::compile(program, "pick", true));
  int64_t row = 1;
  auto results =
      llvm::cantFail(pick->run({{{"f32", {3, 2}}, x}, {{"i64", {}}, &row}}));
  EXPECT_THAT(floats(results[0]), ElementsAre(3, 4));
  EXPECT_THAT(floats(results[1]), ElementsAre(1, 3, 5, 2, 4, 6));
}

TEST(CpuProgram, InputsOfAnotherNumberOrTypeAreErrors) {
  auto pick = compile(program, "pick");
  int64_t row = 0;
  EXPECT_EQ(llvm::toString(pick->run({}).takeError()),
            "@pick: expected 2 inputs, got 0");
  EXPECT_EQ(
      llvm::toString(
          pick->run({{{"f32", {2, 3}}, x}, {{"i64", {}}, &row}}).takeError()),
      "@pick: expected input 0 to be tensor<3x2xf32>, got "
      "tensor<2x3xf32>");
  EXPECT_THAT(
      llvm::toString(
          pick->run({{{"f32", {3, 2}}, x}, {{"i32", {}}, &row}}).takeError()),
      HasSubstr("input 1 to be tensor<i64>, got tensor<i32>"));
}

TEST(CpuProgram, WhatCannotBeCompiledIsAnErrorWithTheDiagnostics) {
  EXPECT_THAT(compileError("module { func.func }", "f"),
              HasSubstr("expected an MLIR module: "));
  EXPECT_THAT(compileError("module {}", "f"),
              HasSubstr("expected a public function @f in the module"));
  EXPECT_THAT(compileError("func.func @f(%x: tensor<?xf32>) { return }", "f"),
              HasSubstr("expected static tensors of f32, f64 or integers, got "
                        "'tensor<?xf32>'"));
  EXPECT_THAT(compileError("func.func private @g(tensor<2xf32>)\n"
                           "func.func @f(%x: tensor<2xf32>) {\n"
                           "call @g(%x) : (tensor<2xf32>) -> ()\nreturn }",
                           "f"),
              HasSubstr("@f can't be called: loc(\"-\":1:1): 'func.func' op "
                        "expected a body"));
}
