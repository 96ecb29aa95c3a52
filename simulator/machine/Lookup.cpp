//===- Lookup.cpp - Machines by name, overrides, tables -------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/machine/Reader.h"

#include <algorithm>
#include <filesystem>

namespace waferflow {

std::optional<Error> applyOverride(MachineFile &file,
                                   const std::string &assignment) {
  std::string where = "--set " + assignment;
  size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0)
    return Error{where, "expected KEY=VALUE"};
  std::string key = assignment.substr(0, equals);
  const Parameter *parameter = findParameter(key);
  if (!parameter)
    return Error{where, unknownKey(key)};

  std::vector<double> numbers;
  std::string rest = assignment.substr(equals + 1);
  bool list = parameter->kind == Parameter::Kind::Integers;
  for (size_t begin = 0; begin <= rest.size();) {
    size_t end =
        list ? std::min(rest.find(',', begin), rest.size()) : rest.size();
    std::string text = rest.substr(begin, end - begin);
    std::optional<double> number = readNumber(text, parameter->kind);
    if (!number)
      return Error{where, "expected '" + key + "' to be " +
                              (list ? "integers with commas between them"
                               : parameter->kind == Parameter::Kind::Real
                                   ? "a number"
                                   : "an integer") +
                              " (" + parameter->unit + "), got '" + text + "'"};
    numbers.push_back(*number);
    begin = end + 1;
  }
  if (auto wrong = checkNumbers(*parameter, numbers))
    return Error{where, *wrong};

  set(file.machine, *parameter, numbers);
  auto entry = std::find_if(
      file.entries.begin(), file.entries.end(),
      [&](const MachineEntry &e) { return e.parameter >= parameter; });
  // An optional parameter that the file does not give: keep the table's order.
  if (entry == file.entries.end() || entry->parameter != parameter) {
    entry = file.entries.insert(entry, MachineEntry());
    entry->parameter = parameter;
  }
  entry->source = "set by the user";
  entry->trust = 'U';
  return std::nullopt;
}

std::vector<std::string> machineNames(const std::string &directory) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (std::filesystem::directory_iterator file(directory, ignored), end;
       !ignored && file != end; file.increment(ignored))
    if (file->path().extension() == ".yaml")
      names.push_back(file->path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

Result<MachineFile> loadMachine(const std::string &nameOrPath,
                                const std::string &directory,
                                const std::vector<std::string> &overrides) {
  std::string path = nameOrPath;
  bool isPath = path.find('/') != std::string::npos ||
                std::filesystem::path(path).extension() == ".yaml";
  if (!isPath) {
    std::vector<std::string> names = machineNames(directory);
    if (std::find(names.begin(), names.end(), nameOrPath) == names.end()) {
      std::string known;
      for (const std::string &name : names)
        known += (known.empty() ? "" : ", ") + name;
      return Error{"", "unknown machine '" + nameOrPath + "', known are " +
                           (known.empty() ? "none in " + directory : known) +
                           "; or give the path of a .yaml file"};
    }
    path = (std::filesystem::path(directory) / (nameOrPath + ".yaml")).string();
  }
  Result<MachineFile> file = readMachine(path);
  if (!file)
    return file;
  for (const std::string &assignment : overrides)
    if (auto error = applyOverride(*file, assignment))
      return *error;
  std::vector<Error> errors = check(file->machine);
  if (!errors.empty())
    return errors;
  return file;
}

static std::string listText(const std::vector<double> &numbers) {
  std::string text;
  for (double number : numbers)
    text += (text.empty() ? "" : ",") + numberText(number);
  return text;
}

std::vector<MachineRow> machineTable(const MachineFile &file) {
  std::vector<MachineRow> rows;
  for (const MachineEntry &entry : file.entries) {
    const Parameter &parameter = *entry.parameter;
    rows.push_back({parameter.key, listText(get(file.machine, parameter)),
                    entry.low ? numberText(*entry.low) : "",
                    entry.high ? numberText(*entry.high) : "", parameter.unit,
                    entry.source, std::string(1, entry.trust),
                    parameter.meaning});
  }
  return rows;
}

std::vector<MachineEntry> guessedEntries(const MachineFile &file) {
  std::vector<MachineEntry> entries;
  for (const MachineEntry &entry : file.entries)
    if (entry.parameter->guessed)
      entries.push_back(entry);
  return entries;
}

} // namespace waferflow
