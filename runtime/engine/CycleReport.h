//===- CycleReport.h - What a run of fabric programs counted ----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_ENGINE_CYCLEREPORT_H
#define WAFERFLOW_RUNTIME_ENGINE_CYCLEREPORT_H

#include "runtime/engine/CycleModule.h"

#include "llvm/Support/JSON.h"

namespace waferflow {

/// One point of a report at fidelity `cycle` (data/cycle.schema.json).
/// `weights` says where their values come from. Without `wallSeconds` the
/// same run gives the same text.
llvm::json::Value toJson(CycleModule &module, const CycleRun &run,
                         const std::string &weights, double wallSeconds);

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_ENGINE_CYCLEREPORT_H
