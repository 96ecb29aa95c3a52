//===- KernelGraph.cpp - One kernel, written as a graph -------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/engine/Kernel.h"

#include <functional>

namespace waferflow {

namespace {

// #N, #R and #K stand for the sizes, #B for the sequences, #S for the tokens of
// one, #W for the weight's attributes.

const char kSpmm[] = R"(
func.func @step(%x: tensor<#Nx#Kxf32>, %w: tensor<#Rx#Kxf32> {#W}) -> tensor<#Nx#Rxf32> {
  %z = arith.constant 0.0 : f32
  %et = tensor.empty() : tensor<#Kx#Rxf32>
  %wt = linalg.transpose ins(%w : tensor<#Rx#Kxf32>) outs(%et : tensor<#Kx#Rxf32>) permutation = [1, 0]
  %e = tensor.empty() : tensor<#Nx#Rxf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<#Nx#Rxf32>) -> tensor<#Nx#Rxf32>
  %y = linalg.matmul ins(%x, %wt : tensor<#Nx#Kxf32>, tensor<#Kx#Rxf32>) outs(%f : tensor<#Nx#Rxf32>) -> tensor<#Nx#Rxf32>
  return %y : tensor<#Nx#Rxf32>
}
)";

const char kSpmmT[] = R"(
func.func @step(%dy: tensor<#Nx#Rxf32>, %w: tensor<#Rx#Kxf32> {#W}) -> tensor<#Nx#Kxf32> {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<#Nx#Kxf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<#Nx#Kxf32>) -> tensor<#Nx#Kxf32>
  %dx = linalg.matmul ins(%dy, %w : tensor<#Nx#Rxf32>, tensor<#Rx#Kxf32>) outs(%f : tensor<#Nx#Kxf32>) -> tensor<#Nx#Kxf32>
  return %dx : tensor<#Nx#Kxf32>
}
)";

const char kSddmm[] = R"(
func.func @step(%x: tensor<#Nx#Kxf32>, %dy: tensor<#Nx#Rxf32>, %w: tensor<#Rx#Kxf32> {#W})
    -> (tensor<#Rx#Kxf32> {flow.gradient = #flow.gradient<weight = "w", at = "#AT">}) {
  %z = arith.constant 0.0 : f32
  %et = tensor.empty() : tensor<#Rx#Nxf32>
  %dyt = linalg.transpose ins(%dy : tensor<#Nx#Rxf32>) outs(%et : tensor<#Rx#Nxf32>) permutation = [1, 0]
  %e = tensor.empty() : tensor<#Rx#Kxf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<#Rx#Kxf32>) -> tensor<#Rx#Kxf32>
  %dw = linalg.matmul ins(%dyt, %x : tensor<#Rx#Nxf32>, tensor<#Nx#Kxf32>) outs(%f : tensor<#Rx#Kxf32>) -> tensor<#Rx#Kxf32>
  return %dw : tensor<#Rx#Kxf32>
}
)";

const char kMap[] = R"(
#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @step(%a: tensor<#Nx#Kxf32>, %b: tensor<#Nx#Kxf32>) -> tensor<#Nx#Kxf32> {
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<#Nx#Kxf32>
  %y = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a, %b : tensor<#Nx#Kxf32>, tensor<#Nx#Kxf32>) outs(%e : tensor<#Nx#Kxf32>) {
  ^bb0(%x: f32, %u: f32, %out: f32):
    %n = arith.negf %x : f32
    %p = math.exp %n : f32
    %q = arith.addf %p, %one : f32
    %s = arith.divf %one, %q : f32
    %g = arith.mulf %x, %s : f32
    %r = arith.mulf %g, %u : f32
    linalg.yield %r : f32
  } -> tensor<#Nx#Kxf32>
  return %y : tensor<#Nx#Kxf32>
}
)";

const char kReduce[] = R"(
#id = affine_map<(d0, d1) -> (d0, d1)>
#token = affine_map<(d0, d1) -> (d0, 0)>
func.func @step(%a: tensor<#Nx#Kxf32>) -> tensor<#Nx1xf32> {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<#Nx1xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<#Nx1xf32>) -> tensor<#Nx1xf32>
  %s = linalg.generic {indexing_maps = [#id, #token], iterator_types = ["parallel", "reduction"]}
      ins(%a : tensor<#Nx#Kxf32>) outs(%f : tensor<#Nx1xf32>) {
  ^bb0(%x: f32, %out: f32):
    %m = arith.mulf %x, %x : f32
    %r = arith.addf %m, %out : f32
    linalg.yield %r : f32
  } -> tensor<#Nx1xf32>
  return %s : tensor<#Nx1xf32>
}
)";

const char kGather[] = R"(
#ids = affine_map<(d0, d1, d2) -> (d0, d1)>
#three = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
func.func @step(%t: tensor<#Rx#Kxf32> {#W}, %ids: tensor<#Bx#Sxi64>) -> tensor<#Nx#Kxf32> {
  %e = tensor.empty() : tensor<#Bx#Sx#Kxf32>
  %x = linalg.generic {indexing_maps = [#ids, #three], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%ids : tensor<#Bx#Sxi64>) outs(%e : tensor<#Bx#Sx#Kxf32>) {
  ^bb0(%in: i64, %out: f32):
    %i = arith.index_cast %in : i64 to index
    %j = linalg.index 2 : index
    %v = tensor.extract %t[%i, %j] : tensor<#Rx#Kxf32>
    linalg.yield %v : f32
  } -> tensor<#Bx#Sx#Kxf32>
  %y = tensor.collapse_shape %x [[0, 1], [2]] : tensor<#Bx#Sx#Kxf32> into tensor<#Nx#Kxf32>
  return %y : tensor<#Nx#Kxf32>
}
)";

const std::vector<std::pair<std::string, const char *>> &texts() {
  static const std::vector<std::pair<std::string, const char *>> table = {
      {"spmm", kSpmm}, {"spmm-t", kSpmmT},  {"sddmm", kSddmm},
      {"map", kMap},   {"reduce", kReduce}, {"gather", kGather}};
  return table;
}

} // namespace

const std::vector<std::string> &kernelNames() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> result;
    for (const auto &entry : texts())
      result.push_back(entry.first);
    return result;
  }();
  return names;
}

std::string kernelGraph(const KernelRequest &request, int64_t sequences) {
  std::string text;
  for (const auto &[name, graph] : texts())
    if (name == request.operation)
      text = graph;
  auto replace = [&](const std::string &what, const std::string &with) {
    for (size_t at = text.find(what); at != std::string::npos;
         at = text.find(what, at + with.size()))
      text.replace(at, what.size(), with);
  };
  bool sparse = request.density < 1;
  std::string weight = "flow.weight = #flow.weight<name = \"w\"";
  if (sparse)
    weight += ", pruned = true, mask = <\"uniform\", sparsity = " +
              std::to_string(1 - request.density) +
              " : f64, seed = " + std::to_string(request.seed) + ">";
  replace("#W", weight + ">");
  replace("#AT", sparse ? "mask" : "dense");
  replace("#B", std::to_string(sequences));
  replace("#S", std::to_string(request.tokens / sequences));
  replace("#N", std::to_string(request.tokens));
  replace("#R", std::to_string(request.rows));
  replace("#K", std::to_string(request.columns));
  return text;
}

} // namespace waferflow
