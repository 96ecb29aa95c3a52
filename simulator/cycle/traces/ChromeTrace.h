//===- ChromeTrace.h - Tasks and instructions in time --------- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_TRACES_CHROMETRACE_H
#define WAFERFLOW_SIMULATOR_CYCLE_TRACES_CHROMETRACE_H

#include "simulator/cycle/traces/TraceText.h"

#include <map>

namespace waferflow::cycle {

/// JSON in the form of Chrome's and Perfetto's trace viewers: a process a core,
/// in it a track for the main thread (tasks, in them their vector instructions)
/// and one for each microthread. A microsecond of the viewer is a cycle. Where
/// several programs ran, a process of its own shows when each did.
class ChromeTrace : public Observer {
public:
  explicit ChromeTrace(const TraceOptions &options) : events(options) {}
  void taskStart(int64_t cycle, int64_t x, int64_t y,
                 const std::string &task) override;
  void taskEnd(int64_t cycle, int64_t x, int64_t y,
               const std::string &task) override;
  void vectorDone(int64_t start, int64_t end, int64_t x, int64_t y,
                  int32_t thread, VectorOp op, int64_t elements) override;

  /// A program ran from `start` to `end`.
  void program(const std::string &name, int64_t start, int64_t end);

  std::optional<Error> error() const { return events.error(); }
  Result<std::string> text() const;

private:
  using Place = std::pair<int64_t, int64_t>; ///< y, x
  int64_t processOf(int64_t cycle, int64_t x, int64_t y);
  void track(int64_t cycle, int64_t process, int64_t number,
             const std::string &name);
  void event(int64_t process, int64_t track, const std::string &name,
             int64_t start, int64_t end);

  TraceText events;
  std::map<Place, int64_t> processes;
  std::map<std::pair<int64_t, int64_t>, bool> named; ///< process, track
  std::map<Place, int64_t> taskStarts;
  bool hasPrograms = false;
};

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_TRACES_CHROMETRACE_H
