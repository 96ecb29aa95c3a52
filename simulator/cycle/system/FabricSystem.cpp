//===- FabricSystem.cpp - Fabric programs in SystemC time -----------------===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "simulator/cycle/system/FabricSystem.h"

#include "simulator/cycle/system/EdgeIo.h"
#include "simulator/cycle/system/Host.h"
#include "simulator/cycle/system/Region.h"
#include "simulator/cycle/system/WeightStore.h"
#include "simulator/systemc/Context.h"

namespace waferflow::cycle {

/// How far the region runs ahead of SystemC's time. It shares no state with
/// anything but through transactions that carry their time: results do not
/// depend on it.
static constexpr int64_t quantumCycles = 100000;

namespace {

/// The modules and the sockets between them.
struct System {
  Host host{"host"};
  Region region{"region"};
  EdgeIo edge{"edge"};
  WeightStore store{"store"};

  System() {
    host.region.bind(region.host);
    region.edge.bind(edge.region);
    edge.border.bind(region.border);
    edge.store.bind(store.edge);
  }
};

} // namespace

struct FabricSystem::Modules {
  systemc::Context context{quantumCycles};
  std::unique_ptr<System> system;
  int64_t cycles = 0;
  bool broken = false; ///< by an exception in a process

  Modules() {
    systemc::Context::Use use(context);
    system = std::make_unique<System>();
    sc_core::sc_start(sc_core::SC_ZERO_TIME); // elaborates
  }
  ~Modules() {
    systemc::Context::Use use(context);
    try {
      if (!broken)
        give(nullptr); // the host's process ends
    } catch (const std::exception &) {
      // The modules go in any case.
    }
    system.reset();
  }

  void give(ProgramStart *start) {
    system->host.give(start);
    sc_core::sc_start();
    cycles = systemc::cyclesOf(sc_core::sc_time_stamp());
  }
};

FabricSystem::FabricSystem() : modules(std::make_unique<Modules>()) {}
FabricSystem::~FabricSystem() = default;

int64_t FabricSystem::cycles() const { return modules->cycles; }

void FabricSystem::pass(int64_t cycles) {
  if (modules->broken || cycles <= 0)
    return;
  systemc::Context::Use use(modules->context);
  sc_core::sc_start(systemc::ticks(cycles)); // nobody has anything to do
  modules->cycles = systemc::cyclesOf(sc_core::sc_time_stamp());
}

Result<ProgramRun> FabricSystem::run(const FabricProgram &program,
                                     SramImage &image,
                                     const CycleOptions &options) {
  std::vector<Error> errors = checkRun(program, &image, options);
  if (!errors.empty())
    return errors;
  if (modules->broken)
    return Error{"SystemC", "an earlier program has stopped it"};
  ProgramStart start;
  start.program = &program;
  start.image = &image;
  start.options = &options;
  systemc::Context::Use use(modules->context);
  modules->broken = true; // unless it comes back
  try {
    modules->give(&start);
  } catch (const sc_core::sc_report &report) {
    return Error{"SystemC",
                 std::string(report.get_msg_type()) + ": " + report.get_msg()};
  } catch (const std::exception &exception) {
    return Error{"SystemC", exception.what()};
  }
  modules->broken = false;
  if (start.error)
    return *start.error;
  return ProgramRun{modules->system->host.programCycles,
                    std::move(start.counters), std::move(start.outputs)};
}

} // namespace waferflow::cycle
