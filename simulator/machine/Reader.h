//===- Reader.h - Machines from YAML files ----------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A machine file holds `name`, `description` and every required parameter of
// Parameters.h, grouped by the parts of its key:
//
//   pe:
//     sram_bytes: {value: 49152, unit: bytes, source: "...", trust: P}
//     launch_cycles: {value: 2, low: 0, high: 16, unit: cycles, ..., trust: I}
//
// Trust: P vendor talk, document or paper; S third-party write-up or
// measurement; I inferred, the arithmetic in `source`; U set by the user.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_MACHINE_READER_H
#define WAFERFLOW_SIMULATOR_MACHINE_READER_H

#include "simulator/machine/Parameters.h"
#include "simulator/program/Result.h"

#include <string>
#include <vector>

namespace waferflow {

/// What a file says of a parameter besides its value, which is in the Machine.
struct MachineEntry {
  const Parameter *parameter = nullptr;
  std::optional<double> low, high; ///< ends for `--sensitivity`
  std::string source;
  char trust = 'I';
};

struct MachineFile {
  std::string path;
  std::string description;
  Machine machine;
  std::vector<MachineEntry> entries; ///< in the order of `parameters()`

  const MachineEntry *find(const std::string &key) const;
};

/// Reads a machine from text. `path` is only named in errors. All errors of a
/// file are reported, each located as "path:line:column".
Result<MachineFile> parseMachine(const std::string &text,
                                 const std::string &path);

/// Reads a machine file.
Result<MachineFile> readMachine(const std::string &path);

/// Applies "pe.sram_bytes=65536" (a list as "4,4,2"). The entry's source and
/// trust then say that the user set it; low and high stay. Limits that tie two
/// parameters are `check(Machine)`'s, after the last override.
std::optional<Error> applyOverride(MachineFile &file,
                                   const std::string &assignment);

/// The machines in `directory` (`NAME.yaml`), by name, sorted.
std::vector<std::string> machineNames(const std::string &directory);

/// The machine called `nameOrPath` in `directory`, or the file at that path if
/// it has a '/' or ends in .yaml; with overrides applied and checked.
Result<MachineFile> loadMachine(const std::string &nameOrPath,
                                const std::string &directory,
                                const std::vector<std::string> &overrides = {});

/// One line of `waferflow machines`, as text.
struct MachineRow {
  std::string key, value, low, high, unit, source, trust, meaning;
};

/// Every parameter that the machine has, in the order of `parameters()`.
std::vector<MachineRow> machineTable(const MachineFile &file);

/// The guessed parameters, whose ends `--sensitivity` tries.
std::vector<MachineEntry> guessedEntries(const MachineFile &file);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_MACHINE_READER_H
