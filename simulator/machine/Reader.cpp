//===- Reader.cpp - Machines from YAML files ------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/machine/Reader.h"

#include "simulator/machine/YamlTree.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace waferflow {

namespace {

const std::vector<std::string> &fieldNames() {
  static const std::vector<std::string> names = {"value", "low",    "high",
                                                 "unit",  "source", "trust"};
  return names;
}

class MachineReader {
public:
  explicit MachineReader(const std::string &path) { file.path = path; }

  Result<MachineFile> run(const YamlNode &root) {
    if (root.kind != YamlNode::Kind::Mapping) {
      error(root.where,
            "expected a machine, a mapping with 'name', got " + describe(root));
      return errors;
    }
    groups[""] = root.where;
    for (const YamlNode::Entry &entry : root.entries) {
      if (entry.key == "name" || entry.key == "description") {
        readText(entry,
                 entry.key == "name" ? file.machine.name : file.description);
        continue;
      }
      readKey(entry, entry.key);
    }
    if (!root.find("name"))
      error(root.where, "missing key 'name'");
    addMissing();
    if (errors.empty())
      for (const Error &wrong : check(file.machine))
        error(root.where, wrong.what);
    if (!errors.empty())
      return errors;
    return std::move(file);
  }

private:
  void error(const std::string &where, const std::string &what) {
    errors.push_back({where, what});
  }

  void readText(const YamlNode::Entry &entry, std::string &into) {
    if (entry.value.kind != YamlNode::Kind::Scalar || entry.value.text.empty())
      return error(entry.value.where, "expected '" + entry.key +
                                          "' to be text, got " +
                                          describe(entry.value));
    into = entry.value.text;
  }

  /// `key` is the path from the root: a parameter, a group, or unknown.
  void readKey(const YamlNode::Entry &entry, const std::string &key) {
    if (const Parameter *parameter = findParameter(key))
      return readEntry(entry, *parameter);
    std::string prefix = key + ".";
    bool group = std::any_of(
        parameters().begin(), parameters().end(), [&](const Parameter &p) {
          return p.key.compare(0, prefix.size(), prefix) == 0;
        });
    if (!group)
      return error(entry.where, unknownKey(key));
    groups.emplace(key, entry.where);
    if (entry.value.kind != YamlNode::Kind::Mapping)
      return error(entry.value.where, "expected '" + key +
                                          "' to be a mapping, got " +
                                          describe(entry.value));
    for (const YamlNode::Entry &child : entry.value.entries)
      readKey(child, prefix + child.key);
  }

  void readEntry(const YamlNode::Entry &entry, const Parameter &parameter) {
    // The same key can be spelled twice: `a: {b: ...}` and `a.b: ...`.
    if (!found.emplace(parameter.key, MachineEntry()).second)
      return error(entry.where, "duplicate key '" + parameter.key + "'");
    MachineEntry &result = found[parameter.key];
    result.parameter = &parameter;
    if (entry.value.kind != YamlNode::Kind::Mapping)
      return error(entry.value.where,
                   "expected '" + parameter.key +
                       "' to be {value: ..., unit: " + parameter.unit +
                       ", source: ..., trust: ...}, got " +
                       describe(entry.value));
    for (const YamlNode::Entry &field : entry.value.entries)
      if (std::find(fieldNames().begin(), fieldNames().end(), field.key) ==
          fieldNames().end()) {
        std::string close = nearest(field.key, fieldNames());
        error(field.where,
              "unknown field '" + field.key + "' of '" + parameter.key + "'" +
                  (close.empty() ? "" : ", did you mean '" + close + "'?"));
      }
    size_t before = errors.size();
    std::vector<double> value = readNumbers(entry, parameter, "value", true);
    if (errors.size() == before)
      set(file.machine, parameter, value);
    readEnds(entry, parameter, value, result);
    readProvenance(entry, parameter, result);
  }

  std::vector<double> readNumbers(const YamlNode::Entry &entry,
                                  const Parameter &parameter,
                                  const std::string &field, bool required) {
    const YamlNode *node = entry.value.find(field);
    if (!node) {
      if (required)
        error(entry.where, "missing field '" + field + "' of '" +
                               parameter.key + "'" +
                               (field == "value" ? "" : ", which is a guess"));
      return {};
    }
    bool list = parameter.kind == Parameter::Kind::Integers;
    if (list && node->kind != YamlNode::Kind::Sequence) {
      error(node->where, "expected '" + parameter.key +
                             "' to be a list of integers, got " +
                             describe(*node));
      return {};
    }
    std::vector<double> numbers;
    for (const YamlNode &item : list ? node->items : std::vector{*node}) {
      std::optional<double> number;
      if (item.kind == YamlNode::Kind::Scalar && !item.quoted)
        number = readNumber(item.text, parameter.kind);
      if (!number) {
        error(item.where,
              "expected '" + parameter.key + "' to be " +
                  (parameter.kind == Parameter::Kind::Real ? "a number"
                                                           : "an integer") +
                  ", got " + describe(item));
        return {};
      }
      numbers.push_back(*number);
    }
    if (auto wrong = checkNumbers(parameter, numbers)) {
      error(node->where, *wrong);
      return {};
    }
    return numbers;
  }

  void readEnds(const YamlNode::Entry &entry, const Parameter &parameter,
                const std::vector<double> &value, MachineEntry &result) {
    if (parameter.kind == Parameter::Kind::Integers) {
      for (const char *end : {"low", "high"})
        if (const YamlNode *node = entry.value.find(end))
          error(node->where, std::string("expected no '") + end +
                                 "' for the list '" + parameter.key + "'");
      return;
    }
    auto low = readNumbers(entry, parameter, "low", parameter.guessed);
    auto high = readNumbers(entry, parameter, "high", parameter.guessed);
    if (low.empty() != high.empty()) {
      if (!parameter.guessed)
        error(entry.where, "expected both 'low' and 'high' of '" +
                               parameter.key + "', or neither");
      return;
    }
    if (low.empty() || value.empty())
      return;
    if (!(low[0] <= value[0] && value[0] <= high[0]))
      return error(entry.where,
                   "expected low <= value <= high of '" + parameter.key +
                       "', got " + numberText(low[0]) + ", " +
                       numberText(value[0]) + ", " + numberText(high[0]));
    result.low = low[0];
    result.high = high[0];
  }

  void readProvenance(const YamlNode::Entry &entry, const Parameter &parameter,
                      MachineEntry &result) {
    std::map<std::string, std::string> texts;
    for (const char *name : {"unit", "source", "trust"}) {
      const YamlNode *node = entry.value.find(name);
      if (!node)
        error(entry.where, std::string("missing field '") + name + "' of '" +
                               parameter.key + "'");
      else if (node->kind != YamlNode::Kind::Scalar || node->text.empty())
        error(node->where, std::string("expected '") + name + "' of '" +
                               parameter.key + "' to be text, got " +
                               describe(*node));
      else
        texts[name] = node->text;
    }
    if (texts.count("unit") && texts["unit"] != parameter.unit)
      error(entry.value.find("unit")->where,
            "expected unit '" + parameter.unit + "' of '" + parameter.key +
                "', got '" + texts["unit"] + "'");
    const std::string &trust = texts["trust"];
    if (!trust.empty() && trust != "P" && trust != "S" && trust != "M" &&
        trust != "I")
      error(entry.value.find("trust")->where,
            "expected trust P, S, M or I of '" + parameter.key + "', got '" +
                trust + "'");
    result.source = texts["source"];
    result.trust = trust.empty() ? 'I' : trust[0];
  }

  /// Puts entries into the table's order and says which keys are absent, at
  /// the innermost group that the file has.
  void addMissing() {
    for (const Parameter &parameter : parameters()) {
      auto entry = found.find(parameter.key);
      if (entry != found.end()) {
        file.entries.push_back(entry->second);
        continue;
      }
      if (parameter.optional)
        continue;
      std::string group = parameter.key;
      do {
        size_t dot = group.rfind('.');
        group = dot == std::string::npos ? "" : group.substr(0, dot);
      } while (!groups.count(group));
      error(groups[group], "missing key '" + parameter.key + "' (" +
                               parameter.unit + ": " + parameter.meaning + ")");
    }
  }

  MachineFile file;
  std::vector<Error> errors;
  std::map<std::string, std::string> groups; ///< path of a group -> where
  std::map<std::string, MachineEntry> found;
};

} // namespace

const MachineEntry *MachineFile::find(const std::string &key) const {
  for (const MachineEntry &entry : entries)
    if (entry.parameter->key == key)
      return &entry;
  return nullptr;
}

Result<MachineFile> parseMachine(const std::string &text,
                                 const std::string &path) {
  Result<YamlNode> root = parseYaml(text, path);
  if (!root)
    return root.errors;
  return MachineReader(path).run(*root);
}

Result<MachineFile> readMachine(const std::string &path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    return Error{path, std::string("cannot read: ") + std::strerror(EISDIR)};
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  std::stringstream text;
  if (stream)
    text << stream.rdbuf();
  if (!stream || stream.bad() || text.bad())
    return Error{path, std::string("cannot read: ") +
                           (errno ? std::strerror(errno) : "read error")};
  return parseMachine(text.str(), path);
}

} // namespace waferflow
