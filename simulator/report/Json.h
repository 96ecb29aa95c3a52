//===- Json.h - Reports as JSON text ----------------------------*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_SIMULATOR_REPORT_JSON_H
#define WAFERFLOW_SIMULATOR_REPORT_JSON_H

#include "simulator/report/Compare.h"

namespace waferflow {

/// Deterministic, on one line, keys in a fixed order; numbers read back as they
/// are. Keys are those of the published schema where it has them: costs by
/// `costKey`, phases and sections in lower case.
std::string toJson(const Report &report);
std::string toJson(const Comparison &comparison);
std::string toJson(const Utilization &utilization);

} // namespace waferflow

#endif // WAFERFLOW_SIMULATOR_REPORT_JSON_H
