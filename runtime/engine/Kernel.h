//===- Kernel.h - What one kernel costs on a machine ------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_ENGINE_KERNEL_H
#define WAFERFLOW_RUNTIME_ENGINE_KERNEL_H

#include "runtime/engine/GraphRun.h"
#include "runtime/engine/TraceJson.h"
#include "simulator/machine/Reader.h"

namespace waferflow {

/// One call of `waferflow kernel`.
struct KernelRequest {
  std::string operation; ///< a name of `kernelNames`
  int64_t rows = 64;     ///< R, of the weight or table
  int64_t columns = 64;  ///< K, of the weight or table, or features
  int64_t tokens = 64;   ///< N, one sequence in each token group
  double density = 1;    ///< of the weight
  std::string type = "f16";
  /// Cores at the north-west corner; default 16 x 16 or the machine.
  std::optional<int64_t> width, height;
  std::string machine = "cs3"; ///< name, or path of a YAML file
  std::string machinesDir;
  std::string fidelity = "cycle";
  std::vector<std::string> settings; ///< "pe.launch_cycles=0", "mapping.go=2"
  int64_t seed = 0;
  cycle::TraceRequest traces; ///< at fidelity cycle; cores of the region
};

struct KernelResult {
  MachineFile machineFile; ///< the region as a machine of its own
  int64_t cycles = 0;
  double seconds = 0;
  int64_t nonzeros = 0; ///< of the weight, those of all token groups once
  /// The programs or kernels that ran one after the other, with their cycles.
  std::vector<std::pair<std::string, int64_t>> parts;
  std::vector<std::pair<std::string, int64_t>> counters;
  std::vector<cycle::Counters> counted; ///< of the programs
  /// Of fidelity cycle: the element that is furthest off, as a fraction of what
  /// its terms' absolute values add up to, and what rounding allows.
  std::optional<double> error, allowedError;
  cycle::TraceTexts traces;
};

/// spmm, spmm-t, sddmm, map, reduce, gather.
const std::vector<std::string> &kernelNames();

/// The kernel as a graph: N tokens in so many sequences, [R, K] weights or
/// tables.
std::string kernelGraph(const KernelRequest &request, int64_t sequences);

/// Maps it, and runs it with random values, which are compared with the CPU, or
/// times it through `tile`. An error says what is out of range or wrong.
Result<KernelResult> runKernel(const KernelRequest &request);

/// The same from and to JSON text.
Result<Answer> kernel(const std::string &request);

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_ENGINE_KERNEL_H
