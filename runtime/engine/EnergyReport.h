//===- EnergyReport.h - What a run takes, and who says so -------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_ENGINE_ENERGYREPORT_H
#define WAFERFLOW_RUNTIME_ENGINE_ENERGYREPORT_H

#include "simulator/cycle/Energy.h"
#include "simulator/machine/Reader.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/Support/JSON.h"

#include <map>

namespace waferflow {

/// Where a machine has its energies from: trust (one letter of
/// machines/README.md) and source by key.
struct EnergySource {
  std::string trust, source;
};
using EnergySources = std::map<std::string, EnergySource>;

EnergySources energySources(const MachineFile &file);
/// The same as an attribute of a compiled module, which has the numbers alone.
mlir::DictionaryAttr toAttr(mlir::MLIRContext *context,
                            const EnergySources &sources);
EnergySources energySources(mlir::DictionaryAttr attr);

/// Picojoules by component, and every parameter with its trust and source; null
/// where the machine does not give all parameters. Trust is "?" where the
/// sources do not say.
llvm::json::Value energyJson(const std::vector<cycle::Counters> &counted,
                             const Machine &machine,
                             const EnergySources &sources);

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_ENGINE_ENERGYREPORT_H
