//===- StepText.h - A step of a few kernels, as text ------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_TESTS_CONFORMANCE_STEPTEXT_H
#define WAFERFLOW_TESTS_CONFORMANCE_STEPTEXT_H

#include "tests/cases/LinalgText.h"
#include "tests/conformance/Case.h"

namespace waferflow::conformance {

/// The labels that every kernel has: label, layer, phase and section; a head
/// has no layer.
std::string labels(const char *phase, bool head = false);

/// A module of one kernel.
std::string module(const std::string &arguments, const std::string &results,
                   const Surroundings &around, const std::string &kernel,
                   const std::string &type);

/// A value of the step and of a kernel's body.
struct TextValue {
  std::string name;
  Sizes shape;
  std::string element = "f32";
  std::string type() const { return tensorType(shape, element); }
};

/// The function @step, kernel by kernel.
class StepText {
public:
  /// Kernels of a block, or of the model's head.
  explicit StepText(const Surroundings &around, bool head = false)
      : around(around), head(head) {}

  /// The host calls it "arg" and its number, or by the weight's name.
  TextValue argument(const Sizes &shape, const std::string &attributes = "",
                     const std::string &element = "f32");
  /// {flow.weight = ...} without a mask.
  TextValue weight(const std::string &name, const Sizes &shape);

  /// A kernel with a body: `op` is "flow.map", `after` what stands behind its
  /// inputs. `write` gets the inputs as the body knows them and returns what it
  /// yields, in the shapes of the results. `attributes` are further ones, `as`
  /// what the body calls its inputs.
  std::vector<TextValue>
  kernel(const std::string &op, const std::string &after, const char *phase,
         const std::vector<TextValue> &inputs,
         const std::function<std::vector<TextValue>(
             LinalgText &, const std::vector<TextValue> &)> &write,
         const std::string &attributes = "",
         const std::vector<std::string> &as = {});

  /// The host calls it "result" and its number.
  void result(const TextValue &value, const std::string &attributes = "");
  /// The gradient of a weight, wanted everywhere: "<weight>.grad".
  void gradient(const TextValue &value, const std::string &weight);

  std::string str() const;

private:
  const Surroundings &around;
  bool head;
  std::vector<std::string> arguments, names, types, resultTypes;
  std::string ops;
  int64_t kernels = 0;
};

} // namespace waferflow::conformance

#endif // WAFERFLOW_TESTS_CONFORMANCE_STEPTEXT_H
