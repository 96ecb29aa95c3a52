//===- Schedule.cpp -------------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/tile/system/Schedule.h"

#include "simulator/systemc/Context.h"
#include "simulator/tile/system/EdgeIo.h"
#include "simulator/tile/system/Host.h"
#include "simulator/tile/system/Region.h"
#include "simulator/tile/system/WeightStore.h"

#include <cmath>

using namespace waferflow;

namespace {

/// How far the host runs ahead of SystemC's time.
constexpr int64_t quantumCycles = 1000000;

/// The modules and the sockets between them.
struct System {
  Host host;
  Region region;
  EdgeIo edge;
  WeightStore store;

  System(const Machine &machine, const std::vector<ScheduledKernel> &kernels,
         const CostSwitches &switches)
      : host("host", kernels, 2), region("region"),
        edge("edge", switches[Cost::Io] ? machine.edgeBytesPerCycle() : 0,
             switches[Cost::Io] ? std::llround(machine.edgeLatencySeconds *
                                               machine.clockGhz * 1e9)
                                : 0),
        store("store",
              switches[Cost::Io]
                  ? static_cast<double>(machine.storeBytesPerWeight) /
                        (machine.storeBytesPerSecond / machine.clockGhz / 1e9)
                  : 0) {
    host.region.bind(region.host);
    region.edge.bind(edge.region);
    edge.store.bind(store.edge);
  }
};

} // namespace

std::variant<ScheduleResult, Error>
waferflow::runSchedule(const Machine &machine,
                       const std::vector<ScheduledKernel> &kernels,
                       const CostSwitches &switches) {
  systemc::Context context(quantumCycles);
  systemc::Context::Use use(context);
  try {
    System system(machine, kernels, switches);
    sc_core::sc_start();

    ScheduleResult result;
    const std::vector<int64_t> &ends = system.host.stepEnds;
    result.kernelCycles = system.host.kernelCycles;
    result.firstStepCycles = ends.at(0);
    result.stepCycles = ends.at(1) - ends.at(0);
    result.optimizerCycles = system.store.busyCycles[1];
    if (system.region.exposedCycles.size() > 1)
      result.exposedCycles = system.region.exposedCycles[1];
    return result;
  } catch (const sc_core::sc_report &report) {
    return Error{"SystemC",
                 std::string(report.get_msg_type()) + ": " + report.get_msg()};
  } catch (const std::exception &exception) {
    return Error{"SystemC", exception.what()};
  }
}
