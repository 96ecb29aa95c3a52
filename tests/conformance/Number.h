//===- Number.h - A value and what its roundings may add up to --*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// References compute with these. `value` is what the fabric has: computed in
// f32, functions to double and rounded once. `size` bounds what rounding makes
// of it: an input's is 0, and every operation adds the magnitude of its result
// to what it makes, by its derivative, of its operands' sizes. If each
// operation, here and in the oracle, is off by at most a part e of its result,
// then the two differ by at most 2 e size, to first order. A sum of products
// has the size sum |a b|, whatever the order of its terms.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_CONFORMANCE_NUMBER_H
#define WAFERFLOW_TESTS_CONFORMANCE_NUMBER_H

#include "tests/conformance/Case.h"

#include <cmath>

namespace waferflow::conformance {

struct Number {
  float value = 0;
  double size = 0;

  Number() = default;
  Number(float value) : value(value) {} // an exact one
  Number(float value, double size) : value(value), size(size) {}
};

/// The result of an operation that rounds.
inline Number roundedOnce(double value, double size) {
  float result = static_cast<float>(value);
  return {result, size + std::abs(static_cast<double>(result))};
}

inline Number operator+(Number a, Number b) {
  return roundedOnce(a.value + b.value, a.size + b.size);
}
inline Number operator-(Number a, Number b) {
  return roundedOnce(a.value - b.value, a.size + b.size);
}
inline Number operator*(Number a, Number b) {
  return roundedOnce(a.value * b.value,
                     a.size * std::abs(b.value) + b.size * std::abs(a.value));
}
inline Number reciprocal(Number a) {
  double inverse = 1 / static_cast<double>(a.value);
  return roundedOnce(inverse, a.size * inverse * inverse);
}
/// The machine divides by multiplying with the reciprocal.
inline Number operator/(Number a, Number b) { return a * reciprocal(b); }
inline Number operator-(Number a) { return {a.value * -1.0f, a.size}; }
inline Number exp(Number a) {
  double e = std::exp(static_cast<double>(a.value));
  return roundedOnce(e, a.size * e);
}
inline Number log(Number a) {
  double x = a.value;
  return roundedOnce(std::log(x), a.size / std::abs(x));
}
inline Number rsqrt(Number a) {
  double root = 1 / std::sqrt(static_cast<double>(a.value));
  return roundedOnce(root, a.size * root * root * root / 2);
}
inline Number max(Number a, Number b) {
  return {a.value < b.value ? b.value : a.value, std::max(a.size, b.size)};
}
inline Number min(Number a, Number b) {
  return {b.value < a.value ? b.value : a.value, std::max(a.size, b.size)};
}

/// sum + term, where sums do not count what they add up to but their terms.
inline Number accumulated(Number sum, Number term) {
  return {sum.value + term.value,
          sum.size + term.size + std::abs(static_cast<double>(term.value))};
}
/// sum + a b, rounded once.
inline Number accumulated(Number sum, Number a, Number b) {
  double product = static_cast<double>(a.value) * b.value;
  return {multiplyAdd(a.value, b.value, sum.value),
          sum.size + a.size * std::abs(b.value) + b.size * std::abs(a.value) +
              std::abs(product)};
}
/// Two sums of different terms, added up.
inline Number together(Number a, Number b) {
  return {a.value + b.value, a.size + b.size};
}

/// As memory of `type` holds it: in 16 bits, rounded.
inline Number stored(const std::string &type, Number a) {
  return type == "f32" ? a : roundedOnce(rounded(type, a.value), a.size);
}

} // namespace waferflow::conformance

#endif // WAFERFLOW_TESTS_CONFORMANCE_NUMBER_H
