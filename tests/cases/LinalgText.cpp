//===- LinalgText.cpp - Linalg ops, written line by line ------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tests/cases/LinalgText.h"

#include <cmath>
#include <cstdio>

namespace waferflow {

std::string tensorType(const Sizes &shape, const std::string &element) {
  std::string type = "tensor<";
  for (int64_t size : shape)
    type += std::to_string(size) + "x";
  return type + element + ">";
}

std::string joined(const std::vector<std::string> &parts) {
  std::string text;
  for (const std::string &part : parts)
    text += (text.empty() ? "" : ", ") + part;
  return text;
}

std::string numberText(float value) {
  if (std::isinf(value))
    return value < 0 ? "0xFF800000" : "0x7F800000";
  char text[32];
  std::snprintf(text, sizeof text, "%.9e", static_cast<double>(value));
  return text;
}

static std::string listOf(const Sizes &sizes) {
  std::vector<std::string> parts;
  for (int64_t size : sizes)
    parts.push_back(std::to_string(size));
  return "[" + joined(parts) + "]";
}

std::string LinalgText::line(const std::string &op) {
  std::string name = "%t" + std::to_string(next++);
  ops += "  " + name + " = " + op + "\n";
  return name;
}

std::string LinalgText::empty(const Sizes &shape, const std::string &element) {
  return line("tensor.empty() : " + tensorType(shape, element));
}

std::string LinalgText::filled(const Sizes &shape, const std::string &number,
                               const std::string &element) {
  std::string type = tensorType(shape, element);
  return line("linalg.fill ins(" + number + " : " + element + ") outs(" +
              empty(shape, element) + " : " + type + ") -> " + type);
}

std::string LinalgText::transpose(const std::string &x, const Sizes &from,
                                  const Sizes &order) {
  Sizes to;
  for (int64_t i : order)
    to.push_back(from[i]);
  return line("linalg.transpose ins(" + x + " : " + tensorType(from) +
              ") outs(" + empty(to) + " : " + tensorType(to) +
              ") permutation = " + listOf(order));
}

std::string LinalgText::collapse(const std::string &x, const Sizes &from,
                                 const std::string &groups, const Sizes &to,
                                 const std::string &element) {
  return line("tensor.collapse_shape " + x + " " + groups + " : " +
              tensorType(from, element) + " into " + tensorType(to, element));
}

std::string LinalgText::expand(const std::string &x, const Sizes &from,
                               const std::string &groups, const Sizes &to,
                               const std::string &element) {
  return line("tensor.expand_shape " + x + " " + groups + " output_shape " +
              listOf(to) + " : " + tensorType(from, element) + " into " +
              tensorType(to, element));
}

std::vector<std::string>
LinalgText::generic(const std::string &loops, const std::vector<Operand> &ins,
                    const std::vector<Operand> &outs, const std::string &body,
                    const std::vector<std::string> &yields) {
  std::vector<std::string> maps, iterators, results, arguments, elements;
  std::vector<std::string> names[2], types[2];
  for (const auto *list : {&ins, &outs})
    for (size_t i = 0; i < list->size(); ++i) {
      const Operand &operand = (*list)[i];
      bool out = list == &outs;
      maps.push_back("affine_map<" + operand.map + ">");
      names[out].push_back(operand.name);
      types[out].push_back(operand.type());
      arguments.push_back((out ? "%out" : "%x") + std::to_string(i) + ": " +
                          operand.element);
      if (out)
        elements.push_back(operand.element);
    }
  for (char loop : loops)
    iterators.push_back(loop == 'p' ? "\"parallel\"" : "\"reduction\"");
  std::string name = "%t" + std::to_string(next++);
  bool one = outs.size() == 1;
  for (size_t i = 0; i < outs.size(); ++i)
    results.push_back(one ? name : name + "#" + std::to_string(i));
  ops += "  " + name + (one ? "" : ":" + std::to_string(outs.size())) +
         " = linalg.generic {indexing_maps = [" + joined(maps) +
         "], iterator_types = [" + joined(iterators) + "]}";
  if (!ins.empty())
    ops += " ins(" + joined(names[0]) + " : " + joined(types[0]) + ")";
  ops += " outs(" + joined(names[1]) + " : " + joined(types[1]) +
         ") {\n  ^bb0(" + joined(arguments) + "):\n" + body +
         "    linalg.yield " + joined(yields) + " : " + joined(elements) +
         "\n  } -> " + (one ? "" : "(") + joined(types[1]) + (one ? "" : ")") +
         "\n";
  return results;
}

} // namespace waferflow
