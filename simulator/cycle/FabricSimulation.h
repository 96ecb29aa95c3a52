//===- FabricSimulation.h - A fabric program, wavelet by wavelet  -*- C++
//-*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// README.md says what decides a cycle.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_FABRICSIMULATION_H
#define WAFERFLOW_SIMULATOR_CYCLE_FABRICSIMULATION_H

#include "simulator/cycle/Counters.h"
#include "simulator/cycle/SramImage.h"

#include <memory>

namespace waferflow::cycle {

/// Told of what happens, in the order of the cycles; within a cycle in no
/// order that may be relied on.
class Observer {
public:
  virtual ~Observer() = default;
  /// A wavelet is readable in the router's buffer, or (from Ramp to the core:
  /// `toCore`) in an input queue, in `cycle`.
  virtual void landing(int64_t cycle, int64_t x, int64_t y, int32_t color,
                       Direction from, bool toCore, Wavelet wavelet) {}
  /// A vector instruction issues the slot that ends before element `done`.
  virtual void issue(int64_t cycle, int64_t x, int64_t y, int32_t thread,
                     VectorOp op, int64_t done) {}
  /// A task begins; its first instruction may be later.
  virtual void taskStart(int64_t cycle, int64_t x, int64_t y,
                         const std::string &task) {}
  /// It ends: its main thread is free from `cycle` on.
  virtual void taskEnd(int64_t cycle, int64_t x, int64_t y,
                       const std::string &task) {}
  /// A vector instruction, launched to begin in `start`, is complete in `end`.
  /// `thread` is -1 on the main thread.
  virtual void vectorDone(int64_t start, int64_t end, int64_t x, int64_t y,
                          int32_t thread, VectorOp op, int64_t elements) {}
};

struct CycleOptions {
  /// Not 0: nodes are stepped in an order shuffled with this seed every cycle.
  uint64_t shuffleSeed = 0;
  int64_t maxCycles = 1000000000; ///< at most 2^31 - 2
  Observer *observer = nullptr;   ///< not owned
};

/// `check`, and whether the options and the image (null: none) fit.
std::vector<Error> checkRun(const FabricProgram &program,
                            const SramImage *image,
                            const CycleOptions &options);

/// A wavelet that left at the edge, and when.
struct TimedWavelet {
  int64_t cycle = 0;
  Wavelet wavelet;
};

class FabricSimulation {
public:
  /// Checks the program, which must outlive the simulation.
  static Result<FabricSimulation> create(const FabricProgram &program,
                                         const CycleOptions &options = {});
  /// The same on memory that holds something: the image is moved from, unless
  /// there are errors. It must have the program's cores and bytes enough for
  /// each.
  static Result<FabricSimulation> create(const FabricProgram &program,
                                         SramImage &&image,
                                         const CycleOptions &options = {});
  FabricSimulation(FabricSimulation &&) noexcept;
  ~FabricSimulation();

  /// Elements of a buffer of one core, rounded to its type, before `run`.
  std::optional<Error> write(int64_t x, int64_t y, const std::string &buffer,
                             const std::vector<float> &values);
  Result<std::vector<float>> read(int64_t x, int64_t y,
                                  const std::string &buffer) const;

  /// Runs until nothing is left to do. Once. An error names core, color and
  /// cycle: deadlock, lost wavelets, an access outside a buffer, a division by
  /// zero, or too many cycles.
  std::optional<Error> run();

  /// The memory that the program has left, after `run`, for the next program.
  /// Only of a simulation that was given an image, and once: `read` and `write`
  /// are errors from then on.
  SramImage takeImage();

  /// From cycle 0 to the end of the last thing that happened.
  int64_t cycles() const;
  const Counters &counters() const;
  /// What left at FabricProgram::outputs[index].
  const std::vector<TimedWavelet> &output(size_t index) const;
  /// Bytes of state a core, without SRAM contents and what is shared.
  double stateBytesPerCore() const;

private:
  struct Parts;
  explicit FabricSimulation(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts;
};

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_FABRICSIMULATION_H
