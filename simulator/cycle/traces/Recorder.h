//===- Recorder.h - Traces of programs one after the other ---- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_TRACES_RECORDER_H
#define WAFERFLOW_SIMULATOR_CYCLE_TRACES_RECORDER_H

#include "simulator/cycle/traces/ChromeTrace.h"
#include "simulator/cycle/traces/Landings.h"
#include "simulator/cycle/traces/Vcd.h"

#include <map>
#include <memory>
#include <set>
#include <utility>

namespace waferflow::cycle {

/// What is to be recorded, of which cores, while which programs run.
struct TraceRequest {
  bool chrome = false, vcd = false, landings = false;
  std::vector<std::pair<int64_t, int64_t>> cores; ///< x, y; none: all
  std::vector<std::string> programs;              ///< none: all
  int64_t maxBytes = 256ll << 20;                 ///< of each text
  bool any() const { return chrome || vcd || landings; }
};

/// Texts by what was asked for.
struct TraceTexts {
  std::optional<std::string> chrome, vcd, landings;
};

/// Traces of the programs of a run on one time line, each from the cycle in
/// which it began. Programs that are not chosen leave gaps and run at full
/// speed.
class Recorder : private Observer {
public:
  /// An error names a core that `width` x `height` cores don't have, or a
  /// program that is none of `programs`.
  static Result<std::unique_ptr<Recorder>>
  create(const TraceRequest &request, int64_t width, int64_t height,
         const std::vector<std::string> &programs);

  /// The observer of the program that begins in `cycle` of the run; null: of
  /// none.
  Observer *begin(const std::string &program, int64_t cycle);
  /// It has ended. The error is that a trace became too large.
  std::optional<Error> end(int64_t cycle);

  Result<TraceTexts> texts() const;

private:
  explicit Recorder(const TraceRequest &request, int64_t width, int64_t height);
  bool wants(int64_t x, int64_t y) const {
    return cores.empty() || cores.count({x, y});
  }

  void landing(int64_t cycle, int64_t x, int64_t y, int32_t color,
               Direction from, bool toCore, Wavelet wavelet) override;
  void issue(int64_t cycle, int64_t x, int64_t y, int32_t thread, VectorOp op,
             int64_t done) override;
  void taskStart(int64_t cycle, int64_t x, int64_t y,
                 const std::string &task) override;
  void taskEnd(int64_t cycle, int64_t x, int64_t y,
               const std::string &task) override;
  void vectorDone(int64_t start, int64_t end, int64_t x, int64_t y,
                  int32_t thread, VectorOp op, int64_t elements) override;

  std::unique_ptr<ChromeTrace> chrome;
  std::unique_ptr<Vcd> vcd;
  std::unique_ptr<LandingTrace> landings;
  std::vector<Observer *> all; ///< of these
  std::set<std::pair<int64_t, int64_t>> cores;
  std::set<std::string> programs;
  std::string current; ///< program; empty: not chosen
  int64_t start = 0;   ///< cycle in which it began
};

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_TRACES_RECORDER_H
