//===- Sensitivity.cpp - What the guessed parameters are worth ------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/engine/Sensitivity.h"

#include "simulator/Simulate.h"

namespace waferflow {

namespace {

/// The program with one parameter of its machine, and the plan that follows.
Program withParameter(const Program &program, const Parameter &parameter,
                      double value) {
  Program changed = program;
  set(changed.machine, parameter, {value});
  changed.sram["code"] = changed.machine.codeBytes;
  return changed;
}

int64_t overBytes(const Program &program) {
  int64_t sum = 0;
  for (const auto &[item, bytes] : program.sram)
    sum += bytes;
  return sum - program.machine.sramBytes;
}

Result<int64_t> largestTokens(const Session &session, const std::string &key,
                              double value) {
  Request request = session.request();
  request.tokens = std::nullopt;
  request.machineOverrides.push_back(key + "=" + numberText(value));
  auto other = Session::open(request);
  if (!other)
    return other.errors;
  return (*other)->tokens();
}

Result<Report> simulateAgain(const Session &session, const Program &program) {
  SimulateOptions options;
  options.fidelity = session.request().fidelity;
  options.switches = session.request().switches;
  options.threads = session.request().threads;
  auto simulated = simulate(program, options);
  if (auto *error = std::get_if<Error>(&simulated))
    return *error;
  return std::get<Report>(std::move(simulated));
}

} // namespace

Result<std::vector<SensitivityRow>> sensitivityRows(const Session &session,
                                                    const Point &sparse,
                                                    const Point &dense) {
  std::vector<SensitivityRow> rows;
  for (const MachineEntry &entry : guessedEntries(session.machine()))
    for (const std::optional<double> &end : {entry.low, entry.high}) {
      double standard =
          get(session.machine().machine, *entry.parameter).front();
      if (!end || *end == standard)
        continue;
      SensitivityRow row;
      row.parameter = entry.parameter->key;
      row.value = *end;
      row.standard = standard;
      Program changed = withParameter(sparse.program, *entry.parameter, *end);
      if (int64_t over = overBytes(changed); over > 0) {
        row.overBytes = over;
        auto tokens = largestTokens(session, row.parameter, *end);
        row.tokensThatFit = tokens ? *tokens : 0;
        rows.push_back(row);
        continue;
      }
      auto sparseReport = simulateAgain(session, changed);
      auto denseReport = simulateAgain(
          session, withParameter(dense.program, *entry.parameter, *end));
      if (!sparseReport)
        return sparseReport.errors;
      if (!denseReport)
        return denseReport.errors;
      auto compared = compare(*sparseReport, *denseReport);
      if (auto *error = std::get_if<Error>(&compared))
        return *error;
      const auto &versus = std::get<Comparison>(compared);
      row.cycles = sparseReport->cycles;
      row.measured = versus.step.measured;
      row.linears = versus.linears.measured;
      rows.push_back(row);
    }
  return rows;
}

} // namespace waferflow
