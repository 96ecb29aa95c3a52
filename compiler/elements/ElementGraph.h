//===- ElementGraph.h - One element's value as a graph ----------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_ELEMENTS_ELEMENTGRAPH_H
#define WAFERFLOW_COMPILER_ELEMENTS_ELEMENTGRAPH_H

#include "mlir/IR/Attributes.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/LogicalResult.h"

#include <array>
#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

namespace waferflow::fabric {

/// What a number is: truth values that the machine computes are numbers that
/// are 0 or not; `Truth` is what SRAM holds of an i1.
enum class Number { Real, Integer, Truth };

/// Functions of vector instructions, and ToReal: an integer as a real.
enum class Function {
  Add,
  Sub,
  Mul,
  Max,
  Min,
  Exp,
  Log,
  Rsqrt,
  Reciprocal,
  Select,
  ToReal
};

enum class Combine { Add, Max, Min };
double identityOf(Combine combine);
/// What combines two values.
Function functionOf(Combine combine);

/// A node: how the value of one token and one feature follows from what its
/// core holds. The token is any; the feature is a number.
struct Element {
  enum class Kind {
    Constant,
    FeatureConstant, ///< a constant of this feature; or place `index` in a
                     ///< table
    Activation,      ///< `input` of the kernel at feature `index`
    RowScalar,       ///< `input`, one a token
    Scalar,          ///< `input`, one for all
    Feature,         ///< `input`, a vector of features, at `index`
    Positions,       ///< `constant` at index + stride * place in the sequence
    Tokens,          ///< integer `input` of the token `shift` later, or `pad`
    Apply,           ///< `function` of `arguments`
    OverFeatures,    ///< reduction `index` of the graph
    OverTokens       ///< arguments[0] combined over all tokens
  };
  Kind kind = Kind::Constant;
  Number number = Number::Real;
  double value = 0;
  int32_t input = -1;
  int64_t index = 0, stride = 0, shift = 0, pad = 0;
  mlir::Attribute constant;
  Function function = Function::Add;
  Combine combine = Combine::Add;
  std::array<int32_t, 3> arguments = {-1, -1, -1};
  /// Whether the value differs between tokens, between features.
  bool ofToken = false, ofFeature = false;

  static Element leaf(Kind kind, Number number, int64_t index) {
    Element element;
    element.kind = kind;
    element.number = number;
    element.index = index;
    return element;
  }
  bool isConstant() const {
    return kind == Kind::Constant || kind == Kind::FeatureConstant;
  }
};

/// A value combined over features, and over tokens too where it says so.
struct Reduction {
  Combine combine = Combine::Add;
  Number number = Number::Real;
  bool overTokens = false;
  /// Of every feature: in which place of the layout it is counted, its node.
  struct Term {
    int64_t feature = 0;
    int32_t node = -1;
  };
  std::vector<Term> terms;
};

/// Nodes, each once; arguments before what uses them.
class ElementGraph {
public:
  const Element &operator[](int32_t node) const { return nodes[node]; }
  int32_t size() const { return static_cast<int32_t>(nodes.size()); }

  int32_t intern(Element element);
  /// Node `node` of `from` with its arguments, each once (`known`: from there
  /// to here); `leaf` says what takes the place of a node that applies nothing.
  mlir::FailureOr<int32_t>
  copy(const ElementGraph &from, int32_t node,
       std::map<int32_t, int32_t> &known,
       llvm::function_ref<mlir::FailureOr<Element>(int32_t)> leaf);
  int32_t constant(double value, Number number = Number::Real,
                   bool ofFeature = false);
  /// Constants are folded, and what changes nothing is left out.
  int32_t apply(Function function, int32_t a, int32_t b = -1, int32_t c = -1);
  int32_t overTokens(Combine combine, int32_t node);
  int32_t overFeatures(Reduction reduction);

  // Truth values: numbers that are 0 or not.
  int32_t asReal(int32_t truth); ///< 0 or 1
  int32_t asInteger(int32_t truth);
  int32_t negated(int32_t truth);

  const Reduction &reduction(int64_t index) const { return reductions[index]; }
  /// Values over features or tokens that `roots` need, in the order in which
  /// they are to be made.
  std::vector<int32_t> reductionsOf(const std::vector<int32_t> &roots) const;
  /// The feature in whose place a term is counted: that of what it reads.
  int64_t featureOf(int32_t node, int64_t otherwise) const;

private:
  using Key =
      std::tuple<int, int, double, bool, int32_t, int64_t, int64_t, int64_t,
                 int64_t, const void *, int, int, std::array<int32_t, 3>>;
  std::vector<Element> nodes;
  std::map<Key, int32_t> known;
  std::vector<Reduction> reductions;
};

} // namespace waferflow::fabric

#endif // WAFERFLOW_COMPILER_ELEMENTS_ELEMENTGRAPH_H
