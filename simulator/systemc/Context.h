//===- Context.h - SystemC contexts, one at a time ------------- -*- C++
//-*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_SYSTEMC_CONTEXT_H
#define WAFERFLOW_SIMULATOR_SYSTEMC_CONTEXT_H

#include <systemc>
#include <tlm>

#include <memory>
#include <mutex>

namespace waferflow::systemc {

/// SystemC elaborates once a context, and its current context is one global.
/// Modules are made, run and destroyed while a Use of their context lives; in
/// between other contexts may be used.
class Context {
public:
  /// Nothing of SystemC's is touched before the first Use. `quantumTicks`: how
  /// far temporally decoupled processes run ahead.
  explicit Context(int64_t quantumTicks);
  ~Context();
  Context(const Context &) = delete;
  Context &operator=(const Context &) = delete;

  /// Makes the context the current one and leaves SystemC as it was found. One
  /// at a time in a process: others wait. SystemC's reports of warnings and
  /// above become exceptions (sc_core::sc_report).
  class Use {
  public:
    explicit Use(Context &context);
    ~Use();
    Use(const Use &) = delete;
    Use &operator=(const Use &) = delete;

  private:
    std::lock_guard<std::mutex> lock;
    sc_core::sc_simcontext *before;
    sc_core::sc_time quantum;
    sc_core::sc_actions warning, error, fatal;
  };

private:
  int64_t quantumTicks;
  std::unique_ptr<sc_core::sc_simcontext> own;
};

} // namespace waferflow::systemc

#endif // WAFERFLOW_SIMULATOR_SYSTEMC_CONTEXT_H
