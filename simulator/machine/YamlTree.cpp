//===- YamlTree.cpp - A YAML document with locations ----------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/machine/YamlTree.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Casting.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLParser.h"

#include <set>

namespace waferflow {

const YamlNode *YamlNode::find(const std::string &key) const {
  for (const Entry &entry : entries)
    if (entry.key == key)
      return &entry.value;
  return nullptr;
}

std::string describe(const YamlNode &node) {
  switch (node.kind) {
  case YamlNode::Kind::Empty:
    return "nothing";
  case YamlNode::Kind::Scalar:
    return node.quoted ? "the text \"" + node.text + "\""
                       : "'" + node.text + "'";
  case YamlNode::Kind::Sequence:
    return "a list";
  case YamlNode::Kind::Mapping:
    return "a mapping";
  }
  return "";
}

namespace {

namespace yaml = llvm::yaml;

constexpr int maxDepth = 16;

class TreeBuilder {
public:
  TreeBuilder(const std::string &text, const std::string &path)
      : path(path), stream(llvm::StringRef(text), sources, false) {
    sources.setDiagHandler(
        [](const llvm::SMDiagnostic &diagnostic, void *self) {
          auto *builder = static_cast<TreeBuilder *>(self);
          builder->errors.push_back(
              {builder->place(diagnostic.getLineNo(),
                              diagnostic.getColumnNo() + 1),
               diagnostic.getMessage().str()});
        },
        this);
  }

  Result<YamlNode> run() {
    YamlNode root;
    yaml::document_iterator document = stream.begin();
    root.where = place(1, 1);
    if (document != stream.end()) {
      if (yaml::Node *node = document->getRoot())
        root = build(*node, root.where, 0);
      // A mapping that was not read to its end can't be skipped.
      if (errors.empty() && !stream.failed() && ++document != stream.end())
        error(root.where, "expected one YAML document, got more");
    }
    if (stream.failed() && errors.empty())
      error(root.where, "not YAML");
    if (!errors.empty())
      return errors;
    return root;
  }

private:
  std::string place(int line, int column) const {
    return path + ":" + std::to_string(line) + ":" + std::to_string(column);
  }

  std::string placeOf(const yaml::Node &node, const std::string &fallback) {
    llvm::SMLoc start = node.getSourceRange().Start;
    if (!start.isValid() || !sources.FindBufferContainingLoc(start))
      return fallback;
    auto [line, column] = sources.getLineAndColumn(start);
    return place(line, column);
  }

  void error(const std::string &where, const std::string &what) {
    errors.push_back({where, what});
  }

  YamlNode build(yaml::Node &node, const std::string &fallback, int depth) {
    YamlNode result;
    result.where = placeOf(node, fallback);
    if (!node.getAnchor().empty() || llvm::isa<yaml::AliasNode>(node))
      error(result.where, "anchors and aliases are not supported");
    else if (depth > maxDepth)
      error(result.where, "nested deeper than " + std::to_string(maxDepth));
    else if (auto *scalar = llvm::dyn_cast<yaml::ScalarNode>(&node)) {
      llvm::SmallString<64> storage;
      result.kind = YamlNode::Kind::Scalar;
      result.text = scalar->getValue(storage).str();
      char first =
          scalar->getRawValue().empty() ? ' ' : scalar->getRawValue().front();
      result.quoted = first == '"' || first == '\'';
    } else if (auto *block = llvm::dyn_cast<yaml::BlockScalarNode>(&node)) {
      result.kind = YamlNode::Kind::Scalar;
      result.text = block->getValue().str();
      result.quoted = true;
    } else if (auto *sequence = llvm::dyn_cast<yaml::SequenceNode>(&node)) {
      result.kind = YamlNode::Kind::Sequence;
      for (yaml::Node &item : *sequence) {
        result.items.push_back(build(item, result.where, depth + 1));
        if (!errors.empty())
          break;
      }
    } else if (auto *mapping = llvm::dyn_cast<yaml::MappingNode>(&node)) {
      buildMapping(*mapping, result, depth);
    }
    return result;
  }

  void buildMapping(yaml::MappingNode &mapping, YamlNode &result, int depth) {
    result.kind = YamlNode::Kind::Mapping;
    std::set<std::string> seen;
    for (yaml::KeyValueNode &pair : mapping) {
      yaml::Node *key = pair.getKey();
      if (!key || stream.failed())
        return;
      YamlNode name = build(*key, result.where, depth + 1);
      if (errors.empty() && name.kind != YamlNode::Kind::Scalar)
        error(name.where, "expected a key, got " + describe(name));
      if (!errors.empty())
        return;
      if (!seen.insert(name.text).second)
        error(name.where, "duplicate key '" + name.text + "'");
      yaml::Node *value = pair.getValue();
      if (!errors.empty() || !value || stream.failed())
        return;
      // Block mappings carry no place of their own that helps: use the key's.
      result.entries.push_back(
          {name.text, name.where, build(*value, name.where, depth + 1)});
      if (!errors.empty())
        return;
    }
  }

  std::string path;
  llvm::SourceMgr sources;
  yaml::Stream stream;
  std::vector<Error> errors;
};

} // namespace

Result<YamlNode> parseYaml(const std::string &text, const std::string &path) {
  // The scanner does not look past a NUL and would take the rest as absent.
  if (text.find('\0') != std::string::npos)
    return Error{path, "expected text, got a NUL byte"};
  return TreeBuilder(text, path).run();
}

} // namespace waferflow
