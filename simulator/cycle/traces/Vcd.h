//===- Vcd.h - Chosen cores as waves -------------------------- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_TRACES_VCD_H
#define WAFERFLOW_SIMULATOR_CYCLE_TRACES_VCD_H

#include "simulator/cycle/traces/TraceText.h"

#include <map>
#include <tuple>

namespace waferflow::cycle {

/// A value change dump, a nanosecond a cycle, with three signals of 8 bits a
/// core (`task` 16 where there are more than 255): `task`, the number of the
/// task that runs (0: none; a comment at the head names them); `issue`, who has
/// the issue slot (0: nobody or scalar code, 1: the main thread, 2 + i:
/// microthread i); `arrival`, 1 + color of a wavelet that is readable in an
/// input queue for the first time (0: none).
class Vcd : public Observer {
public:
  explicit Vcd(const TraceOptions &options) : options(options) {}
  void landing(int64_t cycle, int64_t x, int64_t y, int32_t color,
               Direction from, bool toCore, Wavelet wavelet) override;
  void issue(int64_t cycle, int64_t x, int64_t y, int32_t thread, VectorOp op,
             int64_t done) override;
  void taskStart(int64_t cycle, int64_t x, int64_t y,
                 const std::string &task) override;
  void taskEnd(int64_t cycle, int64_t x, int64_t y,
               const std::string &task) override;

  std::optional<Error> error() const;
  Result<std::string> text() const;

private:
  enum Signal { Task, Issue, Arrival };
  struct Key {
    int64_t y, x;
    int signal;
    bool operator<(const Key &other) const {
      return std::tie(y, x, signal) < std::tie(other.y, other.x, other.signal);
    }
  };
  void set(int64_t cycle, int64_t x, int64_t y, Signal signal, int64_t value,
           bool pulse);

  TraceOptions options;
  std::map<Key, std::map<int64_t, int64_t>> changes; ///< cycle to value
  std::map<std::string, int64_t> tasks;
  int64_t bytes = 0; ///< that the changes will take at most
  int64_t fullAt = -1;
};

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_TRACES_VCD_H
