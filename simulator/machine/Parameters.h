//===- Parameters.h - The one table of machine parameters -------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The reader of machines/*.yaml, command-line overrides, the printed table and
// the `#flow.machine` attribute are all driven by `parameters()`: a parameter
// is added there and nowhere else.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_MACHINE_PARAMETERS_H
#define WAFERFLOW_SIMULATOR_MACHINE_PARAMETERS_H

#include "simulator/machine/Machine.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace waferflow {

struct Parameter {
  enum class Kind { Integer, Real, Integers };
  /// Where a machine keeps it: a member, `instructions` or `facts`.
  struct Instruction {};
  struct Fact {};
  using Place =
      std::variant<int64_t Machine::*, double Machine::*, Instruction, Fact>;

  std::string key; ///< "pe.sram_bytes"
  Place place;
  Kind kind;
  std::string unit;   ///< "bytes"
  double lowest = 0;  ///< smallest value allowed, of each number of a list
  double highest = 0; ///< largest value allowed
  std::string meaning;
  bool guessed = false;  ///< nobody publishes it: low and high are demanded
  bool optional = false; ///< a machine may not have it (measurements)
};

/// Every parameter, in the order in which tables print them.
const std::vector<Parameter> &parameters();

/// The parameter with this key, or null.
const Parameter *findParameter(const std::string &key);

/// "unknown key 'pe.sram_byte', did you mean 'pe.sram_bytes'?"
std::string unknownKey(const std::string &key);

/// The numbers of a parameter: one, several for a list, none where an optional
/// one is absent.
std::vector<double> get(const Machine &machine, const Parameter &parameter);

/// Sets a parameter to numbers that `checkNumbers` accepts.
void set(Machine &machine, const Parameter &parameter,
         const std::vector<double> &numbers);

/// What is wrong with these numbers for this parameter: "expected
/// 'pe.sram_bytes' between 1024 and 1073741824 bytes, got 12".
std::optional<std::string> checkNumbers(const Parameter &parameter,
                                        const std::vector<double> &numbers);

/// Every parameter present and in range, and limits that tie two of them. The
/// errors are located at the machine's name.
std::vector<Error> check(const Machine &machine);

/// The shortest decimal text that reads back as `number`.
std::string numberText(double number);

/// The number that all of `text` spells, as the parameter's kind demands:
/// "12.5", "1.5e-3", "-4"; integers without point or exponent.
std::optional<double> readNumber(const std::string &text, Parameter::Kind kind);

/// The candidate that resembles `word`, for "did you mean"; or "".
std::string nearest(const std::string &word,
                    const std::vector<std::string> &candidates);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_MACHINE_PARAMETERS_H
