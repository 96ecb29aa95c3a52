//===- Expression.cpp - Random scalar bodies, and their values ------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/conformance/Expression.h"

namespace waferflow::conformance {

int Expression::add(Node node) {
  for (int argument : {node.a, node.b, node.c, node.d})
    if (argument >= 0) {
      node.ofToken |= nodes[argument].ofToken;
      node.ofFeature |= nodes[argument].ofFeature;
    }
  nodes.push_back(node);
  return last();
}

int Expression::constant(float value) {
  Node node;
  node.constant = value;
  node.least = node.most = value;
  node.exact = true;
  return add(node);
}

/// node^2 + c: something to divide by, or to take a root of.
int Expression::positive(Random &random, int node) {
  Node square;
  square.op = Op::Mul;
  square.a = square.b = node;
  double most = std::max(std::abs(nodes[node].least), nodes[node].most);
  square.most = most * most;
  int squared = add(square);
  Node sum;
  sum.op = Op::Add;
  sum.a = squared;
  sum.b = constant(random.pick({0.5f, 0.3f, 1.25f}));
  sum.least = nodes[sum.b].least;
  sum.most = square.most + sum.least;
  return add(sum);
}

/// One operation, or a few, whose result stays within `room`; -1: none found.
int Expression::grow(Random &random, double room) {
  auto pick = [&](bool constantToo) {
    for (;;) {
      int node = static_cast<int>(random.between(0, last()));
      // The newest more often: chains, not heaps.
      if (random.chance(40))
        node = last();
      if (constantToo || nodes[node].op != Op::Constant)
        return node;
    }
  };
  auto most = [&](int node) {
    return std::max(std::abs(nodes[node].least), std::abs(nodes[node].most));
  };
  Node node;
  node.op = random.pick({Op::Add, Op::Add, Op::Sub, Op::Mul, Op::Mul, Op::Max,
                         Op::Min, Op::Neg, Op::Abs, Op::Exp, Op::Log, Op::Rsqrt,
                         Op::Sqrt, Op::Div, Op::Tanh, Op::Less});
  node.a = pick(false);
  switch (node.op) {
  case Op::Add:
  case Op::Sub:
    node.b = pick(true);
    node.most = most(node.a) + most(node.b);
    break;
  case Op::Mul:
    node.b = pick(true);
    node.most = most(node.a) * most(node.b);
    break;
  case Op::Max:
  case Op::Min:
    node.b = pick(true);
    node.most = std::max(most(node.a), most(node.b));
    break;
  case Op::Neg:
  case Op::Abs:
    node.most = most(node.a);
    break;
  case Op::Exp:
    if (most(node.a) > 5)
      return -1;
    node.most = std::exp(most(node.a));
    break;
  case Op::Tanh:
    if (most(node.a) > 10)
      return -1;
    node.most = 1;
    break;
  case Op::Log:
  case Op::Rsqrt:
  case Op::Sqrt:
    node.a = positive(random, node.a);
    node.most = node.op == Op::Log
                    ? std::max(std::abs(std::log(nodes[node.a].least)),
                               std::abs(std::log(nodes[node.a].most)))
                : node.op == Op::Rsqrt ? 1 / std::sqrt(nodes[node.a].least)
                                       : std::sqrt(nodes[node.a].most);
    break;
  case Op::Div: {
    // By a reciprocal of 1 too.
    int divisor = positive(random, node.a);
    node.a = random.chance(20) ? constant(1) : pick(true);
    node.b = divisor;
    node.most = most(node.a) / nodes[divisor].least;
    break;
  }
  case Op::Less: {
    std::vector<int> exact;
    for (int i = 0; i <= last(); ++i)
      if (nodes[i].exact && nodes[i].op != Op::Constant)
        exact.push_back(i);
    if (exact.empty())
      return -1;
    auto one = [&] {
      return exact[random.between(0, static_cast<int64_t>(exact.size()) - 1)];
    };
    node.c = node.a;
    node.d = pick(true);
    node.a = one();
    node.b = random.chance(50) ? constant(0.25f) : one();
    node.most = std::max(most(node.c), most(node.d));
    break;
  }
  default:
    return -1;
  }
  if (node.most > room)
    return -1;
  node.least = -node.most;
  return add(node);
}

Expression Expression::random(Random &random,
                              const std::vector<Operand> &operands, int64_t ops,
                              double room) {
  Expression e;
  e.operandCount = static_cast<int64_t>(operands.size());
  using Kind = Operand::Kind;
  for (const Operand &operand : operands) {
    Node node;
    node.op = Op::Operand;
    node.least = -operand.most;
    node.most = operand.most;
    node.exact = operand.exact;
    node.ofToken = operand.kind == Kind::Activation ||
                   operand.kind == Kind::Row || operand.kind == Kind::Table;
    node.ofFeature = operand.kind != Kind::Row && operand.kind != Kind::Scalar;
    e.nodes.push_back(node);
  }
  for (float value : {0.5f, -1.25f, 0.1f})
    if (random.chance(50))
      e.constant(value);
  bool ofFeatures = e.nodes[0].ofFeature;
  if (ofFeatures && random.chance(25)) {
    Node node;
    node.op = Op::Feature;
    node.most = 64;
    node.exact = node.ofFeature = true;
    e.add(node);
  }
  for (int64_t done = 0; done < ops;)
    done += e.grow(random, room) >= 0;
  Node sum; // nothing without the first operand
  sum.op = Op::Add;
  sum.a = e.last();
  sum.b = 0;
  sum.most = e.nodes[sum.a].most + e.nodes[0].most;
  sum.least = -sum.most;
  double product = e.nodes[sum.a].most * e.nodes[0].most;
  if (random.chance(50) && product <= 2 * room) {
    sum.op = Op::Mul;
    sum.most = product;
    sum.least = -product;
  }
  e.add(sum);
  return e;
}

int Expression::any(Random &random) const {
  for (;;) {
    int node = static_cast<int>(random.between(operandCount, last()));
    if (nodes[node].op > Op::Feature)
      return node;
  }
}

std::string Expression::name(int node) const {
  return (nodes[node].op == Op::Operand ? "%x" : "%v") + std::to_string(node);
}

std::string Expression::text(int dimension,
                             const std::vector<int> &results) const {
  std::vector<bool> used(nodes.size());
  for (int result : results)
    used[result] = true;
  for (int i = last(); i >= 0; --i)
    for (int argument : {nodes[i].a, nodes[i].b, nodes[i].c, nodes[i].d})
      if (used[i] && argument >= 0)
        used[argument] = true;
  std::string lines;
  for (int i = 0; i <= last(); ++i) {
    const Node &node = nodes[i];
    if (!used[i])
      continue;
    auto line = [&](const std::string &what) {
      lines += "    " + name(i) + " = " + what + " : f32\n";
    };
    auto op = [&](const char *mnemonic, bool binary) {
      line(std::string(mnemonic) + " " + name(node.a) +
           (binary ? ", " + name(node.b) : ""));
    };
    switch (node.op) {
    case Op::Operand:
      break;
    case Op::Constant:
      line("arith.constant " + numberText(node.constant));
      break;
    case Op::Feature: {
      std::string n = std::to_string(i);
      lines += "    %i" + n + " = linalg.index " + std::to_string(dimension) +
               " : index\n    %j" + n + " = arith.index_cast %i" + n +
               " : index to i64\n    " + name(i) + " = arith.sitofp %j" + n +
               " : i64 to f32\n";
      break;
    }
    case Op::Add:
      op("arith.addf", true);
      break;
    case Op::Sub:
      op("arith.subf", true);
      break;
    case Op::Mul:
      op("arith.mulf", true);
      break;
    case Op::Max:
      op("arith.maximumf", true);
      break;
    case Op::Min:
      op("arith.minimumf", true);
      break;
    case Op::Neg:
      op("arith.negf", false);
      break;
    case Op::Abs:
      op("math.absf", false);
      break;
    case Op::Exp:
      op("math.exp", false);
      break;
    case Op::Log:
      op("math.log", false);
      break;
    case Op::Rsqrt:
      op("math.rsqrt", false);
      break;
    case Op::Sqrt:
      op("math.sqrt", false);
      break;
    case Op::Div:
      op("arith.divf", true);
      break;
    case Op::Tanh:
      op("math.tanh", false);
      break;
    case Op::Less: {
      std::string n = std::to_string(i);
      lines += "    %c" + n + " = arith.cmpf olt, " + name(node.a) + ", " +
               name(node.b) + " : f32\n";
      line("arith.select %c" + n + ", " + name(node.c) + ", " + name(node.d));
      break;
    }
    }
  }
  return lines;
}

/// The largest root that the machine takes has a floor: 0 has no inverse.
static Number rootFactor(Number a) {
  return rsqrt(max(a, Number(static_cast<float>(1e-37))));
}

std::vector<Number>
Expression::values(const std::function<Number(int)> &operand,
                   int64_t feature) const {
  std::vector<Number> v;
  for (int i = 0; i <= last(); ++i) {
    const Node &node = nodes[i];
    auto a = [&] { return v[node.a]; };
    auto b = [&] { return v[node.b]; };
    switch (node.op) {
    case Op::Operand:
      v.push_back(operand(i));
      break;
    case Op::Constant:
      v.push_back(node.constant);
      break;
    case Op::Feature:
      v.push_back(static_cast<float>(feature));
      break;
    case Op::Add:
      v.push_back(a() + b());
      break;
    case Op::Sub:
      v.push_back(a() - b());
      break;
    case Op::Mul:
      v.push_back(a() * b());
      break;
    case Op::Max:
      v.push_back(max(a(), b()));
      break;
    case Op::Min:
      v.push_back(min(a(), b()));
      break;
    case Op::Neg:
      v.push_back(-a());
      break;
    case Op::Abs:
      v.push_back(max(a(), -a()));
      break;
    case Op::Exp:
      v.push_back(exp(a()));
      break;
    case Op::Log:
      v.push_back(log(a()));
      break;
    case Op::Rsqrt:
      v.push_back(rsqrt(a()));
      break;
    case Op::Sqrt:
      v.push_back(a() * rootFactor(a()));
      break;
    case Op::Div:
      v.push_back(a().value == 1 && nodes[node.a].op == Op::Constant
                      ? reciprocal(b())
                      : a() / b());
      break;
    case Op::Tanh: {
      // 1 - 2 / (e^2x + 1)
      Number part = reciprocal(exp(a() * Number(2)) + Number(1));
      v.push_back(Number(1) - part * Number(2));
      break;
    }
    case Op::Less:
      v.push_back(a().value < b().value ? v[node.c] : v[node.d]);
      break;
    }
  }
  return v;
}

bool Expression::factors(int node, const std::vector<Number> &values, Number &a,
                         Number &b) const {
  const Node &n = nodes[node];
  switch (n.op) {
  case Op::Mul:
    a = values[n.a], b = values[n.b];
    return true;
  case Op::Neg:
    a = values[n.a], b = Number(-1);
    return true;
  case Op::Sqrt:
    a = values[n.a], b = rootFactor(a);
    return true;
  case Op::Div:
    a = values[n.a], b = reciprocal(values[n.b]);
    return nodes[n.a].op != Op::Constant || nodes[n.a].constant != 1;
  default:
    return false;
  }
}

bool Expression::factorsOfToken(int node) const {
  const Node &n = nodes[node];
  return n.op != Op::Neg && nodes[n.a].ofToken &&
         (n.b < 0 || nodes[n.b].ofToken);
}

std::vector<LinalgText::Operand>
genericOperands(const std::vector<Operand> &operands,
                const std::vector<TextValue> &inputs) {
  using Kind = Operand::Kind;
  std::vector<LinalgText::Operand> ins;
  for (size_t i = 0; i < operands.size(); ++i) {
    Kind kind = operands[i].kind;
    ins.push_back({inputs[i].name, inputs[i].shape,
                   std::string("(t, f) -> (") +
                       (kind == Kind::Activation ? "t, f"
                        : kind == Kind::Row      ? "t, 0"
                        : kind == Kind::Vector   ? "f"
                                                 : "") +
                       ")"});
  }
  return ins;
}

std::vector<TextValue> writeMap(LinalgText &text, const Surroundings &around,
                                const std::vector<Operand> &operands,
                                const std::vector<TextValue> &inputs,
                                const std::map<int, std::vector<float>> &tables,
                                int64_t features, const Expression &expression,
                                const std::vector<int> &results) {
  using Kind = Operand::Kind;
  bool apart = !tables.empty();
  int64_t n = around.tokens(), s = around.seq, b = around.batch;
  std::string loops = apart ? "(b, s, f)" : "(t, f)";
  std::string token = apart ? "b, s" : "t";
  std::vector<LinalgText::Operand> ins, outs;
  for (size_t i = 0, next = 0; i < operands.size(); ++i) {
    LinalgText::Operand in;
    Kind kind = operands[i].kind;
    if (kind == Kind::Table) {
      std::string values;
      const std::vector<float> &table = tables.at(static_cast<int>(i));
      for (size_t k = 0; k < table.size(); ++k)
        values += (k % features ? ", "
                   : k          ? "], ["
                                : "") +
                  numberText(table[k]);
      in.shape = {1, s, features};
      in.name = text.line("arith.constant dense<[[[" + values +
                          "]]]> : " + tensorType(in.shape));
      in.map = loops + " -> (0, s, f)";
      ins.push_back(in);
      continue;
    }
    in.name = inputs[next].name;
    in.shape = inputs[next].shape;
    ++next;
    bool tokens = kind == Kind::Activation || kind == Kind::Row;
    if (apart && tokens) {
      Sizes to = {b, s, in.shape[1]};
      in.name = text.expand(in.name, in.shape, "[[0, 1], [2]]", to);
      in.shape = to;
    }
    in.map = loops + " -> (" +
             (kind == Kind::Activation ? token + ", f"
              : kind == Kind::Row      ? token + ", 0"
              : kind == Kind::Vector   ? "f"
                                       : "") +
             ")";
    ins.push_back(in);
  }
  std::vector<std::string> yields;
  Sizes whole = apart ? Sizes{b, s, features} : Sizes{n, features};
  for (int node : results) {
    outs.push_back({text.empty(whole), whole, loops + " -> " + loops});
    yields.push_back(expression.name(node));
  }
  std::vector<TextValue> values;
  for (std::string &name :
       text.generic(apart ? "ppp" : "pp", ins, outs,
                    expression.text(apart ? 2 : 1, results), yields))
    values.push_back(
        {apart ? text.collapse(name, whole, "[[0, 1], [2]]", {n, features})
               : name,
         {n, features}});
  return values;
}

} // namespace waferflow::conformance
