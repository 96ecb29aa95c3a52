//===- Reductions.cpp - Random sums and maxima ----------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/conformance/Expression.h"
#include "tests/conformance/Sums.h"

#include "dialects/flow/Flow.h"

using namespace mlir;

namespace waferflow::conformance {

namespace {

using Kind = Operand::Kind;

Operand operandOf(Kind kind, double most = 1, bool exact = true) {
  Operand operand;
  operand.kind = kind;
  operand.most = most;
  operand.exact = exact;
  return operand;
}

/// A value that is combined: `term` of operands `from` of the kernel.
struct Reduction {
  Combine combine = Combine::Add;
  Expression term;
  std::vector<int> from;

  /// Adds the term of one place to `sum`: products are not rounded by
  /// themselves, where the machine has an instruction for that.
  void take(Number &sum, const std::function<Number(int)> &operand,
            int64_t feature, bool overTokens) const {
    auto values = term.values([&](int i) { return operand(from[i]); }, feature);
    Number value = values[term.last()], a, b;
    if (combine != Combine::Add)
      sum = combined(combine, sum, value);
    else if (term.factors(term.last(), values, a, b) &&
             (!overTokens || term.factorsOfToken(term.last())))
      sum = accumulated(sum, a, b);
    else
      sum = accumulated(sum, value);
  }
};

Combine anyCombine(Random &random, bool least) {
  return random.chance(60)            ? Combine::Add
         : least && random.chance(40) ? Combine::Min
                                      : Combine::Max;
}

/// "pr" sums up features into [tokens, 1], "rp" tokens into [features], "rr"
/// both.
TextValue writeReduction(LinalgText &text, const std::string &loops,
                         const Reduction &reduction,
                         const std::vector<Operand> &operands,
                         const std::vector<TextValue> &inputs,
                         const Sizes &shape) {
  std::vector<Operand> used;
  std::vector<TextValue> values;
  for (int i : reduction.from) {
    used.push_back(operands[i]);
    values.push_back(inputs[i]);
  }
  Combine combine = reduction.combine;
  std::string start = text.line(
      "arith.constant " + numberText(identityOf(combine).value) + " : f32");
  std::string op = combine == Combine::Add   ? "arith.addf"
                   : combine == Combine::Max ? "arith.maximumf"
                                             : "arith.minimumf";
  std::string map = loops == "pr" ? "t, 0" : loops == "rp" ? "f" : "";
  const Expression &term = reduction.term;
  std::string name = text.generic(
      loops, genericOperands(used, values),
      {{text.filled(shape, start), shape, "(t, f) -> (" + map + ")"}},
      term.text(1, {term.last()}) + "    %r = " + op + " " +
          term.name(term.last()) + ", %out0 : f32\n",
      {"%r"})[0];
  return {name, shape};
}

/// Element-wise work on rows.
TextValue writeRows(LinalgText &text, const Expression &expression,
                    const std::vector<TextValue> &rows) {
  std::string id = "(t, f) -> (t, f)";
  std::vector<LinalgText::Operand> ins;
  for (const TextValue &row : rows)
    ins.push_back({row.name, row.shape, id});
  const Sizes &shape = rows[0].shape;
  return {text.generic("pp", ins, {{text.empty(shape), shape, id}},
                       expression.text(1, {expression.last()}),
                       {expression.name(expression.last())})[0],
          shape};
}

/// What all random reductions have: activations, maybe a vector of weights.
struct Given {
  StepText step;
  std::vector<Operand> operands;
  std::vector<TextValue> inputs;
  std::vector<std::string> names;
  int64_t features, tokens;

  Given(Random &random, const Surroundings &around, bool vector)
      : step(around), features(random.between(2, 24)), tokens(around.tokens()) {
    int64_t activations = random.between(1, 2);
    for (int64_t i = 0; i < activations; ++i) {
      operands.push_back(operandOf(Kind::Activation));
      inputs.push_back(step.argument({tokens, features}));
      names.push_back("arg" + std::to_string(i));
    }
    if (vector) {
      operands.push_back(operandOf(Kind::Vector));
      inputs.push_back(step.weight("w", {features}));
      names.push_back("w");
    }
  }

  /// The places of a term in operands: all, or but one activation.
  std::vector<int> some(Random &random) const {
    std::vector<int> from;
    for (int i = 0; i < static_cast<int>(operands.size()); ++i)
      if (i == 0 || random.chance(70))
        from.push_back(i);
    return from;
  }
};

std::vector<Operand> pick(const std::vector<Operand> &operands,
                          const std::vector<int> &from) {
  std::vector<Operand> result;
  for (int i : from)
    result.push_back(operands[i]);
  return result;
}

/// Values of the step as the host gave them, at a token and feature.
Number given(const HostTensors &inputs, const std::string &name, Kind kind,
             int64_t token, int64_t feature) {
  const HostTensor &tensor = inputs.at(name);
  return tensor
      .floats()[kind == Kind::Vector ? feature
                                     : token * tensor.shape.back() + feature];
}

void set(Expected &expected, const std::string &name, Sizes shape, size_t i,
         Number value) {
  for (auto [tensors, number] :
       {std::pair(&expected.values, value.value),
        std::pair(&expected.sizes, static_cast<float>(value.size))})
    tensors->try_emplace(name, HostTensor::zeros(shape, false))
        .first->second.floats()[i] = number;
}

Case finished(const Surroundings &around, const Given &all, uint64_t seed) {
  Case result;
  result.type = around.type;
  result.machine = around.machine;
  result.text = all.step.str();
  result.what = std::to_string(all.features) + " features, " + around.what();
  chooseOrder(result, seed);
  return result;
}

ColumnLayout reduceColumns(ModuleOp placed, const TokenLayout &tokens) {
  flow::ReduceOp first;
  placed.walk([&](flow::ReduceOp op) {
    if (!first && op.getInLayout())
      first = op;
  });
  return columnsOf(placed, first, tokens);
}

} // namespace

/// Reductions of features, the second of what the first one gave, with
/// element-wise work behind them; and a map that reads the rows.
Case reduceCase(uint64_t seed) {
  Random random(seed);
  Surroundings around(random);
  Given all(random, around, random.chance(30));
  int64_t features = all.features, tokens = all.tokens;
  int64_t count = random.between(1, 2);
  std::vector<Reduction> reductions;
  std::vector<Expression> behind; // of the reduction and the rows before it
  std::vector<Operand> operands = all.operands;
  std::vector<Operand> rows;
  for (int64_t i = 0; i < count; ++i) {
    Reduction reduction;
    reduction.combine = anyCombine(random, /*least=*/true);
    reduction.from = all.some(random);
    for (size_t row = 0; row < rows.size(); ++row)
      reduction.from.push_back(static_cast<int>(all.operands.size() + row));
    reduction.term = Expression::random(random, pick(operands, reduction.from),
                                        random.between(0, 4), 20);
    double most = reduction.term.most();
    if (reduction.combine == Combine::Add)
      most *= static_cast<double>(features);
    std::vector<Operand> known = {operandOf(Kind::Row, most, false)};
    known.insert(known.end(), rows.begin(), rows.end());
    behind.push_back(
        Expression::random(random, known, random.between(0, 3), 500));
    reductions.push_back(std::move(reduction));
    rows.push_back(operandOf(Kind::Row, behind.back().most(), false));
    operands.push_back(rows.back());
  }
  bool both = count == 2 && random.chance(50); // rows leave the kernel
  auto made = all.step.kernel(
      "flow.reduce", "axis x", "forward", all.inputs,
      [&](LinalgText &text, const std::vector<TextValue> &in) {
        std::vector<TextValue> values = in, results;
        for (int64_t i = 0; i < count; ++i) {
          std::vector<TextValue> read = {writeReduction(
              text, "pr", reductions[i], operands, values, {tokens, 1})};
          read.insert(read.end(), results.begin(), results.end());
          results.push_back(writeRows(text, behind[i], read));
          values.push_back(results.back());
        }
        if (!both)
          results.erase(results.begin(), results.end() - 1);
        return results;
      });
  // The rows that are left, and an activation.
  std::vector<Operand> read = {all.operands[0]};
  std::vector<TextValue> inputs = {all.inputs[0]};
  for (size_t i = 0; i < made.size(); ++i) {
    all.step.result(made[i]);
    read.push_back(rows[rows.size() - made.size() + i]);
    inputs.push_back(made[i]);
  }
  Expression map = Expression::random(random, read, random.between(1, 4));
  all.step.result(
      all.step.kernel("flow.map", "", "forward", inputs,
                      [&](LinalgText &text, const std::vector<TextValue> &in) {
                        return writeMap(text, around, read, in, {}, features,
                                        map, {map.last()});
                      })[0]);

  Case result = finished(around, all, seed);
  int64_t left = static_cast<int64_t>(made.size());
  auto names = all.names;
  auto kinds = all.operands;
  result.reference = [=](ModuleOp placed, HostSide &side,
                         const HostTensors &inputs) -> Result<Expected> {
    ColumnLayout columns = reduceColumns(placed, side.tokens());
    Expected expected;
    for (int64_t t = 0; t < tokens; ++t) {
      std::vector<Number> rows;
      for (int64_t i = 0; i < count; ++i) {
        Number sum = overFeatures(
            columns, reductions[i].combine, [&](Number &sum, int64_t f) {
              reductions[i].take(
                  sum,
                  [&](int k) -> Number {
                    size_t own = kinds.size();
                    if (static_cast<size_t>(k) >= own)
                      return rows[k - own];
                    return given(inputs, names[k], kinds[k].kind, t, f);
                  },
                  f, false);
            });
        auto values = behind[i].values(
            [&](int k) { return k == 0 ? sum : rows[k - 1]; }, 0);
        rows.push_back(values.back());
      }
      for (int64_t i = 0; i < left; ++i)
        set(expected, "result" + std::to_string(i), {tokens, 1}, t,
            rows[count - left + i]);
      for (int64_t f = 0; f < features; ++f) {
        auto values = map.values(
            [&](int k) -> Number {
              return k == 0 ? given(inputs, "arg0", Kind::Activation, t, f)
                            : rows[count - left + k - 1];
            },
            f);
        set(expected, "result" + std::to_string(left), {tokens, features},
            t * features + f, stored(around.type, values.back()));
      }
    }
    return expected;
  };
  return result;
}

/// The gradient of a vector of weights: a sum over tokens for each feature, of
/// a term that reads a sum of features; a scalar of all tokens and features,
/// one of all tokens' rows, and a map that reads the latter. The host calls the
/// first scalar the loss.
Case reduceTokensCase(uint64_t seed) {
  Random random(seed);
  Surroundings around(random, /*leastSeq=*/2);
  Given all(random, around, /*vector=*/true);
  int64_t features = all.features, tokens = all.tokens;

  Reduction rows;
  rows.combine = Combine::Add;
  rows.from = {0, 0};
  rows.term = Expression::random(random, pick(all.operands, rows.from),
                                 random.between(0, 2), 20);
  auto made =
      all.step.kernel("flow.reduce", "axis x", "forward", all.inputs,
                      [&](LinalgText &text, const std::vector<TextValue> &in) {
                        return std::vector<TextValue>{writeReduction(
                            text, "pr", rows, all.operands, in, {tokens, 1})};
                      });
  std::vector<Operand> operands = all.operands;
  operands.push_back(operandOf(
      Kind::Row, rows.term.most() * static_cast<double>(features), false));
  std::vector<TextValue> values = all.inputs;
  values.push_back(made[0]);

  auto reduction = [&](Combine combine) {
    Reduction one;
    one.combine = combine;
    one.from = all.some(random);
    if (random.chance(50))
      one.from.push_back(static_cast<int>(operands.size()) - 1);
    one.term = Expression::random(random, pick(operands, one.from),
                                  random.between(0, 3), 20);
    return one;
  };
  auto write = [&](const Reduction &one, const char *axis, const char *loops,
                   const Sizes &shape) {
    return all.step.kernel(
        "flow.reduce", std::string("axis ") + axis, "backward", values,
        [&](LinalgText &text, const std::vector<TextValue> &in) {
          return std::vector<TextValue>{
              writeReduction(text, loops, one, operands, in, shape)};
        })[0];
  };
  Reduction gradient = reduction(Combine::Add);
  Reduction everything = reduction(anyCombine(random, /*least=*/false));
  Combine ofRows = anyCombine(random, /*least=*/false);
  all.step.gradient(write(gradient, "y", "rp", {features}), "w");
  TextValue total = write(everything, "xy", "rr", {});
  TextValue sum = all.step.kernel(
      "flow.reduce", "axis y", "backward", {made[0]},
      [&](LinalgText &text, const std::vector<TextValue> &in) {
        std::string start =
            text.line("arith.constant " + numberText(identityOf(ofRows).value) +
                      " : f32");
        std::string name =
            text.generic("rr", {{in[0].name, in[0].shape, "(t, f) -> (t, f)"}},
                         {{text.filled({}, start), {}, "(t, f) -> ()"}},
                         std::string("    %r = arith.") +
                             (ofRows == Combine::Add ? "addf" : "maximumf") +
                             " %x0, %out0 : f32\n",
                         {"%r"})[0];
        return std::vector<TextValue>{{name, {}}};
      })[0];
  all.step.result(total);
  all.step.result(sum);
  all.step.result(made[0]);
  // Scalars are large: nothing but a quotient of them.
  Expression map = Expression::random(
      random, {all.operands[0], operandOf(Kind::Scalar, 1e4, false)},
      random.between(1, 3));
  std::vector<Operand> read = {operandOf(Kind::Activation),
                               operandOf(Kind::Scalar)};
  all.step.result(
      all.step.kernel("flow.map", "", "backward", {all.inputs[0], sum},
                      [&](LinalgText &text, const std::vector<TextValue> &in) {
                        return writeMap(text, around, read, in, {}, features,
                                        map, {map.last()});
                      })[0]);

  Case result = finished(around, all, seed);
  auto names = all.names;
  auto kinds = all.operands;
  result.reference = [=](ModuleOp placed, HostSide &side,
                         const HostTensors &inputs) -> Result<Expected> {
    const TokenLayout &lay = side.tokens();
    ColumnLayout columns = reduceColumns(placed, lay);
    Expected expected;
    std::vector<Number> row;
    auto operand = [&](int64_t t, int64_t f) {
      return [&, t, f](int k) -> Number {
        if (static_cast<size_t>(k) >= kinds.size())
          return row[t];
        return given(inputs, names[k], kinds[k].kind, t, f);
      };
    };
    for (int64_t t = 0; t < tokens; ++t) {
      row.push_back(
          overFeatures(columns, rows.combine, [&](Number &sum, int64_t f) {
            rows.take(sum, operand(t, f), f, false);
          }));
      set(expected, "result3", {tokens, 1}, t, row[t]);
    }
    for (int64_t f = 0; f < features; ++f)
      set(expected, "w.grad", {features}, f,
          downColumns(lay, [&](Number &sum, int64_t t) {
            gradient.take(sum, operand(t, f), f, true);
          }));
    set(expected, "loss", {}, 0,
        overAll(lay, columns, everything.combine,
                [&](Number &sum, int64_t f, int64_t t) {
                  everything.take(sum, operand(t, f), f, true);
                }));
    Number scalar = overTokens(lay, ofRows, [&](Number &sum, int64_t t) {
      sum =
          ofRows == Combine::Add ? accumulated(sum, row[t]) : max(sum, row[t]);
    });
    set(expected, "result2", {}, 0, scalar);
    for (int64_t t = 0; t < tokens; ++t)
      for (int64_t f = 0; f < features; ++f) {
        auto values = map.values(
            [&](int k) -> Number {
              return k == 0 ? given(inputs, "arg0", Kind::Activation, t, f)
                            : scalar;
            },
            f);
        set(expected, "result4", {tokens, features}, t * features + f,
            stored(around.type, values.back()));
      }
    return expected;
  };
  return result;
}

} // namespace waferflow::conformance
