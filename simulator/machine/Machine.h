//===- Machine.h - The wafer that a program runs on -------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Plain numbers, each with a key, a unit, a range and a source (Parameters.h).
// Every cost of every timing model is one of these.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_MACHINE_MACHINE_H
#define WAFERFLOW_SIMULATOR_MACHINE_MACHINE_H

#include "simulator/program/Types.h"

#include <map>
#include <string>
#include <vector>

namespace waferflow {

struct Machine {
  std::string name;

  double clockGhz = 0; ///< clock.ghz, GHz

  // Fabric: cores and routers on a grid.
  int64_t width = 0;      ///< fabric.width, columns that kernels may use
  int64_t height = 0;     ///< fabric.height, rows that kernels may use
  int64_t hopCycles = 0;  ///< fabric.hop_cycles, router to router
  int64_t rampCycles = 0; ///< fabric.ramp_cycles (T_R), core to router
  double linkWaveletsPerCycle = 0; ///< fabric.link_wavelets_per_cycle
  int64_t colors = 0;              ///< fabric.colors
  int64_t reservedColors = 0;      ///< fabric.reserved_colors
  int64_t switchPositions = 0;     ///< fabric.switch_positions, a color
  int64_t bufferWavelets = 0; ///< fabric.buffer_wavelets, a color and input
  int64_t switchAdvanceCycles = 0; ///< fabric.switch_advance_cycles
  int64_t rerouteCycles = 0; ///< fabric.reroute_cycles, between two kernels

  // Core.
  int64_t sramBytes = 0;      ///< pe.sram_bytes
  int64_t codeBytes = 0;      ///< pe.code_bytes, program text and runtime
  int64_t cacheBytes = 0;     ///< pe.cache_bytes, software-managed
  int64_t launchCycles = 0;   ///< pe.launch_cycles, a configured microthread
  int64_t setupCycles = 0;    ///< pe.setup_cycles, a DSD op from scalar code
  int64_t rowEndCycles = 0;   ///< pe.row_end_cycles, a control wavelet's task
  int64_t taskCycles = 0;     ///< pe.task_cycles, a software task
  int64_t dispatchCycles = 0; ///< pe.dispatch_cycles, send to first wavelet
  int64_t completeCycles = 0; ///< pe.complete_cycles, last wavelet to task
  int64_t inputQueueWavelets = 0;  ///< pe.input_queue_wavelets
  int64_t outputQueueWavelets = 0; ///< pe.output_queue_wavelets
  int64_t psumInCache = 0; ///< pe.psum_in_cache, 1: AXPY at the cache's rate

  // Edge and weight store.
  double edgeBytesPerSecond = 0;  ///< edge.bytes_per_second, each direction
  double edgeLatencySeconds = 0;  ///< edge.latency_seconds
  int64_t edgeColumnFifo = 0;     ///< edge.column_fifo, wavelets a lane
  double storeBytesPerSecond = 0; ///< store.bytes_per_second, optimizer traffic
  int64_t storeBytesPerWeight = 0; ///< store.optimizer_bytes_per_weight

  /// instruction.<op>.<type>.<operands> -> elements a cycle. Ops: axpy, add,
  /// mul, max, copy, dot, exp, log, rsqrt, reciprocal, select. Types: f16,
  /// bf16, f32, mixed (16-bit operands, f32 result). Operands: memory, fabric,
  /// cache.
  std::map<std::string, double> instructions;

  /// Descriptive parameters that no `tile` cost depends on (ports, energies,
  /// areas, measurements), by their keys; lists have several numbers. An
  /// optional one that the machine's source does not give is absent.
  std::map<std::string, std::vector<double>> facts;

  /// Elements a cycle of `key` without its "instruction." prefix. `check` has
  /// made sure that the table is complete.
  double rate(const std::string &key) const { return instructions.at(key); }

  double edgeBytesPerCycle() const {
    return edgeBytesPerSecond / clockGhz / 1e9;
  }
};

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_MACHINE_MACHINE_H
