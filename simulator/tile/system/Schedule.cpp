//===- Schedule.cpp -------------------------------------------------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/tile/system/Schedule.h"

#include "simulator/tile/system/EdgeIo.h"
#include "simulator/tile/system/Host.h"
#include "simulator/tile/system/Region.h"
#include "simulator/tile/system/WeightStore.h"

#include <cmath>
#include <memory>
#include <mutex>

using namespace waferflow;

// libsystemc refers to it at load: every program that links this library has
// one by default, and may define its own.
extern "C" __attribute__((visibility("default"), weak)) int sc_main(int,
                                                                    char **) {
  return 0;
}

namespace {

/// How far the host runs ahead of SystemC's time.
constexpr int64_t quantumCycles = 1000000;

/// SystemC elaborates once a context, and its current context is one global:
/// a run has a context of its own and holds the mutex as long as it lives.
/// Reports of its severity and above become exceptions.
class FreshContext {
public:
  FreshContext()
      : lock(mutex()), before(sc_core::sc_curr_simcontext),
        quantum(tlm::tlm_global_quantum::instance().get()),
        warning(sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING,
                                                        sc_core::SC_THROW)),
        error(sc_core::sc_report_handler::set_actions(sc_core::SC_ERROR,
                                                      sc_core::SC_THROW)),
        fatal(sc_core::sc_report_handler::set_actions(sc_core::SC_FATAL,
                                                      sc_core::SC_THROW)) {
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
    tlm::tlm_global_quantum::instance().set(ticks(quantumCycles));
  }
  ~FreshContext() {
    delete sc_core::sc_curr_simcontext;
    sc_core::sc_curr_simcontext = before;
    tlm::tlm_global_quantum::instance().set(quantum);
    sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING, warning);
    sc_core::sc_report_handler::set_actions(sc_core::SC_ERROR, error);
    sc_core::sc_report_handler::set_actions(sc_core::SC_FATAL, fatal);
  }
  FreshContext(const FreshContext &) = delete;
  FreshContext &operator=(const FreshContext &) = delete;

private:
  static std::mutex &mutex() {
    static std::mutex only;
    return only;
  }

  std::lock_guard<std::mutex> lock;
  sc_core::sc_simcontext *before;
  sc_core::sc_time quantum;
  sc_core::sc_actions warning, error, fatal;
};

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
  FreshContext context;
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
