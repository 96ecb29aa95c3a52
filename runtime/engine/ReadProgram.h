//===- ReadProgram.h - A compiled program from a file's bytes --- -*- C++
//-*-===//
//
// Part of Waferflow, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a file holds is not trusted: everything here ends in a module that
// verifies, or in one error.
//
//===----------------------------------------------------------------------===//
#ifndef WAFERFLOW_RUNTIME_ENGINE_READPROGRAM_H
#define WAFERFLOW_RUNTIME_ENGINE_READPROGRAM_H

#include "simulator/program/Result.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <memory>
#include <optional>

namespace waferflow {

/// A context with the dialects that a compiled program may use, and no other.
std::unique_ptr<mlir::MLIRContext> makeProgramContext();

/// The module as MLIR bytecode, whose producer is "waferflow" with a checksum
/// of the rest. Nothing if upstream cannot write it.
std::optional<std::string> writeProgram(mlir::ModuleOp module);

/// Parses and verifies MLIR text or bytecode. Upstream's reader of bytecode
/// trusts what it reads, so bytecode must carry the checksum of `writeProgram`;
/// that of other tools goes as text. (A string: upstream's lexer reads the
/// byte behind the last one.)
Result<mlir::OwningOpRef<mlir::ModuleOp>>
readProgram(const std::string &bytes, mlir::MLIRContext &context);

} // namespace waferflow

#endif // WAFERFLOW_RUNTIME_ENGINE_READPROGRAM_H
