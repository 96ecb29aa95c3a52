//===- FabricToProgram.h - From the fabric dialect to structs - C++ -*
//-----===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_TRANSLATE_FABRICTOPROGRAM_H
#define WAFERFLOW_RUNTIME_TRANSLATE_FABRICTOPROGRAM_H

#include "dialects/fabric/Fabric.h"
#include "simulator/program/Fabric.h"
#include "simulator/program/Result.h"

#include <functional>

namespace waferflow {

/// The wavelets of one lane (a column, or a row where a stream enters from east
/// or west) of a stream that `inject` names.
using StreamSource = std::function<Result<std::vector<cycle::Wavelet>>(
    fabric::InjectOp inject, int64_t lane)>;

/// The lanes of an edge op, in the order in which the program's inputs or
/// outputs have them.
std::vector<int64_t> lanesOf(fabric::InjectOp inject);
std::vector<int64_t> lanesOf(fabric::DrainOp drain);

/// Translates `program`, whose module has a machine. Emits an error at an op or
/// attribute that it doesn't know.
mlir::FailureOr<cycle::FabricProgram>
translateFabric(fabric::ProgramOp program, const StreamSource &streams);

/// Whether `translateFabric` has a case for the op of this name.
bool translatesFabricOp(llvm::StringRef name);

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_TRANSLATE_FABRICTOPROGRAM_H
