//===- ElementGraph.cpp - One element's value as a graph ------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/elements/ElementGraph.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

using namespace mlir;

namespace waferflow::fabric {

double identityOf(Combine combine) {
  double most = std::numeric_limits<double>::infinity();
  return combine == Combine::Add ? 0 : combine == Combine::Max ? -most : most;
}

Function functionOf(Combine combine) {
  return combine == Combine::Add   ? Function::Add
         : combine == Combine::Max ? Function::Max
                                   : Function::Min;
}

int32_t ElementGraph::intern(Element element) {
  using Kind = Element::Kind;
  switch (element.kind) {
  case Kind::Constant:
  case Kind::Scalar:
    break;
  case Kind::FeatureConstant:
  case Kind::Feature:
    element.ofFeature = true;
    break;
  case Kind::RowScalar:
  case Kind::Tokens:
    element.ofToken = true;
    break;
  case Kind::Activation:
  case Kind::Positions:
    element.ofToken = element.ofFeature = true;
    break;
  case Kind::Apply:
    for (int32_t argument : element.arguments)
      if (argument >= 0) {
        element.ofToken |= nodes[argument].ofToken;
        element.ofFeature |= nodes[argument].ofFeature;
      }
    break;
  case Kind::OverFeatures:
    element.ofToken = !reductions[element.index].overTokens;
    break;
  case Kind::OverTokens:
    element.ofFeature = nodes[element.arguments[0]].ofFeature;
    break;
  }
  // -0 and 0 are different constants.
  Key key{static_cast<int>(element.kind),
          static_cast<int>(element.number),
          element.value,
          std::signbit(element.value),
          element.input,
          element.index,
          element.stride,
          element.shift,
          element.pad,
          element.constant.getAsOpaquePointer(),
          static_cast<int>(element.function),
          static_cast<int>(element.combine),
          element.arguments};
  auto [it, isNew] = known.emplace(key, size());
  if (isNew)
    nodes.push_back(element);
  return it->second;
}

FailureOr<int32_t>
ElementGraph::copy(const ElementGraph &from, int32_t node,
                   std::map<int32_t, int32_t> &known,
                   function_ref<FailureOr<Element>(int32_t)> leaf) {
  if (auto it = known.find(node); it != known.end())
    return it->second;
  Element element = from[node];
  if (element.kind != Element::Kind::Apply) {
    auto replaced = leaf(node);
    if (failed(replaced))
      return failure();
    return known[node] = intern(*replaced);
  }
  for (int32_t &argument : element.arguments) {
    if (argument < 0)
      continue;
    auto inner = copy(from, argument, known, leaf);
    if (failed(inner))
      return failure();
    argument = *inner;
  }
  return known[node] = intern(element);
}

int32_t ElementGraph::constant(double value, Number number, bool ofFeature) {
  Element element;
  element.kind =
      ofFeature ? Element::Kind::FeatureConstant : Element::Kind::Constant;
  element.number = number;
  element.value = number == Number::Real ? static_cast<float>(value) : value;
  return intern(element);
}

/// The value of `function` of constants; none where it has none.
static std::optional<double> fold(Function function, double a, double b,
                                  double c) {
  switch (function) {
  case Function::Add:
    return a + b;
  case Function::Sub:
    return a - b;
  case Function::Mul:
    return a * b;
  case Function::Max:
    return std::max(a, b);
  case Function::Min:
    return std::min(a, b);
  case Function::Exp:
    return std::exp(a);
  case Function::Log:
    return std::log(a);
  case Function::Rsqrt:
    return 1 / std::sqrt(a);
  case Function::Reciprocal:
    return 1 / a;
  case Function::Select:
    return a != 0 ? b : c;
  case Function::ToReal:
    return a;
  }
  return std::nullopt;
}

int32_t ElementGraph::apply(Function function, int32_t a, int32_t b,
                            int32_t c) {
  std::array<int32_t, 3> arguments = {a, b, c};
  bool allConstant = true, ofFeature = false;
  for (int32_t argument : arguments)
    if (argument >= 0) {
      allConstant &= nodes[argument].isConstant();
      ofFeature |= nodes[argument].ofFeature;
    }
  Number number = function == Function::Select   ? nodes[b].number
                  : function == Function::ToReal ? Number::Real
                                                 : nodes[a].number;
  auto value = [&](int32_t node) { return node < 0 ? 0 : nodes[node].value; };
  if (allConstant)
    if (auto folded = fold(function, value(a), value(b), value(c)))
      return constant(*folded, number, ofFeature);
  auto is = [&](int32_t node, double what) {
    return nodes[node].kind == Element::Kind::Constant &&
           nodes[node].value == what;
  };
  if (function == Function::Mul && is(b, 1))
    return a;
  if (function == Function::Mul && is(a, 1))
    return b;
  if ((function == Function::Add || function == Function::Sub) && is(b, 0))
    return a;
  if (function == Function::Add && is(a, 0))
    return b;
  if (function == Function::Select) {
    if (nodes[a].kind == Element::Kind::Constant)
      return nodes[a].value != 0 ? b : c;
    if (b == c)
      return b;
  }
  if (function == Function::ToReal && nodes[a].number == Number::Real)
    return a;
  Element element;
  element.kind = Element::Kind::Apply;
  element.number = number;
  element.function = function;
  element.arguments = arguments;
  return intern(element);
}

int32_t ElementGraph::overTokens(Combine combine, int32_t node) {
  Element element;
  element.kind = Element::Kind::OverTokens;
  element.number = nodes[node].number;
  element.combine = combine;
  element.arguments[0] = node;
  return intern(element);
}

int32_t ElementGraph::overFeatures(Reduction reduction) {
  Element element;
  element.kind = Element::Kind::OverFeatures;
  element.number = reduction.number;
  element.index = static_cast<int64_t>(reductions.size());
  reductions.push_back(std::move(reduction));
  return intern(element);
}

std::vector<int32_t>
ElementGraph::reductionsOf(const std::vector<int32_t> &roots) const {
  using Kind = Element::Kind;
  std::vector<int32_t> found;
  std::set<int32_t> seen;
  auto look = [&](auto &&self, int32_t node) -> void {
    if (node < 0 || !seen.insert(node).second)
      return;
    const Element &element = nodes[node];
    for (int32_t argument : element.arguments)
      self(self, argument);
    if (element.kind == Kind::OverFeatures)
      for (const Reduction::Term &term : reduction(element.index).terms)
        self(self, term.node);
    if (element.kind == Kind::OverFeatures || element.kind == Kind::OverTokens)
      found.push_back(node);
  };
  for (int32_t root : roots)
    look(look, root);
  return found;
}

int64_t ElementGraph::featureOf(int32_t node, int64_t otherwise) const {
  const Element &element = nodes[node];
  if (element.kind == Element::Kind::Activation)
    return element.index;
  int64_t feature = -1;
  if (element.kind == Element::Kind::Apply)
    for (int32_t argument : element.arguments)
      if (argument >= 0 && feature < 0)
        feature = featureOf(argument, -1);
  return feature < 0 ? otherwise : feature;
}

int32_t ElementGraph::asReal(int32_t truth) {
  const Element &element = nodes[truth];
  auto isBit = [&](int32_t node) {
    return nodes[node].kind == Element::Kind::Constant &&
           nodes[node].number == Number::Real &&
           (nodes[node].value == 0 || nodes[node].value == 1);
  };
  if (element.kind == Element::Kind::Apply &&
      element.function == Function::Select && isBit(element.arguments[1]) &&
      isBit(element.arguments[2]))
    return truth;
  return apply(Function::Select, truth, constant(1), constant(0));
}

int32_t ElementGraph::asInteger(int32_t truth) {
  return apply(Function::Select, truth, constant(1, Number::Integer),
               constant(0, Number::Integer));
}

int32_t ElementGraph::negated(int32_t truth) {
  return apply(Function::Select, truth, constant(0), constant(1));
}

} // namespace waferflow::fabric
