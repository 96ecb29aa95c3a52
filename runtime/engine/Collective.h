//===- Collective.h - What a collective costs on a machine ------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_ENGINE_COLLECTIVE_H
#define WAFERFLOW_RUNTIME_ENGINE_COLLECTIVE_H

#include "runtime/engine/TraceJson.h"
#include "simulator/cycle/Counters.h"
#include "simulator/cycle/collectives/Collectives.h"
#include "simulator/machine/Reader.h"
#include "simulator/program/Result.h"

#include <optional>
#include <string>
#include <vector>

namespace waferflow {

/// One call of `waferflow collective`.
struct CollectiveRequest {
  std::string operation;        ///< a name of `collectiveNames`
  int64_t cores = 64;           ///< in a row
  int64_t rows = 1;             ///< of 2d; 1 of all others
  int64_t elements = 1024;      ///< a core
  std::optional<int64_t> group; ///< S, of two-phase and 2d
  std::string type = "f32";     ///< f16, bf16 or f32
  std::string machine = "cs3";  ///< name, or path of a YAML file
  std::string machinesDir;
  std::vector<std::string> overrides; ///< "pe.setup_cycles=13"
  cycle::TraceRequest traces;
};

/// What HPDC'24 says of it, for hops of one cycle.
struct PublishedCycles {
  int64_t cycles = 0;
  std::string formula;
  std::string source;
};

struct CollectiveResult {
  MachineFile machineFile;
  int64_t group = 0; ///< that was taken; 0: none
  int64_t hopCycles = 0;
  int64_t wavelets = 0; ///< a core's vector
  int64_t cycles = 0;
  double seconds = 0;
  cycle::Counters counters;
  PublishedCycles published;
  cycle::TraceTexts traces;
};

/// broadcast, chain, tree, two-phase, star, ring, 2d.
const std::vector<std::string> &collectiveNames();

/// Simulates it at fidelity `cycle` and compares every value that it should
/// leave with the sum (or the root's data) computed here. An error says what is
/// out of range with its limit, or which value is wrong where.
Result<CollectiveResult> runCollective(const CollectiveRequest &request);

/// The same from and to JSON text.
Result<Answer> collective(const std::string &request);

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_ENGINE_COLLECTIVE_H
