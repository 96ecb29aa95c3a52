//===- Expression.h - Random scalar bodies, and their values ----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_CONFORMANCE_EXPRESSION_H
#define WAFERFLOW_TESTS_CONFORMANCE_EXPRESSION_H

#include "tests/conformance/Number.h"
#include "tests/conformance/StepText.h"

namespace waferflow::conformance {

/// An operand of an element-wise body.
struct Operand {
  enum class Kind {
    Activation, ///< [tokens, features]
    Row,        ///< [tokens, 1]
    Scalar,     ///< one for all
    Vector,     ///< [features]
    Table       ///< [1, seq, features]: a constant
  };
  Kind kind = Kind::Activation;
  TextValue value; ///< none of tables
  double most = 1; ///< above its absolute value
  /// Known to the last bit, so that what is compared is the same everywhere.
  bool exact = true;
};

/// Ops on operands, constants and the number of the feature. What they compute
/// stays finite, and conditions compare what is known exactly, so that values
/// depend continuously on how everything is rounded.
class Expression {
public:
  enum class Op {
    Operand,
    Constant,
    Feature,
    Add,
    Sub,
    Mul,
    Max,
    Min,
    Neg,
    Abs,
    Exp,
    Log,
    Rsqrt,
    Sqrt,
    Div,
    Tanh,
    Less ///< a < b ? c : d
  };
  struct Node {
    Op op = Op::Constant;
    int a = -1, b = -1, c = -1, d = -1;
    float constant = 0;
    double least = 0, most = 0; ///< of its value, roughly
    bool exact = false, ofToken = false, ofFeature = false;
  };

  /// `ops` random operations whose results stay within `room`; the last one
  /// depends on the first operand.
  static Expression random(Random &random, const std::vector<Operand> &operands,
                           int64_t ops, double room = 200);

  int last() const { return static_cast<int>(nodes.size()) - 1; }
  /// Any node that is computed.
  int any(Random &random) const;
  /// Above the absolute value of the last node.
  double most() const { return nodes.back().most; }

  /// The lines of a body that computes `results`; its operand i is %x<i>,
  /// dimension `dimension` counts features, and node n is %v<n>.
  std::string text(int dimension, const std::vector<int> &results) const;
  std::string name(int node) const;

  /// All nodes' values.
  std::vector<Number> values(const std::function<Number(int)> &operand,
                             int64_t feature) const;
  /// The factors of a node that is a product on the machine; whether it is one.
  bool factors(int node, const std::vector<Number> &values, Number &a,
               Number &b) const;
  /// Whether both factors differ between tokens.
  bool factorsOfToken(int node) const;

private:
  int add(Node node);
  int constant(float value);
  int grow(Random &random, double room);
  int positive(Random &random, int node);

  std::vector<Node> nodes;
  int64_t operandCount = 0;
};

/// The operands of a generic over (t, f), or (t, 1) for rows alone; `inputs`
/// are the values of the body.
std::vector<LinalgText::Operand>
genericOperands(const std::vector<Operand> &operands,
                const std::vector<TextValue> &inputs);

/// The generic of element-wise results, one for each node of `results`: over
/// [tokens, features], or with tables over [sequences, seq, features]. Tables
/// are by operand.
std::vector<TextValue> writeMap(LinalgText &text, const Surroundings &around,
                                const std::vector<Operand> &operands,
                                const std::vector<TextValue> &inputs,
                                const std::map<int, std::vector<float>> &tables,
                                int64_t features, const Expression &expression,
                                const std::vector<int> &results);

} // namespace waferflow::conformance

#endif // WAFERFLOW_TESTS_CONFORMANCE_EXPRESSION_H
