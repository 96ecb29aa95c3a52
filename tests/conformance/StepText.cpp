//===- StepText.cpp - A step of a few kernels, as text --------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/conformance/StepText.h"

namespace waferflow::conformance {

std::string labels(const char *phase, bool head) {
  return std::string("label = \"kernel\", ") +
         (head ? "" : "layer = 0 : i64, ") + "phase = #flow.phase<" + phase +
         ">, section = #flow.section<" + (head ? "head" : "block") + ">";
}

std::string module(const std::string &arguments, const std::string &results,
                   const Surroundings &around, const std::string &kernel,
                   const std::string &type) {
  return "module {\nfunc.func @step(" + arguments + ") -> (" + results +
         ") attributes {flow.step = " + around.step() + "} {\n%r = " + kernel +
         "\nreturn %r : " + type + "\n}\n}\n";
}

TextValue StepText::argument(const Sizes &shape, const std::string &attributes,
                             const std::string &element) {
  TextValue value{"%in" + std::to_string(arguments.size()), shape, element};
  arguments.push_back(value.name + ": " + value.type() + attributes);
  return value;
}

TextValue StepText::weight(const std::string &name, const Sizes &shape) {
  return argument(shape,
                  " {flow.weight = #flow.weight<name = \"" + name + "\">}");
}

std::vector<TextValue>
StepText::kernel(const std::string &op, const std::string &after,
                 const char *phase, const std::vector<TextValue> &inputs,
                 const std::function<std::vector<TextValue>(
                     LinalgText &, const std::vector<TextValue> &)> &write,
                 const std::string &attributes,
                 const std::vector<std::string> &as) {
  std::vector<std::string> given, inner, from, to, yields;
  std::vector<TextValue> known = inputs;
  for (TextValue &value : known) {
    given.push_back(value.name);
    from.push_back(value.type());
    size_t i = inner.size();
    value.name = i < as.size() ? as[i] : "%a" + std::to_string(i);
    inner.push_back(value.name + ": " + value.type());
  }
  LinalgText body;
  std::vector<TextValue> results = write(body, known);
  std::string name = "%k" + std::to_string(kernels++);
  for (size_t i = 0; i < results.size(); ++i) {
    yields.push_back(results[i].name);
    to.push_back(results[i].type());
    results[i].name = name;
    if (results.size() > 1)
      results[i].name += "#" + std::to_string(i);
  }
  ops += name;
  if (results.size() > 1)
    ops += ":" + std::to_string(results.size());
  ops += " = " + op + "(" + joined(given) + ") " + after + " {" +
         labels(phase, head) + (attributes.empty() ? "" : ", ") + attributes +
         "} : (" + joined(from) + ") -> (" + joined(to) + ") {\n^bb0(" +
         joined(inner) + "):\n" + body.ops + "  flow.yield " + joined(yields) +
         " : " + joined(to) + "\n}\n";
  return results;
}

void StepText::result(const TextValue &value, const std::string &attributes) {
  names.push_back(value.name);
  types.push_back(value.type());
  resultTypes.push_back(value.type() + attributes);
}

void StepText::gradient(const TextValue &value, const std::string &weight) {
  result(value, " {flow.gradient = #flow.gradient<weight = \"" + weight +
                    "\", at = \"dense\">}");
}

std::string StepText::str() const {
  return "module {\nfunc.func @step(" + joined(arguments) + ") -> (" +
         joined(resultTypes) + ") attributes {flow.step = " + around.step() +
         "} {\n" + ops + "return " + joined(names) + " : " + joined(types) +
         "\n}\n}\n";
}

} // namespace waferflow::conformance
