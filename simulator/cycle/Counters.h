//===- Counters.h - What a run counted ------------------------ -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_CYCLE_COUNTERS_H
#define WAFERFLOW_SIMULATOR_CYCLE_COUNTERS_H

#include <cstdint>
#include <vector>

namespace waferflow::cycle {

/// Wavelets of one color.
struct ColorCounters {
  int64_t entered = 0;   ///< from the edge
  int64_t sent = 0;      ///< by cores, onto the ramp
  int64_t hops = 0;      ///< over links between routers, each branch
  int64_t delivered = 0; ///< into input queues of cores
  int64_t left = 0;      ///< at the edge
  int64_t controls = 0;  ///< of entered and sent: control wavelets
};

/// Cycles that a ready instruction did not issue, by what it waited for.
struct StallCounters {
  int64_t input = 0;  ///< cycles, a source queue was empty
  int64_t output = 0; ///< cycles, an output queue was full
  int64_t slot = 0;   ///< cycles, another thread had the issue slot
  int64_t router = 0; ///< wavelet-cycles at the head of a router's buffer
  /// 1/256 cycles by which slots were longer since streams met in a bank.
  int64_t banks256 = 0;
};

struct Counters {
  std::vector<ColorCounters> colors;
  StallCounters stalls;
  int64_t axpys = 0;            ///< Fmac instructions with a scalar factor
  int64_t dots = 0;             ///< Dot instructions
  int64_t vectors = 0;          ///< vector instructions, all
  int64_t elements = 0;         ///< of vector instructions
  int64_t multiplyAdds = 0;     ///< elements of Fmac and Dot
  int64_t slots = 0;            ///< issue slots of vector instructions
  int64_t scalars = 0;          ///< issue slots of scalar code
  int64_t dataTasks = 0;        ///< started
  int64_t controlTasks = 0;     ///< started
  int64_t localTasks = 0;       ///< started
  int64_t switchAdvances = 0;   ///< switch positions changed
  int64_t activeCoreCycles = 0; ///< cycles in which a core had work, summed
  // What energy is made of (Energy.h), with hops and wavelets.
  int64_t multiplies16 = 0, multiplies32 = 0; ///< by the width of the factors
  int64_t adds16 = 0, adds32 = 0; ///< comparisons too; by the width of the sum
  int64_t functions = 0;          ///< exp, log, rsqrt, reciprocal
  int64_t sramReadBytes = 0;
  int64_t sramWriteBytes = 0;
};

} // namespace waferflow::cycle

#endif // WAFERFLOW_SIMULATOR_CYCLE_COUNTERS_H
