//===- AttentionCase.cpp - One attention, as text -------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/cases/AttentionCase.h"

#include "tests/cases/LinalgText.h"

#include <cmath>
#include <cstdio>

namespace waferflow {

double AttentionCase::scale() const {
  return static_cast<float>(1 / std::sqrt(static_cast<double>(dim)));
}

namespace {

/// What the kernel's body consists of.
class Text : public LinalgText {
public:
  explicit Text(const AttentionCase &c) : c(c) {}

  std::string product(const std::string &a, const std::vector<int64_t> &as,
                      const std::string &b, const std::vector<int64_t> &bs) {
    std::vector<int64_t> shape = {as[0], as[1], bs[2]};
    return line("linalg.batch_matmul ins(" + a + ", " + b + " : " +
                tensorType(as) + ", " + tensorType(bs) + ") outs(" +
                filled(shape, "%zero") + " : " + tensorType(shape) + ") -> " +
                tensorType(shape));
  }
  /// An element-wise op of [N, s, s] and [N, s, s or 1].
  std::string elementwise(const std::string &op, const std::string &a,
                          const std::string &b = "", bool row = false) {
    std::vector<int64_t> whole = scores(), other = whole;
    if (row)
      other[2] = 1;
    std::string id = "affine_map<(a, b, c) -> (a, b, c)>";
    std::string second =
        row ? "affine_map<(a, b, c) -> (a, b, 0)>" : std::string(id);
    std::string ins = a, types = tensorType(whole), maps = id, args = "%x: f32";
    if (!b.empty()) {
      ins += ", " + b;
      types += ", " + tensorType(other);
      maps += ", " + second;
      args += ", %y: f32";
    }
    return line("linalg.generic {indexing_maps = [" + maps + ", " + id +
                "], iterator_types = [\"parallel\", \"parallel\", "
                "\"parallel\"]} ins(" +
                ins + " : " + types + ") outs(" + empty(whole) + " : " +
                tensorType(whole) + ") {\n  ^bb0(" + args +
                ", %out: f32):\n    %r = " + op +
                " : f32\n    linalg.yield %r : f32\n  } -> " +
                tensorType(whole));
  }
  std::string reduceRow(const std::string &op, const std::string &a,
                        const std::string &init) {
    std::vector<int64_t> whole = scores(), row = {whole[0], whole[1], 1};
    return line("linalg.generic {indexing_maps = [affine_map<(a, b, c) -> (a, "
                "b, c)>, affine_map<(a, b, c) -> (a, b, 0)>], iterator_types "
                "= [\"parallel\", \"parallel\", \"reduction\"]} ins(" +
                a + " : " + tensorType(whole) + ") outs(" + filled(row, init) +
                " : " + tensorType(row) +
                ") {\n  ^bb0(%x: f32, %out: f32):\n    "
                "%r = " +
                op + " : f32\n    linalg.yield %r : f32\n  } -> " +
                tensorType(row));
  }
  std::vector<int64_t> scores() const {
    return {c.batch * c.heads, c.seq, c.seq};
  }
  std::vector<int64_t> rows() const {
    return {c.batch * c.heads, c.seq, c.dim};
  }

  /// [tokens, heads * dim] to [batch * heads, seq, dim]; heads that are shared
  /// are repeated.
  std::string split(const std::string &x, int64_t heads) {
    std::string four =
        expand(x, {c.tokens(), heads * c.dim}, "[[0, 1], [2, 3]]",
               {c.batch, c.seq, heads, c.dim});
    std::string moved =
        transpose(four, {c.batch, c.seq, heads, c.dim}, {0, 2, 1, 3});
    if (heads == c.heads)
      return collapse(moved, {c.batch, heads, c.seq, c.dim},
                      "[[0, 1], [2], [3]]", rows());
    std::vector<int64_t> five = {c.batch, heads, c.heads / heads, c.seq, c.dim};
    std::string repeated = line(
        "linalg.generic {indexing_maps = [affine_map<(a, b, c, d, e) -> (a, b, "
        "d, e)>, affine_map<(a, b, c, d, e) -> (a, b, c, d, e)>], "
        "iterator_types = [\"parallel\", \"parallel\", \"parallel\", "
        "\"parallel\", \"parallel\"]} ins(" +
        moved + " : " + tensorType({c.batch, heads, c.seq, c.dim}) + ") outs(" +
        empty(five) + " : " + tensorType(five) +
        ") {\n  ^bb0(%x: f32, %out: f32):\n    linalg.yield %x : f32\n  } -> " +
        tensorType(five));
    return collapse(repeated, five, "[[0, 1, 2], [3], [4]]", rows());
  }
  /// And back; heads that are shared are summed.
  std::string join(const std::string &x, int64_t heads) {
    std::string four;
    std::vector<int64_t> shape = {c.batch, heads, c.seq, c.dim};
    if (heads == c.heads) {
      four = expand(x, rows(), "[[0, 1], [2], [3]]", shape);
    } else {
      std::vector<int64_t> five = {c.batch, heads, c.heads / heads, c.seq,
                                   c.dim};
      std::string apart = expand(x, rows(), "[[0, 1, 2], [3], [4]]", five);
      four = line(
          "linalg.generic {indexing_maps = [affine_map<(a, b, c, d, e) -> (a, "
          "b, c, d, e)>, affine_map<(a, b, c, d, e) -> (a, b, d, e)>], "
          "iterator_types = [\"parallel\", \"parallel\", \"reduction\", "
          "\"parallel\", \"parallel\"]} ins(" +
          apart + " : " + tensorType(five) + ") outs(" +
          filled(shape, "%zero") + " : " + tensorType(shape) +
          ") {\n  ^bb0(%x: f32, %out: f32):\n    %r = arith.addf %x, %out : "
          "f32\n    linalg.yield %r : f32\n  } -> " +
          tensorType(shape));
    }
    std::string moved = transpose(four, shape, {0, 2, 1, 3});
    return collapse(moved, {c.batch, c.seq, heads, c.dim}, "[[0, 1], [2, 3]]",
                    {c.tokens(), heads * c.dim});
  }

private:
  const AttentionCase &c;
};

} // namespace

BodyText attentionBody(const AttentionCase &c, bool backward) {
  Text t(c);
  char scale[32];
  std::snprintf(scale, sizeof scale, "%.9e", c.scale());
  t.ops += "  %zero = arith.constant 0.0 : f32\n";
  t.ops += "  %low = arith.constant 0xFF800000 : f32\n";
  t.ops += "  %hidden = arith.constant -3.40282347E+38 : f32\n";
  t.ops += std::string("  %scale = arith.constant ") + scale + " : f32\n";
  std::vector<int64_t> rows = t.rows(), scores = t.scores();
  std::vector<int64_t> columns = {rows[0], rows[2], rows[1]};
  std::string q = t.split("%q", c.heads), k = t.split("%k", c.kv);
  std::string v = t.split("%v", c.kv);
  std::string kT = t.transpose(k, rows, {0, 2, 1});
  std::string s = t.product(q, rows, kT, columns);
  s = t.elementwise("arith.mulf %x, %scale", s);
  if (c.causal) {
    std::string mask = t.line(
        "linalg.generic {indexing_maps = [affine_map<(a, b, c) -> (a, b, c)>], "
        "iterator_types = [\"parallel\", \"parallel\", \"parallel\"]} outs(" +
        t.empty({1, c.seq, c.seq}) + " : " + tensorType({1, c.seq, c.seq}) +
        ") {\n  ^bb0(%out: f32):\n    %i = linalg.index 1 : index\n    %j = "
        "linalg.index 2 : index\n    %sees = arith.cmpi ule, %j, %i : index\n  "
        "  %r = arith.select %sees, %zero, %hidden : f32\n    linalg.yield %r "
        ": f32\n  } -> " +
        tensorType({1, c.seq, c.seq}));
    s = t.line("linalg.generic {indexing_maps = [affine_map<(a, b, c) -> (a, "
               "b, c)>, affine_map<(a, b, c) -> (0, b, c)>, affine_map<(a, b, "
               "c) -> (a, b, c)>], iterator_types = [\"parallel\", "
               "\"parallel\", \"parallel\"]} ins(" +
               s + ", " + mask + " : " + tensorType(scores) + ", " +
               tensorType({1, c.seq, c.seq}) + ") outs(" + t.empty(scores) +
               " : " + tensorType(scores) +
               ") {\n  ^bb0(%x: f32, %y: f32, %out: f32):\n    %r = arith.addf "
               "%x, %y : f32\n    linalg.yield %r : f32\n  } -> " +
               tensorType(scores));
  }
  std::string most = t.reduceRow("arith.maximumf %x, %out", s, "%low");
  std::string e = t.elementwise(
      "math.exp %x", t.elementwise("arith.subf %x, %y", s, most, true));
  std::string sum = t.reduceRow("arith.addf %x, %out", e, "%zero");
  std::string p = t.elementwise("arith.divf %x, %y", e, sum, true);
  BodyText body;
  std::string wide = tensorType({c.tokens(), c.heads * c.dim});
  std::string narrow = tensorType({c.tokens(), c.kv * c.dim});
  if (!backward) {
    body.results = {t.join(t.product(p, scores, v, rows), c.heads)};
    body.types = {wide};
    body.ops = t.ops;
    return body;
  }
  std::string g = t.split("%g", c.heads);
  std::string pT = t.transpose(p, scores, {0, 2, 1});
  std::string dv = t.product(pT, scores, g, rows);
  std::string dp = t.product(g, rows, t.transpose(v, rows, {0, 2, 1}), columns);
  std::string pdp = t.elementwise("arith.mulf %x, %y", dp, p);
  std::string d = t.reduceRow("arith.addf %x, %out", pdp, "%zero");
  std::string pd = t.elementwise("arith.mulf %x, %y", p, d, true);
  std::string ds = t.elementwise("arith.subf %x, %y", pdp, pd);
  ds = t.elementwise("arith.mulf %x, %scale", ds);
  std::string dkT =
      t.product(t.transpose(q, rows, {0, 2, 1}), columns, ds, scores);
  std::string dk = t.transpose(dkT, columns, {0, 2, 1});
  std::string dq = t.product(ds, scores, k, rows);
  body.results = {t.join(dq, c.heads), t.join(dv, c.kv), t.join(dk, c.kv)};
  body.types = {wide, narrow, narrow};
  body.ops = t.ops;
  return body;
}

/// "%q: tensor<..>, ...", in an order that is no one's habit.
static std::vector<std::pair<std::string, std::string>>
inputs(const AttentionCase &c, bool backward) {
  std::string tokens = "tensor<" + std::to_string(c.tokens()) + "x";
  std::string wide = tokens + std::to_string(c.heads * c.dim) + "xf32>";
  std::string narrow = tokens + std::to_string(c.kv * c.dim) + "xf32>";
  std::vector<std::pair<std::string, std::string>> result = {
      {"k", narrow}, {"q", wide}, {"v", narrow}};
  if (backward)
    result.push_back({"g", wide});
  return result;
}

std::string attentionFunction(const AttentionCase &c, bool backward) {
  BodyText body = attentionBody(c, backward);
  std::vector<std::string> arguments;
  for (auto [name, type] : inputs(c, backward))
    arguments.push_back("%" + name + ": " + type);
  return "func.func @f(" + joined(arguments) + ") -> (" + joined(body.types) +
         ") {\n" + body.ops + "  return " + joined(body.results) + " : " +
         joined(body.types) + "\n}\n";
}

/// A step of one kernel a direction, in this order.
static std::string stepOf(const AttentionCase &c,
                          const std::vector<bool> &directions) {
  auto number = [](int64_t n) { return std::to_string(n); };
  std::vector<std::string> arguments, results, returned;
  for (auto [name, type] : inputs(c, directions.back()))
    arguments.push_back("%in_" + name + ": " + type);
  std::string kernels;
  for (bool backward : directions) {
    BodyText body = attentionBody(c, backward);
    std::vector<std::string> names, types, inner;
    for (auto [name, type] : inputs(c, backward)) {
      names.push_back("%in_" + name);
      types.push_back(type);
      inner.push_back("%" + name + ": " + type);
    }
    std::string result = backward ? "%gradients" : "%res";
    for (size_t i = 0; i < body.types.size(); ++i) {
      results.push_back(result + "#" + number(static_cast<int64_t>(i)));
      returned.push_back(body.types[i]);
    }
    std::string direction = backward ? "backward" : "forward";
    kernels += "  " + result + ":" +
               number(static_cast<int64_t>(body.types.size())) +
               " = flow.attention(" + joined(names) + ") " + direction +
               (c.causal ? " causal" : "") + " heads " + number(c.heads) +
               " kv " + number(c.kv) + " dim " + number(c.dim) + " batch " +
               number(c.batch) + " seq " + number(c.seq) +
               " {label = \"attention\", phase = #flow.phase<" + direction +
               ">, section = #flow.section<block>, layer = 0} : (" +
               joined(types) + ") -> (" + joined(body.types) + ") {\n  ^bb0(" +
               joined(inner) + "):\n" + body.ops + "  flow.yield " +
               joined(body.results) + " : " + joined(body.types) + "\n  }\n";
  }
  return "func.func @step(" + joined(arguments) + ") -> (" + joined(returned) +
         ") attributes {flow.step = #flow.step<tokens = " + number(c.tokens()) +
         ", seq = " + number(c.seq) + ", type = " + c.type +
         (c.accumulate == "storage" ? "" : ", accumulate = \"f32\"") +
         ", gt = " + number(c.gt) + ", keep_every = 1>} {\n" + kernels +
         "  return " + joined(results) + " : " + joined(returned) + "\n}\n";
}

std::string attentionStep(const AttentionCase &c, bool backward) {
  return stepOf(c, {backward});
}
std::string attentionStepOfBoth(const AttentionCase &c) {
  return stepOf(c, {false, true});
}

} // namespace waferflow
