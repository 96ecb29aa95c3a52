//===- ElementKernelsTest.cpp - Do kernels of any shape equal the CPU? ----===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Difference.h"

#include "runtime/engine/GraphRun.h"
#include "simulator/machine/Reader.h"

using namespace waferflow;

namespace {

/// Three sequences of seven tokens, 17 features: on 5 x 4 cores neither
/// divides. A row of cores holds a sequence in one token group; in two, a
/// sequence's tokens lie in two rows, and one place of the second group is
/// empty.
const char kHead[] = R"(
#id = affine_map<(d0, d1) -> (d0, d1)>
#token = affine_map<(d0, d1) -> (d0, 0)>
#feature = affine_map<(d0, d1) -> (d1)>
#one = affine_map<(d0, d1) -> ()>
#row = affine_map<(d0) -> (d0)>
#all = affine_map<(d0) -> ()>
#three = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#place = affine_map<(d0, d1, d2) -> (0, d1, d2)>
)";

struct Shape {
  ElementType type = ElementType::F32;
  std::optional<int64_t> gt = 1;
  int64_t width = 5, height = 4;
};

void expectEqualsCpu(const std::string &body, const Shape &shape,
                     double most = 1e-6) {
  auto file = loadMachine("tiny", WAFERFLOW_MACHINES,
                          {"fabric.width=" + std::to_string(shape.width),
                           "fabric.height=" + std::to_string(shape.height)});
  ASSERT_TRUE(file) << file.str();
  GraphRequest request;
  request.graph = kHead + body;
  request.machine = file->machine;
  request.tokens = 21;
  request.seq = 7;
  request.type = shape.type;
  request.gt = shape.gt;
  auto module = compileGraph(request);
  ASSERT_TRUE(module) << module.str();
  auto inputs = randomInputs(**module, shape.type, 7, 23);
  ASSERT_TRUE(inputs) << inputs.str();
  auto expected = runOnCpu(**module, request.graph, *inputs);
  ASSERT_TRUE(expected) << expected.str();
  auto run = (*module)->run(*inputs);
  ASSERT_TRUE(run) << run.str();
  expectNear(run->outputs, *expected, most);
}

void expectEqualsCpuEverywhere(const std::string &body, double most = 1e-6) {
  for (int64_t gt : {1, 2})
    for (ElementType type :
         {ElementType::F32, ElementType::F16, ElementType::BF16}) {
      SCOPED_TRACE(testing::Message()
                   << "gt " << gt << ", type " << static_cast<int>(type));
      expectEqualsCpu(body, {type, gt},
                      type == ElementType::F32   ? most
                      : type == ElementType::F16 ? 1e-3
                                                 : 8e-3);
    }
  // One column, one row, more rows than tokens.
  for (auto [width, height] :
       {std::pair(1, 4), std::pair(5, 1), std::pair(9, 40)}) {
    SCOPED_TRACE(testing::Message() << width << " x " << height);
    expectEqualsCpu(body, {ElementType::F32, 1, width, height}, most);
  }
}

// Two results, one of them in the other; a function of the token alone.
TEST(ElementKernels, MapOfSeveralResults) {
  expectEqualsCpuEverywhere(R"(
func.func @step(%a: tensor<21x17xf32>, %b: tensor<21x17xf32>)
    -> (tensor<21x17xf32>, tensor<21x17xf32>) {
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<21x17xf32>
  %s = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : tensor<21x17xf32>) outs(%e : tensor<21x17xf32>) {
  ^bb0(%in: f32, %out: f32):
    %n = arith.negf %in : f32
    %x = math.exp %n : f32
    %y = arith.addf %x, %one : f32
    %r = arith.divf %in, %y : f32
    linalg.yield %r : f32
  } -> tensor<21x17xf32>
  %p = linalg.mul ins(%s, %b : tensor<21x17xf32>, tensor<21x17xf32>)
      outs(%e : tensor<21x17xf32>) -> tensor<21x17xf32>
  return %s, %p : tensor<21x17xf32>, tensor<21x17xf32>
}
)");
}

TEST(ElementKernels, SumOfTwoIsOneInstruction) {
  expectEqualsCpuEverywhere(R"(
func.func @step(%a: tensor<21x17xf32>, %b: tensor<21x17xf32>) -> tensor<21x17xf32> {
  %e = tensor.empty() : tensor<21x17xf32>
  %p = linalg.add ins(%a, %b : tensor<21x17xf32>, tensor<21x17xf32>)
      outs(%e : tensor<21x17xf32>) -> tensor<21x17xf32>
  return %p : tensor<21x17xf32>
}
)");
}

// A constant for each place in a sequence and feature, one for each feature,
// and the number of the feature.
TEST(ElementKernels, MapWithTables) {
  std::string table = "dense<[[";
  for (int p = 0; p < 7; ++p) {
    table += p ? "],[" : "[";
    for (int f = 0; f < 17; ++f)
      table += (f ? "," : "") + std::to_string(p - f) + ".5";
  }
  table += "]]]> : tensor<1x7x17xf32>";
  expectEqualsCpuEverywhere(R"(
func.func @step(%a: tensor<21x17xf32>) -> tensor<21x17xf32> {
  %t = arith.constant )" + table +
                            R"(
  %x = tensor.expand_shape %a [[0, 1], [2]] output_shape [3, 7, 17] : tensor<21x17xf32> into tensor<3x7x17xf32>
  %e = tensor.empty() : tensor<3x7x17xf32>
  %y = linalg.generic {indexing_maps = [#three, #place, #three], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %t : tensor<3x7x17xf32>, tensor<1x7x17xf32>) outs(%e : tensor<3x7x17xf32>) {
  ^bb0(%in: f32, %c: f32, %out: f32):
    %i = linalg.index 2 : index
    %j = arith.index_cast %i : index to i64
    %k = arith.sitofp %j : i64 to f32
    %m = arith.mulf %in, %c : f32
    %s = arith.addf %m, %k : f32
    linalg.yield %s : f32
  } -> tensor<3x7x17xf32>
  %r = tensor.collapse_shape %y [[0, 1], [2]] : tensor<3x7x17xf32> into tensor<21x17xf32>
  return %r : tensor<21x17xf32>
}
)");
}

// The weights are a vector as long as the tokens, and none of tokens.
TEST(ElementKernels, AsManyFeaturesAsTokens) {
  expectEqualsCpu(R"(
func.func @step(%a: tensor<21x21xf32>, %w: tensor<21xf32> {flow.weight = #flow.weight<name = "w">})
    -> tensor<21x1xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<21x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<21x1xf32>) -> tensor<21x1xf32>
  %s = linalg.generic {indexing_maps = [#id, #feature, #token], iterator_types = ["parallel", "reduction"]}
      ins(%a, %w : tensor<21x21xf32>, tensor<21xf32>) outs(%f : tensor<21x1xf32>) {
  ^bb0(%x: f32, %c: f32, %out: f32):
    %m = arith.mulf %x, %c : f32
    %r = arith.addf %m, %out : f32
    linalg.yield %r : f32
  } -> tensor<21x1xf32>
  return %s : tensor<21x1xf32>
}
)",
                  {}, 5e-6);
}

// The norm, its weight's gradient and the sum that it needs.
TEST(ElementKernels, NormAndItsWeightsGradient) {
  expectEqualsCpuEverywhere(R"(
func.func @step(%a: tensor<21x17xf32>, %g: tensor<21x17xf32>,
    %w: tensor<17xf32> {flow.weight = #flow.weight<name = "w">})
    -> (tensor<21x17xf32>, tensor<17xf32> {flow.gradient = #flow.gradient<weight = "w", at = "dense">}) {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 17.0 : f32
  %eps = arith.constant 1.0e-6 : f32
  %e = tensor.empty() : tensor<21x17xf32>
  %e1 = tensor.empty() : tensor<21x1xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<21x1xf32>) -> tensor<21x1xf32>
  %s = linalg.generic {indexing_maps = [#id, #token], iterator_types = ["parallel", "reduction"]}
      ins(%a : tensor<21x17xf32>) outs(%f1 : tensor<21x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %m = arith.mulf %in, %in : f32
    %r = arith.addf %m, %out : f32
    linalg.yield %r : f32
  } -> tensor<21x1xf32>
  %q = linalg.generic {indexing_maps = [#id, #token, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a, %s : tensor<21x17xf32>, tensor<21x1xf32>) outs(%e : tensor<21x17xf32>) {
  ^bb0(%x: f32, %t: f32, %out: f32):
    %m = arith.divf %t, %n : f32
    %p = arith.addf %m, %eps : f32
    %r = math.rsqrt %p : f32
    %y = arith.mulf %x, %r : f32
    linalg.yield %y : f32
  } -> tensor<21x17xf32>
  %y = linalg.generic {indexing_maps = [#id, #feature, #id], iterator_types = ["parallel", "parallel"]}
      ins(%q, %w : tensor<21x17xf32>, tensor<17xf32>) outs(%e : tensor<21x17xf32>) {
  ^bb0(%x: f32, %c: f32, %out: f32):
    %m = arith.mulf %x, %c : f32
    linalg.yield %m : f32
  } -> tensor<21x17xf32>
  %ew = tensor.empty() : tensor<17xf32>
  %fw = linalg.fill ins(%zero : f32) outs(%ew : tensor<17xf32>) -> tensor<17xf32>
  %p = linalg.mul ins(%q, %g : tensor<21x17xf32>, tensor<21x17xf32>)
      outs(%e : tensor<21x17xf32>) -> tensor<21x17xf32>
  %dw = linalg.generic {indexing_maps = [#id, #feature], iterator_types = ["reduction", "parallel"]}
      ins(%p : tensor<21x17xf32>) outs(%fw : tensor<17xf32>) {
  ^bb0(%x: f32, %out: f32):
    %r = arith.addf %x, %out : f32
    linalg.yield %r : f32
  } -> tensor<17xf32>
  return %y, %dw : tensor<21x17xf32>, tensor<17xf32>
}
)");
}

// In padding every feature is divided by nothing: 0 / 0 must not reach the sum.
TEST(ElementKernels, LargestAndSumOfAll) {
  expectEqualsCpuEverywhere(R"(
func.func @step(%a: tensor<21x17xf32>, %b: tensor<21x17xf32>) -> (tensor<f32>, tensor<21x17xf32>) {
  %zero = arith.constant 0.0 : f32
  %least = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<21x17xf32>
  %e1 = tensor.empty() : tensor<21x1xf32>
  %f1 = linalg.fill ins(%least : f32) outs(%e1 : tensor<21x1xf32>) -> tensor<21x1xf32>
  %m = linalg.generic {indexing_maps = [#id, #token], iterator_types = ["parallel", "reduction"]}
      ins(%a : tensor<21x17xf32>) outs(%f1 : tensor<21x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %r = arith.maximumf %in, %out : f32
    linalg.yield %r : f32
  } -> tensor<21x1xf32>
  %d = linalg.generic {indexing_maps = [#id, #token, #id], iterator_types = ["parallel", "parallel"]}
      ins(%b, %m : tensor<21x17xf32>, tensor<21x1xf32>) outs(%e : tensor<21x17xf32>) {
  ^bb0(%x: f32, %t: f32, %out: f32):
    %r = arith.divf %x, %t : f32
    linalg.yield %r : f32
  } -> tensor<21x17xf32>
  %e0 = tensor.empty() : tensor<f32>
  %f0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<f32>) -> tensor<f32>
  %s = linalg.generic {indexing_maps = [#id, #one], iterator_types = ["reduction", "reduction"]}
      ins(%d : tensor<21x17xf32>) outs(%f0 : tensor<f32>) {
  ^bb0(%in: f32, %out: f32):
    %r = arith.addf %in, %out : f32
    linalg.yield %r : f32
  } -> tensor<f32>
  return %s, %d : tensor<f32>, tensor<21x17xf32>
}
)",
                            5e-6); // terms of both signs, in another order
}

// Rows of a table by token numbers, several tokens of one number, and the
// gradient of the table.
TEST(ElementKernels, RowsOfATable) {
  expectEqualsCpuEverywhere(R"(
#ids = affine_map<(d0, d1, d2) -> (d0, d1)>
#left = affine_map<(d0, d1) -> (d0, 0)>
#right = affine_map<(d0, d1) -> (0, d1)>
func.func @step(%t: tensor<23x17xf32> {flow.weight = #flow.weight<name = "t">},
    %ids: tensor<3x7xi64>, %g: tensor<21x17xf32>)
    -> (tensor<21x17xf32>, tensor<23x17xf32> {flow.gradient = #flow.gradient<weight = "t", at = "dense">}) {
  %e = tensor.empty() : tensor<3x7x17xf32>
  %x = linalg.generic {indexing_maps = [#ids, #three], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%ids : tensor<3x7xi64>) outs(%e : tensor<3x7x17xf32>) {
  ^bb0(%in: i64, %out: f32):
    %i = arith.index_cast %in : i64 to index
    %j = linalg.index 2 : index
    %v = tensor.extract %t[%i, %j] : tensor<23x17xf32>
    linalg.yield %v : f32
  } -> tensor<3x7x17xf32>
  %y = tensor.collapse_shape %x [[0, 1], [2]] : tensor<3x7x17xf32> into tensor<21x17xf32>
  %zero = arith.constant 0.0 : f32
  %en = tensor.empty() : tensor<23xi64>
  %n = linalg.generic {indexing_maps = [#row], iterator_types = ["parallel"]} outs(%en : tensor<23xi64>) {
  ^bb0(%out: i64):
    %i = linalg.index 0 : index
    %j = arith.index_cast %i : index to i64
    linalg.yield %j : i64
  } -> tensor<23xi64>
  %ed = tensor.empty() : tensor<23x17xf32>
  %fd = linalg.fill ins(%zero : f32) outs(%ed : tensor<23x17xf32>) -> tensor<23x17xf32>
  %rows = tensor.expand_shape %n [[0, 1]] output_shape [23, 1] : tensor<23xi64> into tensor<23x1xi64>
  %flat = tensor.collapse_shape %ids [[0, 1]] : tensor<3x7xi64> into tensor<21xi64>
  %columns = tensor.expand_shape %flat [[0, 1]] output_shape [1, 21] : tensor<21xi64> into tensor<1x21xi64>
  %eh = tensor.empty() : tensor<23x21xf32>
  %hot = linalg.generic {indexing_maps = [#left, #right, #id], iterator_types = ["parallel", "parallel"]}
      ins(%rows, %columns : tensor<23x1xi64>, tensor<1x21xi64>) outs(%eh : tensor<23x21xf32>) {
  ^bb0(%a: i64, %b: i64, %out: f32):
    %c = arith.cmpi eq, %a, %b : i64
    %f = arith.uitofp %c : i1 to f32
    linalg.yield %f : f32
  } -> tensor<23x21xf32>
  %d = linalg.matmul ins(%hot, %g : tensor<23x21xf32>, tensor<21x17xf32>)
      outs(%fd : tensor<23x17xf32>) -> tensor<23x17xf32>
  return %y, %d : tensor<21x17xf32>, tensor<23x17xf32>
}
)");
}

} // namespace
