//===- YamlTree.h - A YAML document with locations --------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_MACHINE_YAMLTREE_H
#define WAFERFLOW_SIMULATOR_MACHINE_YAMLTREE_H

#include "simulator/program/Result.h"

#include <string>
#include <vector>

namespace waferflow {

struct YamlNode {
  enum class Kind { Empty, Scalar, Sequence, Mapping };
  struct Entry;

  Kind kind = Kind::Empty;
  std::string where; ///< "file:line:column"
  std::string text;  ///< of a scalar, unescaped
  bool quoted = false;
  std::vector<YamlNode> items; ///< of a sequence
  std::vector<Entry> entries;  ///< of a mapping, in the order of the file

  /// The value under `key`, or null.
  const YamlNode *find(const std::string &key) const;
};

struct YamlNode::Entry {
  std::string key;
  std::string where; ///< of the key
  YamlNode value;
};

/// What a node is, for "expected a mapping, got a list".
std::string describe(const YamlNode &node);

/// Reads one YAML document. Anchors, aliases, a second document, a duplicate
/// key of a mapping and nesting beyond 16 levels are errors, as is all that the
/// parser rejects.
Result<YamlNode> parseYaml(const std::string &text, const std::string &path);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_MACHINE_YAMLTREE_H
