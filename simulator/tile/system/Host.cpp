//===- Host.cpp -----------------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/tile/system/Host.h"

#include <tlm_utils/tlm_quantumkeeper.h>

using namespace waferflow;

Host::Host(const sc_core::sc_module_name &name,
           const std::vector<ScheduledKernel> &kernels, int64_t steps)
    : sc_module(name), kernels(kernels), steps(steps) {
  SC_HAS_PROCESS(Host);
  SC_THREAD(run);
}

void Host::run() {
  tlm_utils::tlm_quantumkeeper time;
  time.reset();
  for (int64_t step = 0; step < steps; ++step) {
    kernelCycles.clear();
    for (const ScheduledKernel &kernel : kernels) {
      KernelStart start;
      start.kernel = &kernel;
      start.step = step;
      sc_core::sc_time local = time.get_local_time(), begin = local;
      send(region, start, local);
      kernelCycles.push_back(cyclesOf(local - begin));
      time.set(local);
      if (time.need_sync())
        time.sync();
    }
    time.sync();
    stepEnds.push_back(cyclesOf(sc_core::sc_time_stamp()));
  }
}
