//===- AttentionCase.h - One attention, as text and as numbers --*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_CASES_ATTENTIONCASE_H
#define WAFERFLOW_TESTS_CASES_ATTENTIONCASE_H

#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <vector>

namespace waferflow {

/// A kernel and the fabric that it runs on.
struct AttentionCase {
  std::string name;
  int64_t heads = 4, kv = 2, dim = 16;
  int64_t batch = 4, seq = 16;
  bool causal = true;
  int64_t width = 12, height = 10;
  int64_t gt = 1;
  int64_t keyBlock = 4;
  std::string type = "f32", accumulate = "storage";

  int64_t tokens() const { return batch * seq; }
  double scale() const;
};
inline void PrintTo(const AttentionCase &c, std::ostream *out) {
  *out << c.name;
}

/// Ops that compute results from tensors %q, %k, %v (and %g, the gradient of
/// the output). With `backward`: dq, dv and dk, as PyTorch's graph yields them.
struct BodyText {
  std::string ops;
  std::vector<std::string> results, types;
};
BodyText attentionBody(const AttentionCase &c, bool backward);

/// A step of one kernel, to be mapped.
std::string attentionStep(const AttentionCase &c, bool backward);
/// A step of the forward kernel and, behind it, the backward one of the same
/// queries, keys and values: o, dq, dv and dk.
std::string attentionStepOfBoth(const AttentionCase &c);
/// The same body as a function for the CPU oracle.
std::string attentionFunction(const AttentionCase &c, bool backward);

/// [tokens, features], row by row.
using Rows = std::vector<float>;

/// In double, by definition, from "q", "k", "v" and "g": "o", "dq", "dk" and
/// "dv"; "<name>.size" are the sums of the absolute values of all products in
/// it.
std::map<std::string, std::vector<double>>
attentionByDefinition(const AttentionCase &c,
                      const std::map<std::string, Rows> &inputs);

} // namespace waferflow

#endif // WAFERFLOW_TESTS_CASES_ATTENTIONCASE_H
