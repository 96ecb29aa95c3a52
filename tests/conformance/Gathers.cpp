//===- Gathers.cpp - Random embeddings, and gradients of their tables -----===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/conformance/StepText.h"
#include "tests/conformance/Sums.h"

using namespace mlir;

namespace waferflow::conformance {

namespace {

/// %v = the element of `table` in the row that the token number says.
TextValue writeLookUp(LinalgText &text, const Surroundings &around,
                      const TextValue &table, const TextValue &ids) {
  int64_t features = table.shape[1];
  Sizes whole = {around.batch, around.seq, features};
  std::string all = "(b, s, f) -> (b, s, f)";
  std::string body = "    %i = arith.index_cast %x0 : i64 to index\n"
                     "    %j = linalg.index 2 : index\n"
                     "    %v = tensor.extract " +
                     table.name + "[%i, %j] : " + table.type() + "\n";
  std::string rows =
      text.generic("ppp", {{ids.name, ids.shape, "(b, s, f) -> (b, s)", "i64"}},
                   {{text.empty(whole), whole, all}}, body, {"%v"})[0];
  Sizes flat = {around.tokens(), features};
  return {text.collapse(rows, whole, "[[0, 1], [2]]", flat), flat};
}

/// A product with the one-hot matrix of the token numbers.
TextValue writeGradient(LinalgText &text, const TextValue &ids,
                        const TextValue &grad, int64_t rows) {
  int64_t tokens = grad.shape[0];
  std::string numbers = text.generic(
      "p", {}, {{text.empty({rows}, "i64"), {rows}, "(r) -> (r)", "i64"}},
      "    %i = linalg.index 0 : index\n"
      "    %j = arith.index_cast %i : index to i64\n",
      {"%j"})[0];
  std::string left = text.expand(numbers, {rows}, "[[0, 1]]", {rows, 1}, "i64");
  std::string flat =
      text.collapse(ids.name, ids.shape, "[[0, 1]]", {tokens}, "i64");
  std::string right =
      text.expand(flat, {tokens}, "[[0, 1]]", {1, tokens}, "i64");
  Sizes hot = {rows, tokens}, whole = {rows, grad.shape[1]};
  std::string bits =
      text.generic("pp",
                   {{left, {rows, 1}, "(r, t) -> (r, 0)", "i64"},
                    {right, {1, tokens}, "(r, t) -> (0, t)", "i64"}},
                   {{text.empty(hot), hot, "(r, t) -> (r, t)"}},
                   "    %c = arith.cmpi eq, %x0, %x1 : i64\n"
                   "    %v = arith.uitofp %c : i1 to f32\n",
                   {"%v"})[0];
  std::string zero = text.line("arith.constant 0.0 : f32");
  return {text.line("linalg.matmul ins(" + bits + ", " + grad.name + " : " +
                    tensorType(hot) + ", " + grad.type() + ") outs(" +
                    text.filled(whole, zero) + " : " + tensorType(whole) +
                    ") -> " + tensorType(whole)),
          whole};
}

/// Token numbers below `rows`, with one that comes often.
std::function<int64_t(Random &, size_t)> tokensBelow(int64_t rows) {
  return [rows](Random &random, size_t) {
    return random.chance(25) ? rows / 2 : random.between(0, rows - 1);
  };
}

Case gatherCase(uint64_t seed, bool backward) {
  Random random(seed);
  Surroundings around(random);
  StepText step(around);
  int64_t features = random.between(2, 24), rows = random.between(2, 30);
  int64_t tokens = around.tokens();
  TextValue table = step.weight("t", {rows, features});
  TextValue ids = step.argument({around.batch, around.seq}, "", "i64");
  Case result;
  if (backward) {
    TextValue grad = step.argument({tokens, features});
    step.gradient(step.kernel(
                      "flow.gather", "backward", "backward", {ids, grad},
                      [&](LinalgText &text, const std::vector<TextValue> &in) {
                        return std::vector<TextValue>{
                            writeGradient(text, in[0], in[1], rows)};
                      },
                      "weight = \"t\"")[0],
                  "t");
    result.reference = [=](ModuleOp, HostSide &side,
                           const HostTensors &inputs) -> Result<Expected> {
      const HostTensor &ids = inputs.at("input_ids"), &grad = inputs.at("arg2");
      HostTensor sums = HostTensor::zeros({rows, features}, false);
      HostTensor sizes = sums;
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t f = 0; f < features; ++f) {
          Number sum =
              downColumns(side.tokens(), [&](Number &own, int64_t token) {
                if (ids.integers()[token] == r)
                  own = accumulated(own, grad.floats()[token * features + f]);
              });
          sums.floats()[r * features + f] = sum.value;
          sizes.floats()[r * features + f] = static_cast<float>(sum.size);
        }
      return Expected{{{"t.grad", sums}}, {{"t.grad", sizes}}};
    };
  } else {
    step.result(
        step.kernel("flow.gather", "forward", "forward", {table, ids},
                    [&](LinalgText &text, const std::vector<TextValue> &in) {
                      return std::vector<TextValue>{
                          writeLookUp(text, around, in[0], in[1])};
                    })[0]);
    result.reference = [=](ModuleOp, HostSide &,
                           const HostTensors &inputs) -> Result<Expected> {
      const HostTensor &ids = inputs.at("input_ids"), &table = inputs.at("t");
      HostTensor found = HostTensor::zeros({tokens, features}, false);
      for (int64_t t = 0; t < tokens; ++t)
        for (int64_t f = 0; f < features; ++f)
          found.floats()[t * features + f] =
              table.floats()[ids.integers()[t] * features + f];
      // Nothing is computed: the oracle has the same.
      return Expected{
          {{"result0", found}},
          {{"result0", HostTensor::zeros({tokens, features}, false)}}};
    };
  }
  result.token = tokensBelow(rows);
  result.type = around.type;
  result.machine = around.machine;
  result.text = step.str();
  result.what = std::to_string(rows) + " x " + std::to_string(features) + ", " +
                around.what();
  chooseOrder(result, seed);
  return result;
}

} // namespace

Case gatherCase(uint64_t seed) { return gatherCase(seed, false); }
Case gatherGradientCase(uint64_t seed) { return gatherCase(seed, true); }

} // namespace waferflow::conformance
