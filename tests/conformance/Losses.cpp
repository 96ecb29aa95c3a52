//===- Losses.cpp - Random cross-entropies and their gradients ------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The kernels of a training step's loss, one by one: the largest logit, logits
// without it, the sum of their exponentials, the next token's label and whether
// it counts, its log-probability, how many count, the mean, and the gradient of
// the logits.
//
//===----------------------------------------------------------------------===//
#include "tests/conformance/StepText.h"
#include "tests/conformance/Sums.h"

#include "dialects/flow/Flow.h"

using namespace mlir;

namespace waferflow::conformance {

namespace {

constexpr int64_t kIgnored = -100;

const char kWhole[] = "(t, f) -> (t, f)", kRow[] = "(t, f) -> (t, 0)",
           kNone[] = "(t, f) -> ()";

class Writer {
public:
  Writer(const Surroundings &around, int64_t words)
      : step(around, /*head=*/true), around(around), words(words),
        tokens(around.tokens()) {}

  std::string write() {
    TextValue logits = step.argument({tokens, words});
    TextValue labels = step.argument({around.batch, around.seq}, "", "i64");
    TextValue most = reduce("x", "forward", {logits}, [&](auto &t, auto &in) {
      return overWords(t, in[0], "arith.maximumf", "0xFF800000");
    });
    TextValue shifted = map("forward", {logits, most}, [&](auto &t, auto &in) {
      return each(t, {{in[0], kWhole}, {in[1], kRow}}, {tokens, words},
                  "    %v = arith.subf %x0, %x1 : f32\n");
    });
    TextValue sum = reduce("x", "forward", {shifted}, [&](auto &t, auto &in) {
      TextValue e = each(t, {{in[0], kWhole}}, {tokens, words},
                         "    %v = math.exp %x0 : f32\n");
      return overWords(t, e, "arith.addf", "0.0");
    });
    std::vector<TextValue> next =
        step.kernel("flow.map", "", "forward", {labels},
                    [&](LinalgText &t, const std::vector<TextValue> &in) {
                      return nextLabels(t, in[0]);
                    });
    TextValue picked = reduce("x", "forward", {next[0], shifted, sum, next[1]},
                              [&](auto &t, auto &in) { return pick(t, in); });
    TextValue count = reduce("y", "forward", {next[1]}, [&](auto &t, auto &in) {
      return overTokens(t, {in[0]}, "i64", "0",
                        "    %u = arith.extui %x0 : i1 to i64\n"
                        "    %r = arith.addi %u, %out0 : i64\n");
    });
    TextValue total =
        reduce("y", "forward", {next[1], picked}, [&](auto &t, auto &in) {
          return overTokens(t, in, "f32", "0.0",
                            "    %n = arith.negf %x1 : f32\n"
                            "    %z = arith.constant 0.0 : f32\n"
                            "    %s = arith.select %x0, %n, %z : f32\n"
                            "    %r = arith.addf %s, %out0 : f32\n");
        });
    TextValue loss = map("forward", {count, total}, [&](auto &t, auto &in) {
      return each(t, {{in[0], "() -> ()"}, {in[1], "() -> ()"}}, {},
                  "    %n = arith.sitofp %x0 : i64 to f32\n"
                  "    %v = arith.divf %x1, %n : f32\n");
    });
    TextValue hot =
        map("backward", {next[0], next[1], count}, [&](auto &t, auto &in) {
          return each(t, {{in[0], kRow}, {in[1], kRow}, {in[2], kNone}},
                      {tokens, words},
                      "    %i = linalg.index 1 : index\n"
                      "    %j = arith.index_cast %i : index to i64\n"
                      "    %same = arith.cmpi eq, %j, %x0 : i64\n"
                      "    %here = arith.andi %same, %x1 : i1\n"
                      "    %n = arith.sitofp %x2 : i64 to f32\n"
                      "    %one = arith.constant 1.0 : f32\n"
                      "    %share = arith.divf %one, %n : f32\n"
                      "    %g = arith.negf %share : f32\n"
                      "    %z = arith.constant 0.0 : f32\n"
                      "    %v = arith.select %here, %g, %z : f32\n");
        });
    TextValue ofRow = reduce("x", "backward", {hot}, [&](auto &t, auto &in) {
      return overWords(t, in[0], "arith.addf", "0.0");
    });
    TextValue gradient = map(
        "backward", {logits, most, sum, hot, ofRow}, [&](auto &t, auto &in) {
          return each(t,
                      {{in[0], kWhole},
                       {in[1], kRow},
                       {in[2], kRow},
                       {in[3], kWhole},
                       {in[4], kRow}},
                      {tokens, words},
                      "    %a = arith.subf %x0, %x1 : f32\n"
                      "    %l = math.log %x2 : f32\n"
                      "    %b = arith.subf %a, %l : f32\n"
                      "    %p = math.exp %b : f32\n"
                      "    %m = arith.mulf %p, %x4 : f32\n"
                      "    %v = arith.subf %x3, %m : f32\n");
        });
    for (const TextValue &value :
         {most, shifted, sum, picked, loss, hot, gradient})
      step.result(value);
    return step.str();
  }

private:
  using In = std::vector<TextValue>;
  using Operands = std::vector<std::pair<TextValue, const char *>>;

  template <typename Write>
  TextValue one(const std::string &op, const std::string &after,
                const char *phase, const In &inputs, Write write) {
    return step.kernel(
        op, after, phase, inputs,
        [&](LinalgText &t, const In &in) { return In{write(t, in)}; })[0];
  }
  template <typename Write>
  TextValue map(const char *phase, const In &inputs, Write write) {
    return one("flow.map", "", phase, inputs, write);
  }
  template <typename Write>
  TextValue reduce(const char *axis, const char *phase, const In &inputs,
                   Write write) {
    return one("flow.reduce", std::string("axis ") + axis, phase, inputs,
               write);
  }

  static std::vector<LinalgText::Operand> operands(const Operands &from) {
    std::vector<LinalgText::Operand> result;
    for (const auto &[value, map] : from)
      result.push_back({value.name, value.shape, map, value.element});
    return result;
  }
  /// %v for each place of `shape`.
  static TextValue each(LinalgText &t, const Operands &ins, const Sizes &shape,
                        const std::string &body,
                        const std::string &element = "f32") {
    const char *map = shape.empty() ? "() -> ()" : kWhole;
    return {t.generic(shape.empty() ? "" : "pp", operands(ins),
                      {{t.empty(shape, element), shape, map, element}}, body,
                      {"%v"})[0],
            shape, element};
  }
  TextValue overWords(LinalgText &t, const TextValue &x, const std::string &op,
                      const std::string &from) {
    Sizes shape = {tokens, 1};
    std::string start = t.line("arith.constant " + from + " : f32");
    return {t.generic("pr", {{x.name, x.shape, kWhole}},
                      {{t.filled(shape, start), shape, kRow}},
                      "    %r = " + op + " %x0, %out0 : f32\n", {"%r"})[0],
            shape};
  }
  TextValue overTokens(LinalgText &t, const In &in, const std::string &element,
                       const std::string &from, const std::string &body) {
    std::vector<LinalgText::Operand> ins;
    for (const TextValue &value : in)
      ins.push_back({t.collapse(value.name, value.shape, "[[0, 1]]", {tokens},
                                value.element),
                     {tokens},
                     "(t) -> (t)",
                     value.element});
    std::string start = t.line("arith.constant " + from + " : " + element);
    return {
        t.generic("r", ins,
                  {{t.filled({}, start, element), {}, "(t) -> ()", element}},
                  body, {"%r"})[0],
        {},
        element};
  }
  /// The label of the next token, and whether there is one.
  In nextLabels(LinalgText &t, const TextValue &labels) {
    int64_t b = around.batch, s = around.seq;
    std::string none =
        t.line("arith.constant " + std::to_string(kIgnored) + " : i64");
    std::string longer = tensorType({b, s + 1}, "i64");
    std::string padded =
        t.line("tensor.pad " + labels.name +
               " low[0, 0] high[0, 1] {\n  ^bb0(%i: index, %j: index):\n    "
               "tensor.yield " +
               none + " : i64\n  } : " + labels.type() + " to " + longer);
    std::string cut = t.line("tensor.extract_slice " + padded + "[0, 1] [" +
                             std::to_string(b) + ", " + std::to_string(s) +
                             "] [1, 1] : " + longer + " to " + labels.type());
    std::string flat = t.collapse(cut, {b, s}, "[[0, 1]]", {tokens}, "i64");
    Sizes shape = {tokens, 1};
    TextValue label = {t.expand(flat, {tokens}, "[[0, 1]]", shape, "i64"),
                       shape, "i64"};
    return {label, each(t, {{label, kWhole}}, shape,
                        "    %none = arith.constant -100 : i64\n"
                        "    %v = arith.cmpi ne, %x0, %none : i64\n",
                        "i1")};
  }
  /// Of label, logits, sum and whether the label counts.
  TextValue pick(LinalgText &t, const In &in) {
    Sizes shape = {tokens, 1};
    TextValue log =
        each(t, {{in[2], kWhole}}, shape, "    %v = math.log %x0 : f32\n");
    TextValue all = each(t, {{in[1], kWhole}, {log, kRow}}, {tokens, words},
                         "    %v = arith.subf %x0, %x1 : f32\n");
    TextValue safe = each(t, {{in[3], kWhole}, {in[0], kWhole}}, shape,
                          "    %z = arith.constant 0 : i64\n"
                          "    %v = arith.select %x0, %x1, %z : i64\n",
                          "i64");
    return each(t, {{safe, kWhole}}, shape,
                "    %i = linalg.index 0 : index\n"
                "    %j = arith.index_cast %x0 : i64 to index\n"
                "    %v = tensor.extract " +
                    all.name + "[%i, %j] : " + all.type() + "\n");
  }

  StepText step;
  const Surroundings &around;
  int64_t words, tokens;
};

} // namespace

Case lossCase(uint64_t seed) {
  Random random(seed);
  Surroundings around(random, /*leastSeq=*/2);
  int64_t words = random.between(2, 24), tokens = around.tokens();
  Case result;
  result.type = around.type;
  result.machine = around.machine;
  result.text = Writer(around, words).write();
  result.what = std::to_string(words) + " words, " + around.what();
  // One label always counts: a mean of none is none.
  result.token = [words](Random &random, size_t index) {
    return index != 1 && random.chance(15) ? kIgnored
                                           : random.between(0, words - 1);
  };
  int64_t seq = around.seq;
  result.reference = [=](ModuleOp placed, HostSide &side,
                         const HostTensors &inputs) -> Result<Expected> {
    const HostTensor &x = inputs.at("arg0"), &labels = inputs.at("input_ids");
    const std::string &type = around.type;
    flow::ReduceOp first;
    placed.walk([&](flow::ReduceOp op) { first = first ? first : op; });
    ColumnLayout columns = columnsOf(placed, first, side.tokens());
    Expected expected;
    auto set = [&](const char *name, Sizes shape, int64_t i, Number number) {
      for (auto [tensors, value] :
           {std::pair(&expected.values, number.value),
            std::pair(&expected.sizes, static_cast<float>(number.size))})
        tensors->try_emplace(name, HostTensor::zeros(shape, false))
            .first->second.floats()[i] = value;
    };
    auto labelOf = [&](int64_t t) {
      return t % seq + 1 < seq ? labels.integers()[t + 1] : kIgnored;
    };
    int64_t count = 0;
    for (int64_t t = 0; t < tokens; ++t)
      count += labelOf(t) != kIgnored;
    Number share = -reciprocal(static_cast<float>(count));
    std::vector<Number> picked;
    for (int64_t t = 0; t < tokens; ++t) {
      auto logit = [&](int64_t f) -> Number {
        return x.floats()[t * words + f];
      };
      Number most =
          overFeatures(columns, Combine::Max, [&](Number &sum, int64_t f) {
            sum = max(sum, logit(f));
          });
      auto shifted = [&](int64_t f) { return stored(type, logit(f) - most); };
      Number sum =
          overFeatures(columns, Combine::Add, [&](Number &sum, int64_t f) {
            sum = accumulated(sum, exp(shifted(f)));
          });
      bool kept = labelOf(t) != kIgnored;
      // All other words' terms are 0.
      picked.push_back(
          accumulated(Number(0), shifted(kept ? labelOf(t) : 0) - log(sum)));
      auto hot = [&](int64_t f) {
        return kept && labelOf(t) == f ? stored(type, share) : Number(0);
      };
      Number ofRow =
          overFeatures(columns, Combine::Add, [&](Number &sum, int64_t f) {
            sum = accumulated(sum, hot(f));
          });
      set("result0", {tokens, 1}, t, most);
      set("result2", {tokens, 1}, t, sum);
      set("result3", {tokens, 1}, t, picked[t]);
      for (int64_t f = 0; f < words; ++f) {
        Number p = exp((logit(f) - most) - log(sum));
        set("result1", {tokens, words}, t * words + f, shifted(f));
        set("result5", {tokens, words}, t * words + f, hot(f));
        set("result6", {tokens, words}, t * words + f,
            stored(type, hot(f) - p * ofRow));
      }
    }
    Number total =
        overTokens(side.tokens(), Combine::Add, [&](Number &sum, int64_t t) {
          sum =
              accumulated(sum, labelOf(t) != kIgnored ? -picked[t] : Number(0));
        });
    set("loss", {}, 0, total / Number(static_cast<float>(count)));
    return expected;
  };
  chooseOrder(result, seed, /*anyOrder=*/false); // no tables of a vocabulary
  return result;
}

} // namespace waferflow::conformance
