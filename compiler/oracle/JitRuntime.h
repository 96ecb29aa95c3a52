//===- JitRuntime.h - What compiled code calls ---------------- -*- C++ -*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_COMPILER_ORACLE_JITRUNTIME_H
#define WAFERFLOW_COMPILER_ORACLE_JITRUNTIME_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ExecutionEngine/Orc/Core.h"
#include "llvm/ExecutionEngine/Orc/Mangling.h"

#include <string>

namespace waferflow {

/// Symbols for the execution engine: memrefCopy, and puts and abort, which a
/// failed cf.assert calls.
llvm::orc::SymbolMap jitRuntimeSymbols(llvm::orc::MangleAndInterner interner);

/// Calls `run`. False if an assertion failed below it, with its message; frames
/// between are left without clean-up, so they must be compiled code alone.
bool runCatchingAsserts(llvm::function_ref<void()> run, std::string &message);

} // namespace waferflow

#endif // WAFERFLOW_COMPILER_ORACLE_JITRUNTIME_H
