//===- Attentions.cpp - Random attention, its gradients, and RoPE ---------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/conformance/AttentionReference.h"
#include "tests/conformance/Number.h"
#include "tests/conformance/StepText.h"

#include "dialects/flow/Flow.h"
#include "dialects/flow/Orders.h"

using namespace mlir;

namespace waferflow::conformance {

namespace {

AttentionCase shapeOf(Random &random, const Surroundings &around) {
  AttentionCase c;
  c.kv = random.between(1, 3);
  c.heads = c.kv * random.between(1, 3);
  c.dim = 2 * random.between(1, 6);
  c.batch = around.batch;
  c.seq = around.seq;
  c.causal = random.chance(70);
  c.width = around.width;
  c.height = around.height;
  c.gt = around.gt;
  c.keyBlock = random.between(1, std::min<int64_t>(c.seq, 6));
  c.type = around.type;
  c.accumulate = around.accumulate;
  return c;
}

std::string whatOf(const AttentionCase &c, const Surroundings &around) {
  return std::to_string(c.heads) + " heads of " + std::to_string(c.dim) + ", " +
         std::to_string(c.kv) + " of keys" + (c.causal ? ", causal" : "") +
         ", blocks of " + std::to_string(c.keyBlock) + ", " + around.what();
}

void setKeyBlock(ModuleOp module, int64_t block) {
  module.walk([&](flow::AttentionOp kernel) {
    auto m = *kernel.getMapping();
    kernel.setMappingAttr(flow::MappingAttr::get(
        module.getContext(), m.getGo(), m.getForm(), m.getBuffers(),
        m.getBroadcast(), block, m.getChunks()));
  });
}

/// The layouts of the attention's first query and key operand.
AttentionPlaces placesOf(ModuleOp placed, HostSide &side,
                         const AttentionCase &c) {
  AttentionPlaces places;
  places.rowsPerSequence = side.tokens().rowsPerSequence;
  flow::AttentionOp kernel;
  placed.walk([&](flow::AttentionOp op) { kernel = op; });
  int64_t columns = side.tokens().groupColumns;
  places.queries = columnLayout(
      *flow::orderOf(placed, *kernel.getInLayout(), kernel), columns);
  // The order of shared heads, where they have one of their own.
  places.keys = places.queries;
  if (c.kv != c.heads)
    for (auto order : placed.getOps<flow::OrderOp>())
      if (static_cast<int64_t>(order.getFeatures()) == c.kv * c.dim)
        places.keys = columnLayout(flow::featureOrder(order), columns);
  return places;
}

void add(Expected &expected, const std::string &name, const Rows &values,
         const std::vector<double> &sizes, int64_t tokens) {
  HostTensor value = HostTensor::zeros(
      {tokens, static_cast<int64_t>(values.size()) / tokens}, false);
  HostTensor size = value;
  value.floats() = values;
  std::copy(sizes.begin(), sizes.end(), size.floats().begin());
  expected.values[name] = std::move(value);
  expected.sizes[name] = std::move(size);
}

Case anyAttention(uint64_t seed, bool backward) {
  Random random(seed);
  Surroundings around(random, /*leastSeq=*/2);
  AttentionCase c = shapeOf(random, around);
  Case result;
  result.type = around.type;
  result.machine = around.machine;
  result.text = attentionStep(c, backward);
  result.what = whatOf(c, around);
  result.remap = [=](ModuleOp module) { setKeyBlock(module, c.keyBlock); };
  result.reference = [=](ModuleOp placed, HostSide &side,
                         const HostTensors &inputs) -> Result<Expected> {
    std::map<std::string, Rows> rows;
    std::vector<std::string> names = {"k", "q", "v"};
    if (backward)
      names.push_back("g");
    for (size_t i = 0; i < names.size(); ++i)
      rows[names[i]] = inputs.at("arg" + std::to_string(i)).floats();
    auto values =
        attentionOnCores(c, placesOf(placed, side, c), backward, rows);
    rows.try_emplace("g", rows["q"].size(), 0.0f);
    auto exact = attentionByDefinition(c, rows);
    Expected expected;
    std::vector<std::string> results = {"o"};
    if (backward)
      results = {"dq", "dv", "dk"};
    for (size_t i = 0; i < results.size(); ++i)
      add(expected, "result" + std::to_string(i), values[results[i]],
          exact[results[i] + ".size"], c.tokens());
    return expected;
  };
  chooseOrder(result, seed, /*anyOrder=*/false); // pairs stay together
  return result;
}

//===----------------------------------------------------------------------===//
// RoPE
//===----------------------------------------------------------------------===//

/// cos and sin, [seq, dim]: any numbers.
struct Angles {
  std::vector<float> cos, sin;
};

/// Forward x cos + rotated(x) sin with rotated(x) = -second half, first half;
/// its gradient is x cos + turned(x sin), turned(x) = second half, -first half.
TextValue writeRope(LinalgText &text, const TextValue &x,
                    const AttentionCase &c, const Angles &angles,
                    bool backward) {
  int64_t b = c.batch, s = c.seq, d = c.dim, heads = x.shape[1] / d;
  Sizes whole = {b, s, heads, d}, half = {b, s, heads, d / 2};
  std::string id = "(b, s, h, d) -> (b, s, h, d)";
  std::string place = "(b, s, h, d) -> (0, s, 0, d)";
  auto table = [&](const std::vector<float> &values) {
    std::string numbers;
    for (size_t i = 0; i < values.size(); ++i)
      numbers += (i % d ? ", " : i ? "]], [[" : "") + numberText(values[i]);
    return text.line("arith.constant dense<[[[[" + numbers +
                     "]]]]> : " + tensorType({1, s, 1, d}));
  };
  auto each = [&](const std::vector<LinalgText::Operand> &ins,
                  const std::string &op, const Sizes &shape) {
    return text.generic("pppp", ins, {{text.empty(shape), shape, id}},
                        "    %v = " + op + " : f32\n", {"%v"})[0];
  };
  auto times = [&](const std::string &value, const std::vector<float> &by) {
    return each({{value, whole, id}, {table(by), {1, s, 1, d}, place}},
                "arith.mulf %x0, %x1", whole);
  };
  std::string type = tensorType(whole), part = tensorType(half);
  auto slice = [&](const std::string &value, int64_t from) {
    auto n = [](int64_t i) { return std::to_string(i); };
    return text.line("tensor.extract_slice " + value + "[0, 0, 0, " + n(from) +
                     "] [" + n(b) + ", " + n(s) + ", " + n(heads) + ", " +
                     n(d / 2) + "] [1, 1, 1, 1] : " + type + " to " + part);
  };
  auto turned = [&](const std::string &value) {
    std::string first = slice(value, 0), second = slice(value, d / 2);
    std::string &negated = backward ? first : second;
    negated = each({{negated, half, id}}, "arith.negf %x0", half);
    return text.line("tensor.concat dim(3) " + second + ", " + first + " : (" +
                     part + ", " + part + ") -> " + type);
  };
  std::string apart = text.expand(x.name, x.shape, "[[0, 1], [2, 3]]", whole);
  std::string straight = times(apart, angles.cos);
  std::string across = backward ? turned(times(apart, angles.sin))
                                : times(turned(apart), angles.sin);
  std::string sum = each({{straight, whole, id}, {across, whole, id}},
                         "arith.addf %x0, %x1", whole);
  return {text.collapse(sum, whole, "[[0, 1], [2, 3]]", x.shape), x.shape};
}

/// The same, stored in `type`; `sizes` are those of x, and become the result's.
Rows rope(const AttentionCase &c, const Angles &angles, bool backward,
          const Rows &x, std::vector<double> &sizes) {
  int64_t d = c.dim, width = static_cast<int64_t>(x.size()) / c.tokens();
  Rows result(x.size());
  std::vector<double> given = sizes;
  for (size_t i = 0; i < x.size(); ++i) {
    int64_t dim = static_cast<int64_t>(i) % width % d;
    int64_t place = static_cast<int64_t>(i) / width % c.seq;
    bool first = dim < d / 2;
    size_t j = first ? i + d / 2 : i - d / 2;
    int64_t other = first ? dim + d / 2 : dim - d / 2;
    Number own(x[i], given[i]), pair(x[j], given[j]);
    auto angle = [&](const std::vector<float> &of, int64_t at) -> Number {
      return rounded(c.type, of[place * d + at]);
    };
    Number across;
    if (backward) {
      across = pair * angle(angles.sin, other);
      across = first ? across : -across;
    } else {
      across = (first ? -pair : pair) * angle(angles.sin, dim);
    }
    Number sum = stored(c.type, own * angle(angles.cos, dim) + across);
    result[i] = sum.value;
    sizes[i] = sum.size;
  }
  return result;
}

/// Forward: queries and keys are turned, and then attended. Backward: what
/// attention gives is turned back.
Case anyRope(uint64_t seed) {
  Random random(seed);
  Surroundings around(random, /*leastSeq=*/2);
  AttentionCase c = shapeOf(random, around);
  bool backward = random.chance(50);
  Angles angles;
  for (int64_t i = 0; i < c.seq * c.dim; ++i) {
    angles.cos.push_back(random.real());
    angles.sin.push_back(random.real());
    if (around.type != "f32") { // so that the oracle has the same table
      angles.cos.back() = rounded(around.type, angles.cos.back());
      angles.sin.back() = rounded(around.type, angles.sin.back());
    }
  }
  StepText step(around);
  int64_t tokens = c.tokens();
  Sizes wide = {tokens, c.heads * c.dim}, narrow = {tokens, c.kv * c.dim};
  std::vector<TextValue> inputs = {step.argument(narrow), step.argument(wide),
                                   step.argument(narrow)};
  if (backward)
    inputs.push_back(step.argument(wide));
  const char *phase = backward ? "backward" : "forward";
  auto turn = [&](const TextValue &value) {
    return step.kernel("flow.map", "", phase, {value},
                       [&](LinalgText &text, const std::vector<TextValue> &in) {
                         return std::vector<TextValue>{
                             writeRope(text, in[0], c, angles, backward)};
                       })[0];
  };
  if (!backward)
    for (TextValue *value : {&inputs[0], &inputs[1]}) {
      *value = turn(*value);
      step.result(*value);
    }
  auto n = [](int64_t number) { return std::to_string(number); };
  auto attended = step.kernel(
      "flow.attention",
      std::string(phase) + (c.causal ? " causal" : "") + " heads " +
          n(c.heads) + " kv " + n(c.kv) + " dim " + n(c.dim) + " batch " +
          n(c.batch) + " seq " + n(c.seq),
      phase, inputs,
      [&](LinalgText &text, const std::vector<TextValue> &) {
        BodyText body = attentionBody(c, backward);
        text.ops = body.ops;
        std::vector<TextValue> results;
        for (size_t i = 0; i < body.results.size(); ++i)
          results.push_back({body.results[i], i == 0 ? wide : narrow});
        return results;
      },
      "", {"%k", "%q", "%v", "%g"});
  if (backward) // dq, dv, dk
    for (size_t i : {0, 2})
      step.result(turn(attended[i]));
  step.result(backward ? attended[1] : attended[0]);

  Case result;
  result.type = around.type;
  result.machine = around.machine;
  result.text = step.str();
  result.what = (backward ? "backward, " : "") + whatOf(c, around);
  result.remap = [=](ModuleOp module) { setKeyBlock(module, c.keyBlock); };
  result.reference = [=](ModuleOp placed, HostSide &side,
                         const HostTensors &inputs) -> Result<Expected> {
    std::map<std::string, Rows> rows = {{"k", inputs.at("arg0").floats()},
                                        {"q", inputs.at("arg1").floats()},
                                        {"v", inputs.at("arg2").floats()}};
    Expected expected;
    if (backward)
      rows["g"] = inputs.at("arg3").floats();
    else
      for (auto [name, to] : {std::pair("k", "result0"), {"q", "result1"}}) {
        std::vector<double> sizes(rows[name].size());
        rows[name] = rope(c, angles, false, rows[name], sizes);
        add(expected, to, rows[name], sizes, tokens);
      }
    auto values =
        attentionOnCores(c, placesOf(placed, side, c), backward, rows);
    rows.try_emplace("g", rows["q"].size(), 0.0f);
    auto exact = attentionByDefinition(c, rows);
    if (!backward) {
      add(expected, "result2", values["o"], exact["o.size"], tokens);
      return expected;
    }
    for (auto [name, to] : {std::pair("dq", "result0"), {"dk", "result1"}}) {
      std::vector<double> sizes = exact[std::string(name) + ".size"];
      Rows turned = rope(c, angles, true, values[name], sizes);
      add(expected, to, turned, sizes, tokens);
    }
    add(expected, "result2", values["dv"], exact["dv.size"], tokens);
    return expected;
  };
  chooseOrder(result, seed, /*anyOrder=*/false);
  return result;
}

} // namespace

Case attentionCase(uint64_t seed) { return anyAttention(seed, false); }
Case attentionGradientCase(uint64_t seed) { return anyAttention(seed, true); }
Case ropeCase(uint64_t seed) { return anyRope(seed); }

} // namespace waferflow::conformance
