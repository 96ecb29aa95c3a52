//===- Sensitivity.h - What the guessed parameters are worth ----*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_ENGINE_SENSITIVITY_H
#define WAFERFLOW_RUNTIME_ENGINE_SENSITIVITY_H

#include "runtime/engine/Results.h"
#include "runtime/engine/Session.h"

namespace waferflow {

/// Simulates both points again, mapping kept, with each guessed parameter of
/// the machine at each of its ends. An end at which the plan overflows SRAM
/// says by how many bytes, and the largest tokens of a step that fit then.
Result<std::vector<SensitivityRow>> sensitivityRows(const Session &session,
                                                    const Point &sparse,
                                                    const Point &dense);

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_ENGINE_SENSITIVITY_H
