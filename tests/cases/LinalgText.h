//===- LinalgText.h - Linalg ops, written line by line ----------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_CASES_LINALGTEXT_H
#define WAFERFLOW_TESTS_CASES_LINALGTEXT_H

#include <cstdint>
#include <string>
#include <vector>

namespace waferflow {

using Sizes = std::vector<int64_t>;

/// "tensor<4x8xf32>".
std::string tensorType(const Sizes &shape, const std::string &element = "f32");
/// "a, b, c".
std::string joined(const std::vector<std::string> &parts);
/// As MLIR reads a number back to the last bit.
std::string numberText(float value);

/// The body of a function or kernel. Methods append one op and return the name
/// of its result; reassociations and maps are MLIR's own text.
class LinalgText {
public:
  std::string ops;

  std::string line(const std::string &op);
  std::string empty(const Sizes &shape, const std::string &element = "f32");
  /// `number` names a scalar.
  std::string filled(const Sizes &shape, const std::string &number,
                     const std::string &element = "f32");
  std::string transpose(const std::string &x, const Sizes &from,
                        const Sizes &order);
  std::string collapse(const std::string &x, const Sizes &from,
                       const std::string &groups, const Sizes &to,
                       const std::string &element = "f32");
  std::string expand(const std::string &x, const Sizes &from,
                     const std::string &groups, const Sizes &to,
                     const std::string &element = "f32");

  struct Operand {
    std::string name;
    Sizes shape;
    std::string map; ///< "(a, b) -> (a, 0)"
    std::string element = "f32";
    std::string type() const { return tensorType(shape, element); }
  };
  /// linalg.generic over parallel ('p') and reduction ('r') loops. In `body`
  /// and `yields` the elements are %x0, %x1, ..., of outs %out0, %out1, ...
  std::vector<std::string> generic(const std::string &loops,
                                   const std::vector<Operand> &ins,
                                   const std::vector<Operand> &outs,
                                   const std::string &body,
                                   const std::vector<std::string> &yields);

private:
  int64_t next = 0;
};

} // namespace waferflow

#endif // WAFERFLOW_TESTS_CASES_LINALGTEXT_H
